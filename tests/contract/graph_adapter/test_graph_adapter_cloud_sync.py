"""Entra Cloud Sync's jobs and log through the unmodified SDK, against the simulated tenant."""

from collections.abc import AsyncIterator, Collection, Iterator
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from http.server import ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from sandbox.directory_sync.control_api import Answer, control_handler
from sandbox.tenant import on_demand
from sandbox.tenant.synchronization import JOB, SERVICE_PRINCIPAL
from shared.adapters.graph.client import GraphClient
from shared.adapters.graph.cloud_sync import GraphCloudSync
from shared.adapters.identity import credential
from shared.domain.errors import DirectoryUnavailable
from shared.domain.rollout.cloud_sync import JobState, Provisioned, SyncJob
from tests.support.graph_tenant import NOBODY, Tenant

GROUP = {"displayName": "SSPR", "onPremisesSecurityIdentifier": "S-1-7", "addMembers": []}
UNA = {"userPrincipalName": "una@contoso.test", "onPremisesImmutableId": "una=="}


PERMISSIONS = {"Synchronization.Read.All", "ProvisioningLog.Read.All"}
ON_DEMAND = {"Synchronization.ReadWrite.All"}
DN = "CN=Una,OU=People,DC=corp,DC=contoso,DC=test"


def allow(tenant: Tenant, permissions: Collection[str]) -> None:
    tenant.do("identities", {"clientId": "app", "roles": sorted(permissions)})


@pytest.fixture
async def client(tenant: Tenant) -> AsyncIterator[GraphClient]:
    allow(tenant, PERMISSIONS)
    client = GraphClient(lambda: credential("app"), base_url=tenant.base_url)
    yield client
    await client.aclose()


@pytest.fixture
def cloud_sync(client: GraphClient) -> GraphCloudSync:
    return GraphCloudSync(client, {SERVICE_PRINCIPAL})


async def the_job(cloud_sync: GraphCloudSync, since: timedelta = timedelta(hours=1)) -> SyncJob:
    (job,) = await cloud_sync.jobs(datetime.now(UTC) - since)
    return job


async def test_only_jobs_that_bring_people_and_groups_count(cloud_sync: GraphCloudSync) -> None:
    assert await the_job(cloud_sync) == SyncJob(name=JOB, state=JobState.NOT_RUN)


async def test_a_run_is_told_of_with_its_end_and_what_the_log_has_of_it(
    tenant: Tenant, cloud_sync: GraphCloudSync
) -> None:
    tenant.do("cloud-sync/runs", {"users": [UNA], "groups": [GROUP]})
    job = await the_job(cloud_sync)
    assert (job.state, job.failed, job.group_failures) == (JobState.ACTIVE, False, 0)
    assert job.ended_at
    assert datetime.now(UTC) - job.ended_at < timedelta(minutes=1)
    tenant.do("cloud-sync", {"failsGroups": True})
    tenant.do("cloud-sync/runs", {"groups": [GROUP]})
    assert (await the_job(cloud_sync)).group_failures == 1
    assert (await the_job(cloud_sync, timedelta())).group_failures == 0
    tenant.do("cloud-sync", {"fails": True})
    tenant.do("cloud-sync/runs", {"groups": [GROUP]})
    assert (await the_job(cloud_sync)).failed


@pytest.mark.parametrize("code", ["Paused", "NotConfigured", "Quarantine"])
async def test_a_job_that_stands_still_says_so_and_carries_nothing(
    tenant: Tenant, cloud_sync: GraphCloudSync, code: str
) -> None:
    tenant.do("cloud-sync", {"code": code, "reason": "TooManyDeletes"})
    assert tenant.do("cloud-sync/runs", {"users": [UNA]}) == {"exported": None}
    job = await the_job(cloud_sync)
    assert job.state is JobState(code)
    assert job.trouble == ("TooManyDeletes" if code == "Quarantine" else "")


async def test_nothing_is_asked_where_no_configuration_is_named(
    tenant: Tenant, client: GraphClient
) -> None:
    tenant.forget_requests()
    assert await GraphCloudSync(client, ()).jobs(datetime.now(UTC)) == []
    assert tenant.requests()["operations"] == {}


async def test_a_configuration_that_is_not_there_is_no_empty_answer(client: GraphClient) -> None:
    with pytest.raises(DirectoryUnavailable, match="404"):
        await GraphCloudSync(client, {NOBODY}).jobs(datetime.now(UTC))


