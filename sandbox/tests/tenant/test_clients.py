"""Microsoft's own clients, unmodified, take the simulated tenant for the real one."""

import json
import time
from collections.abc import AsyncIterator, Awaitable, Iterator
from typing import Any

import httpx
import jwt
import pytest
from azure.identity import ManagedIdentityCredential
from azure.identity.aio import ManagedIdentityCredential as AsyncManagedIdentityCredential
from kiota_authentication_azure.azure_identity_authentication_provider import (
    AzureIdentityAuthenticationProvider,
)
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.reference_create import ReferenceCreate
from msgraph.graph_request_adapter import GraphRequestAdapter
from msgraph.graph_service_client import GraphServiceClient
from msgraph_core import GraphClientFactory  # type: ignore[import-untyped]  # it publishes no types

from sandbox.tenant.identity import worker_header
from sandbox.testing.tenant_process import IDENTITY_HEADER, RunningTenant, running

# msgraph-sdk 1.65 warns about its own generated request builders, when they are imported.
pytestmark = [
    pytest.mark.filterwarnings("ignore:GetQueryParameters is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:This class is deprecated:DeprecationWarning:msgraph"),
]

SCOPE = "https://graph.microsoft.com/.default"


@pytest.fixture(scope="module")
def tenant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningTenant]:
    with running(tmp_path_factory.mktemp("tenant")) as tenant:
        yield tenant


@pytest.fixture
def app_service(tenant: RunningTenant, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment that App Service gives an app with a managed identity."""
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{tenant.http.base_url}/identity/token")
    monkeypatch.setenv("IDENTITY_HEADER", IDENTITY_HEADER)


@pytest.fixture
async def client(
    tenant: RunningTenant,
    app_service: None,  # noqa: ARG001  # fixtures cannot be marked with usefixtures
) -> AsyncIterator[GraphServiceClient]:
    async with AsyncManagedIdentityCredential() as credential:
        provider = AzureIdentityAuthenticationProvider(
            credential, scopes=[SCOPE], allowed_hosts=["127.0.0.1"]
        )
        # The SDK's client does not close the transport that it wraps.
        async with httpx.AsyncHTTPTransport() as transport:
            plain = httpx.AsyncClient(transport=transport)
            http = GraphClientFactory.create_with_default_middleware(client=plain)
            adapter = GraphRequestAdapter(provider, client=http)
            adapter.base_url = tenant.graph_url
            yield GraphServiceClient(request_adapter=adapter)


@pytest.mark.usefixtures("app_service")
def test_azure_identity_gets_a_token_that_graph_accepts(tenant: RunningTenant) -> None:
    with ManagedIdentityCredential() as credential:
        token = credential.get_token(SCOPE)
    header = {"Authorization": f"Bearer {token.token}"}
    assert tenant.graph("GET", "/organization", headers=header).status_code == 200


@pytest.mark.usefixtures("app_service")
def test_the_workers_machine_has_an_identity_of_its_own_with_two_rights_on_queues(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def claims() -> dict[str, Any]:
        with ManagedIdentityCredential() as credential:
            token = credential.get_token("https://servicebus.azure.net/.default").token
        found: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
        return found

    app = claims()
    monkeypatch.setenv("IDENTITY_HEADER", worker_header(IDENTITY_HEADER))
    worker = claims()
    assert "queueRoles" not in app
    assert worker["queueRoles"] == {
        "directory-commands": ["Receiver"],
        "directory-results": ["Sender"],
    }
    assert worker["oid"] != app["oid"]


@pytest.mark.usefixtures("app_service")
def test_azure_identity_gets_the_token_of_the_identity_it_names(tenant: RunningTenant) -> None:
    tenant.sandbox("POST", "identities", {"clientId": "blind", "roles": []})
    with ManagedIdentityCredential(client_id="blind") as credential:
        token = credential.get_token(SCOPE)
    header = {"Authorization": f"Bearer {token.token}"}
    assert tenant.graph("GET", "/users", headers=header).status_code == 403


@pytest.mark.usefixtures("app_service")
def test_tokens_from_before_and_after_a_jump_of_the_tenants_clock_are_good(
    tenant: RunningTenant,
) -> None:
    with ManagedIdentityCredential() as credential:
        before = credential.get_token(SCOPE)
        tenant.sandbox("POST", "clock", {"offsetSeconds": 864_000})
        again = credential.get_token(SCOPE)
    with ManagedIdentityCredential() as credential:
        after = credential.get_token(SCOPE)
    assert again.token == before.token
    for token in (before, after):
        assert 3000 < token.expires_on - time.time() <= 3600
        header = {"Authorization": f"Bearer {token.token}"}
        assert tenant.graph("GET", "/organization", headers=header).status_code == 200
    tenant.sandbox("POST", "clock", {"offsetSeconds": 0})


async def test_msgraph_reads_a_user_and_pages_of_users(client: GraphServiceClient) -> None:
    grace = await client.users.by_user_id("grace@contoso.test").get()
    assert grace is not None
    assert grace.display_name == "Grace Hopper"
    page = await client.users.get()
    assert page is not None
    assert page.value


async def test_msgraph_writes_a_member_and_understands_the_second_refusal(
    client: GraphServiceClient, tenant: RunningTenant
) -> None:
    members = client.groups.by_group_id(tenant.group_id("SSPR-Scope")).members
    body = ReferenceCreate(odata_id=tenant.reference(tenant.user_id("grace@contoso.test")))
    await members.ref.post(body)
    with pytest.raises(ODataError) as caught:
        await members.ref.post(body)
    assert caught.value.response_status_code == 400
    assert caught.value.error is not None
    assert caught.value.error.code == "Request_BadRequest"


async def test_msgraph_retries_what_the_tenant_throttles(
    client: GraphServiceClient, tenant: RunningTenant
) -> None:
    fault = {"match": {"path": "^/organization"}, "action": "status", "status": 429}
    tenant.sandbox("POST", "faults", {**fault, "retryAfter": 1})
    organizations = await client.organization.get()
    assert organizations is not None
    counted = tenant.sandbox("GET", "requests")["operations"]
    assert counted["GET /organization"] >= 2


async def test_msgraph_sends_a_plain_request_and_gets_plain_bytes(
    client: GraphServiceClient,
) -> None:
    information = client.users.to_get_request_information()
    information.query_parameters["%24top"] = 5
    # The adapter's annotations promise less than it gives: bytes come back.
    sent: Awaitable[Any] = client.request_adapter.send_primitive_async(information, "bytes", {})
    assert len(json.loads(await sent)["value"]) == 5
