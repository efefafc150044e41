"""Entra Cloud Sync's jobs and log through the unmodified SDK, against the simulated tenant."""

from collections.abc import AsyncIterator, Collection
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.tenant.synchronization import JOB, SERVICE_PRINCIPAL
from shared.adapters.graph.client import GraphClient
from shared.adapters.graph.cloud_sync import GraphCloudSync
from shared.adapters.identity import credential
from shared.domain.errors import DirectoryUnavailable
from shared.domain.rollout.cloud_sync import JobState, SyncJob
from tests.support.graph_tenant import NOBODY, Tenant

GROUP = {"displayName": "SSPR", "onPremisesSecurityIdentifier": "S-1-7", "addMembers": []}
UNA = {"userPrincipalName": "una@contoso.test", "onPremisesImmutableId": "una=="}


PERMISSIONS = {"Synchronization.Read.All", "ProvisioningLog.Read.All"}


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
