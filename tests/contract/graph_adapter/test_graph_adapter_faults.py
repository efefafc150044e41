"""Throttling, outages and refusals, on demand of the simulated tenant."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from stamina.instrumentation import RetryDetails, set_on_retry_hooks

from sandbox.company import SCOPE_GROUP
from shared.adapters.graph.client import GraphClient
from shared.adapters.graph.directory import GraphDirectory
from shared.adapters.graph.scope import GraphScope
from shared.adapters.identity import credential
from shared.domain.errors import DirectoryUnavailable
from shared.domain.person.people import Identifier, IdentifierKind
from shared.domain.person.writes import WriteOutcome
from tests.support.graph_tenant import (
    CLOUD_PEOPLE,
    GRACE,
    NOBODY,
    SCOPE,
    Tenant,
)
from tests.support.report import report_of

UPN = Identifier(IdentifierKind.USER_PRINCIPAL_NAME, "grace@contoso.test")


async def test_only_the_throttled_item_of_a_batch_is_sent_again_and_after_its_time(
    tenant: Tenant, scope: GraphScope
) -> None:
    tenant.fail("PATCH", "^/groups/", "status", status=429, retryAfter=1)
    started = time.monotonic()
    answers = await scope.add(CLOUD_PEOPLE[:60])
    assert time.monotonic() - started >= 1
    assert {each.outcome for each in answers.values()} == {WriteOutcome.DONE}
    requests = tenant.requests()
    assert requests["httpRequests"] == 3
    assert requests["operations"]["PATCH /groups/{group-id}"] == 4


async def test_the_tenants_own_quota_slows_reads_down_and_loses_none(
    tenant: Tenant, directory: GraphDirectory
) -> None:
    # Twenty units in ten seconds, two of which grow back every second.
    tenant.do("quotas", {"factor": 20 / 8000 if len(CLOUD_PEOPLE) > 500 else 20 / 5000})
    # So many too many that a machine which stands still for five seconds does not grow them.
    found = await directory.memberships(CLOUD_PEOPLE[:32])
    assert len(found) == 32
    assert tenant.requests()["statuses"]["429"] >= 1


@pytest.mark.parametrize(
    "fault",
    [
        {"action": "status", "status": 503, "retryAfter": 1},
        {"action": "status", "status": 500},
        {"action": "status", "status": 502, "body": {}},
        {"action": "drop"},
        {"action": "drop", "when": "after"},
    ],
)
async def test_a_request_that_fails_once_is_sent_again(
    tenant: Tenant, scope: GraphScope, fault: dict[str, Any]
) -> None:
    tenant.fail("POST", "batch", **fault)
    answers = await scope.add([GRACE])
    # Where only the answer was lost, the first attempt has put her in.
    already = fault.get("when") == "after"
    assert answers[GRACE].outcome is (WriteOutcome.ALREADY if already else WriteOutcome.DONE)
    assert tenant.groups_of("grace@contoso.test") == [SCOPE_GROUP]


async def test_a_listing_survives_a_lost_connection_on_its_way(
    tenant: Tenant, directory: GraphDirectory, scope: GraphScope
) -> None:
    await scope.add([GRACE])
    tenant.fail("GET", "transitiveMembers", "drop", times=2)
    assert await directory.scope_member_ids() == {GRACE}


async def test_an_outage_ends_as_directory_unavailable(
    tenant: Tenant, directory: GraphDirectory
) -> None:
    tenant.fail("GET", "transitiveMembers", "status", status=500, times=100)
    with pytest.raises(DirectoryUnavailable, match="Graph answered 500 UnknownError"):
        await directory.scope_member_ids()
    assert tenant.requests()["httpRequests"] == 4


async def test_after_a_failure_nothing_is_still_under_way(
    tenant: Tenant, scope: GraphScope
) -> None:
    await scope.add(CLOUD_PEOPLE[:40])
    tenant.forget_requests()
    tenant.fail("POST", "batch", "delay", seconds=0.3)
    tenant.fail("POST", "batch", "status", status=403)
    with pytest.raises(DirectoryUnavailable, match="403"):
        await scope.remove(CLOUD_PEOPLE[:40])
    assert tenant.requests()["statuses"]["204"] == 4


async def test_a_page_that_is_not_json_ends_as_directory_unavailable(
    tenant: Tenant, directory: GraphDirectory
) -> None:
    tenant.fail("GET", "transitiveMembers", "status", status=200, body="<html>")
    with pytest.raises(DirectoryUnavailable, match="not a JSON object"):
        await directory.scope_member_ids()


async def test_a_refused_token_ends_as_directory_unavailable_with_code_and_request(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    from azure.core.credentials import AccessToken
    from azure.identity.aio import ManagedIdentityCredential

    async def forged(*_: object, **__: object) -> AccessToken:
        return AccessToken("e30.e30.forged", int(time.time()) + 3600)

    monkeypatch.setattr(ManagedIdentityCredential, "get_token", forged)
    client = GraphClient(credential, base_url=tenant.base_url)
    with pytest.raises(DirectoryUnavailable) as caught:
        await GraphDirectory(client, SCOPE).find_people([UPN])
    assert str(caught.value).startswith("Graph answered 401 InvalidAuthenticationToken (request ")
    assert "grace" not in str(caught.value)
    await client.aclose()


async def test_an_identity_that_is_not_given_a_token_ends_as_directory_unavailable(
    directory: GraphDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IDENTITY_HEADER", "another")
    with pytest.raises(DirectoryUnavailable, match="no token for Graph"):
        await directory.scope_member_ids()


async def test_a_missing_permission_ends_as_directory_unavailable(tenant: Tenant) -> None:
    tenant.do("identities", {"clientId": "reader", "roles": ["AuditLog.Read.All"]})
    client = GraphClient(lambda: credential("reader"), base_url=tenant.base_url)
    directory = GraphDirectory(client, SCOPE)
    assert await report_of(directory)
    for refused in (
        directory.scope_member_ids(),
        directory.memberships([GRACE]),
        directory.find_people([UPN]),
    ):
        with pytest.raises(DirectoryUnavailable, match="403 Authorization_RequestDenied"):
            await refused
    await client.aclose()


async def test_the_least_documented_permissions_suffice(tenant: Tenant) -> None:
    roles = ["User.Read.All", "GroupMember.ReadWrite.All", "AuditLog.Read.All"]
    tenant.do("identities", {"clientId": "app", "roles": roles})
    client = GraphClient(lambda: credential("app"), base_url=tenant.base_url)
    directory, scope = GraphDirectory(client, SCOPE), GraphScope(client, SCOPE)
    assert (await scope.add([GRACE, NOBODY]))[GRACE].outcome is WriteOutcome.DONE
    assert await directory.scope_member_ids() == {GRACE}
    assert GRACE in await directory.memberships([GRACE])
    assert (await directory.find_people([UPN]))[UPN][0].object_id == GRACE
    assert [person async for page in directory.everybody() for person in page]
    assert await report_of(directory)
    assert await directory.administrator_ids()
    assert await directory.resets(datetime.now(UTC)) == []
    assert (await scope.remove([GRACE]))[GRACE].outcome is WriteOutcome.DONE
    await client.aclose()


async def test_what_is_logged_of_a_retry_names_nobody(
    tenant: Tenant, directory: GraphDirectory
) -> None:
    seen: list[RetryDetails] = []

    def note(details: RetryDetails) -> None:
        seen.append(details)

    set_on_retry_hooks([note])
    try:
        tenant.fail("POST", "batch", "status", status=500)
        tenant.fail("GET", "^/users", "status", status=429, retryAfter=1)
        await directory.find_people([UPN])
    finally:
        set_on_retry_hooks(None)
    assert len(seen) == 2
    assert "grace" not in repr(seen)


def test_one_client_serves_one_event_loop_after_another(tenant: Tenant) -> None:
    client = GraphClient(credential, base_url=tenant.base_url)

    async def use_and_close() -> bool:
        found = await GraphDirectory(client, SCOPE).find_people([UPN])
        await client.aclose()
        return any(found.values())

    assert asyncio.run(use_and_close())
    assert asyncio.run(use_and_close())
