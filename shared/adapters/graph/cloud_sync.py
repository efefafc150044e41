"""The port `CloudSync`: synchronization jobs and the provisioning log, through Graph.

Sources: "synchronizationStatus", "synchronizationTaskExecution", "synchronizationQuarantine" and
"List provisioningObjectSummary", Microsoft Graph v1.0; the ids of jobs by "How to programmatically
configure cloud sync using MS Graph API"; all read on 29 Nov 2026. Nobody here has seen a tenant's
own answers.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from shared.adapters.graph.client import GraphClient
from shared.adapters.graph.failure import GraphFailure
from shared.adapters.graph.listing import pages
from shared.adapters.graph.on_demand import answer_of, order_for, rule_for_people
from shared.adapters.graph.queries import (
    provisioning_log,
    synchronization_job,
    synchronization_jobs,
)
from shared.domain.rollout.cloud_sync import JobState, Provisioned, SyncJob

_FROM_AD = "AD2AADProvisioning"
"""How the ids begin of jobs that bring people and groups from AD. Others bring password hashes."""
_MOST_PAGES = 3
"""Of the log, in one look: 5 requests in 10 s are all that Graph allows."""
_MOST_CODE = 60
_ROUTE_LOST = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.GONE})


class GraphCloudSync:
    """Asks the jobs of the configurations named in the settings; may raise as the client does."""

    def __init__(self, client: GraphClient, service_principal_ids: Collection[str]) -> None:
        self._client = client
        self._ids = sorted(service_principal_ids)
        self._route: tuple[str, str] | None = None
        """Where people are asked for, and by which rule; looked up once."""

    async def jobs(self, since: datetime) -> Sequence[SyncJob]:
        """Returns every job that provisions from AD, with what the log has of it since then."""
        found = [job for _, job in await self._jobs_from_ad()]
        return [job_of(job, await self._failures(job["id"], since)) for job in found]

    async def provision(self, distinguished_name: str) -> Provisioned:
        """Has one person's account brought from AD now."""
        if self._route is None:
            self._route = await self._find_route()
        path, rule_id = self._route
        try:
            return answer_of(await self._client.post(path, order_for(rule_id, distinguished_name)))
        except GraphFailure as failure:
            if failure.status in _ROUTE_LOST:
                # A configuration that is made anew has another job, and may have another rule.
                self._route = None
            raise

    async def _jobs_from_ad(self) -> list[tuple[str, Mapping[str, Any]]]:
        return [
            (service_principal_id, job)
            for service_principal_id in self._ids
            async for page in pages(self._client, synchronization_jobs(service_principal_id))
            for job in page
            if str(job["id"]).startswith(_FROM_AD)
        ]

    async def _find_route(self) -> tuple[str, str]:
        found = await self._jobs_from_ad()
        if len(found) != 1:
            # Which of several reads somebody's domain Graph does not say.
            raise GraphFailure(f"{len(found)} jobs provision from AD, and one is needed")
        ((service_principal_id, job),) = found
        path = synchronization_job(service_principal_id, str(job["id"]))
        rule_id = rule_for_people(await self._client.get(f"{path}/schema"))
        if rule_id is None:
            raise GraphFailure("no rule of the job brings people from AD")
        return f"{path}/provisionOnDemand", rule_id

    async def _failures(self, job_id: str, since: datetime) -> Counter[str]:
        """Counts what could not be provisioned, by the kind of object."""
        failures: Counter[str] = Counter()
        read = 0
        async for page in pages(self._client, provisioning_log(job_id, since)):
            failures.update(_kind(one) for one in page if _has_failed(one))
            read += 1
            if read == _MOST_PAGES:
                break
        return failures


def job_of(job: Mapping[str, Any], failures: Mapping[str, int]) -> SyncJob:
    """Returns the job that Graph describes."""
    status = job.get("status") or {}
    newest = status.get("lastExecution") or {}
    quarantine = status.get("quarantine") or {}
    error = newest.get("error") or {}
    return SyncJob(
        name=str(job["id"]),
        state=_state(status.get("code")),
        ended_at=_moment(newest.get("timeEnded")),
        failed=newest.get("state") == "Failed",
        trouble=str(quarantine.get("reason") or error.get("code") or "")[:_MOST_CODE],
        group_failures=failures.get("group", 0),
        people_failures=sum(count for kind, count in failures.items() if kind != "group"),
    )


def _state(code: Any) -> JobState:
    try:
        return JobState(code)
    except ValueError:
        return JobState.UNKNOWN


def _moment(text: str | None) -> datetime | None:
    """Reads a time; Graph writes the first year for one that has not been."""
    if not text:
        return None
    moment = datetime.fromisoformat(text).astimezone(UTC)
    return moment if moment.year > 1 else None


def _has_failed(entry: Mapping[str, Any]) -> bool:
    status = entry.get("provisioningStatusInfo") or {}
    return str(status.get("status", "")).lower() == "failure"


def _kind(entry: Mapping[str, Any]) -> str:
    return str((entry.get("sourceIdentity") or {}).get("identityType", "")).lower()