@pytest.mark.parametrize("missing", sorted(PERMISSIONS))
async def test_each_of_the_two_permissions_is_needed(
    tenant: Tenant, cloud_sync: GraphCloudSync, missing: str
) -> None:
    allow(tenant, PERMISSIONS - {missing})
    with pytest.raises(DirectoryUnavailable, match="403"):
        await cloud_sync.jobs(datetime.now(UTC))


@pytest.fixture
def agent(tenant: Tenant) -> Iterator[list[dict[str, Any]]]:
    """An agent that finds Una in AD and nobody else; gives what it was asked."""
    asked: list[dict[str, Any]] = []

    def provision(body: dict[str, Any]) -> Answer:
        asked.append(body)
        if body["distinguishedName"] != DN:
            return HTTPStatus.NOT_FOUND, {"code": "EntryNotFound"}
        return HTTPStatus.OK, UNA

    server = ThreadingHTTPServer(("127.0.0.1", 0), control_handler({"POST /provision": provision}))
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    tenant.do("settings", {"connectHost": f"http://127.0.0.1:{server.server_port}"})
    allow(tenant, PERMISSIONS | ON_DEMAND)
    yield asked
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("by_type", [False, True])
async def test_a_single_person_is_brought_by_the_rule_of_the_job_in_either_form_of_the_answer(
    tenant: Tenant, cloud_sync: GraphCloudSync, agent: list[dict[str, Any]], by_type: bool
) -> None:
    tenant.do("cloud-sync", {"answersByType": by_type, "code": "Active"})
    tenant.forget_requests()
    brought = [await cloud_sync.provision(one) for one in (DN, DN, "CN=Nobody")]
    assert brought == [
        Provisioned(is_there=True),
        Provisioned(is_there=True),
        Provisioned(is_there=False, code="EntryNotFound"),
    ]
    assert agent == [{"distinguishedName": one} for one in (DN, DN, "CN=Nobody")]
    # The job and its rule are looked up once.
    assert tenant.requests()["operations"] == {
        f"GET {on_demand.JOBS}": 1,
        f"GET {on_demand.SCHEMA}": 1,
        f"POST {on_demand.PROVISION}": 3,
    }


async def test_graph_takes_five_people_in_ten_seconds_and_the_next_is_told_to_wait(
    tenant: Tenant, cloud_sync: GraphCloudSync, agent: list[dict[str, Any]]
) -> None:
    # A fifth of it, since a machine may be too slow to ask six times before the first lapses.
    tenant.do("quotas", {"factor": 0.2})
    for _ in range(2):
        assert (await cloud_sync.provision(DN)).is_there
    assert tenant.requests()["statuses"]["429"] >= 1
    assert len(agent) == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [({"code": "Quarantine", "reason": "TooManyDeletes"}, "409"), ({"code": "Paused"}, "409")],
)
async def test_a_job_that_stands_still_brings_nobody_and_that_is_told(
    tenant: Tenant,
    cloud_sync: GraphCloudSync,
    agent: list[dict[str, Any]],
    change: dict[str, str],
    said: str,
) -> None:
    tenant.do("cloud-sync", change)
    with pytest.raises(DirectoryUnavailable, match=said):
        await cloud_sync.provision(DN)
    assert agent == []


async def test_without_the_permission_that_writes_nobody_is_brought(
    tenant: Tenant, cloud_sync: GraphCloudSync, agent: list[dict[str, Any]]
) -> None:
    allow(tenant, PERMISSIONS)
    with pytest.raises(DirectoryUnavailable, match="403"):
        await cloud_sync.provision(DN)
    assert agent == []


async def test_an_agent_that_is_away_is_told_by_its_code(
    tenant: Tenant, cloud_sync: GraphCloudSync
) -> None:
    allow(tenant, PERMISSIONS | ON_DEMAND)
    tenant.do("settings", {"connectHost": None})
    code = "HybridIdentityServiceNoActiveAgents"
    assert await cloud_sync.provision(DN) == Provisioned(is_there=False, code=code)


async def test_whom_to_ask_has_to_be_one_job(client: GraphClient) -> None:
    with pytest.raises(DirectoryUnavailable, match="0 jobs provision from AD"):
        await GraphCloudSync(client, ()).provision(DN)
