"""Entra Cloud Sync as Graph shows it: one configuration's job, its runs, and the provisioning log.

Shapes: "synchronizationJob", "synchronizationStatus" and "provisioningObjectSummary", Microsoft
Graph v1.0; ids and codes: "How to programmatically configure cloud sync using MS Graph API". All
read on 29 Nov 2026.
"""

from typing import Any
from uuid import uuid4

from sandbox.company import object_id
from sandbox.tenant.clock import timestamp
from sandbox.tenant.cloud_sync import CloudSync
from sandbox.tenant.errors import resource_not_found
from sandbox.tenant.filters import parse_filter
from sandbox.tenant.odata import context, page
from sandbox.tenant.sync import SyncResult, group_with, take_export
from sandbox.tenant.tenant import Tenant
from sandbox.tenant.wire import GraphRequest, GraphResponse

SERVICE_PRINCIPAL = object_id("servicePrincipal", "corp.contoso.test")
"""The enterprise application of the one configuration."""
JOB = f"AD2AADProvisioning.{SERVICE_PRINCIPAL.replace('-', '')}"
_PASSWORDS = f"AD2AADPasswordHash.{SERVICE_PRINCIPAL.replace('-', '')}"
_FAILS = "HybridSynchronizationActiveDirectoryInternalServerError"
_NEVER = "0001-01-01T00:00:00Z"
_LOG_FIELDS = frozenset({"jobId", "activityDateTime"})


def list_jobs(tenant: Tenant, request: GraphRequest) -> GraphResponse:
    """GET /servicePrincipals/{id}/synchronization/jobs."""
    if request.parameters[0] != SERVICE_PRINCIPAL:
        raise resource_not_found(request.parameters[0])
    jobs = [_job(JOB, tenant.cloud_sync), _job(_PASSWORDS, CloudSync())]
    return GraphResponse(200, {**context(request, "synchronizationJobs"), "value": jobs})


def list_provisioning(tenant: Tenant, request: GraphRequest) -> GraphResponse:
    """GET /auditLogs/provisioning."""
    text = request.query.get("$filter")
    wanted = parse_filter(text, _LOG_FIELDS) if text else None
    log = tenant.cloud_sync.log
    return page(
        request,
        "auditLogs/provisioning",
        [one for one in log if wanted is None or wanted.matches(one)],
        key=lambda one: str(one["id"]),
        render=dict,
    )


def run(tenant: Tenant, body: dict[str, Any]) -> dict[str, Any]:
    """Carry one cycle out with what an agent has read from AD, or with why none has (`error`).

    Answers what was exported, or None under `exported`: a job that is paused or in quarantine
    exports nothing, and one that fails leaves all to the next cycle.
    """
    sync = tenant.cloud_sync
    if not sync.carries:
        return {"exported": None}
    began = tenant.clock.now()
    sync.code = "Active"
    code = body.get("error") or (_FAILS if sync.fails else None)
    if code is None and len(body.get("deletedUsers", [])) >= sync.delete_threshold:
        sync.enter_quarantine("TooManyDeletes")
        code = "TooManyDeletes"
    groups = [one for one in body.get("groups", []) if _fits(tenant, one)]
    result = _export(tenant, body, groups) if code is None else None
    execution = {
        "activityIdentifier": str(uuid4()),
        "state": "Succeeded" if result else "Failed",
        "error": {"code": code} if code else None,
        "timeBegan": timestamp(began),
        "timeEnded": timestamp(tenant.clock.now()),
    }
    sync.note_run(execution, exported=bool(result and sum(result.counts.values())))
    return {
        "exported": result.described() if result else None,
        "groups": len(groups) == len(body.get("groups", [])),
    }


def note_object(tenant: Tenant, kind: str, status: str) -> None:
    """Add what became of one object, asked for by itself, to the provisioning log."""
    tenant.cloud_sync.note_objects([_entry(tenant, kind, "", status)])


def _export(tenant: Tenant, body: dict[str, Any], groups: list[dict[str, Any]]) -> SyncResult:
    """Write groups before people: whoever is new in this cycle is a member by the next one.

    When references to objects of the same cycle resolve is not documented.
    """
    sync = tenant.cloud_sync
    gone = [] if sync.fails_groups else body.get("deletedGroups", [])
    result = take_export(tenant, {"groups": groups, "deletedGroups": gone})
    people = take_export(
        tenant,
        {"users": body.get("users", []), "deletedUsers": body.get("deletedUsers", [])},
    )
    result.counts.update(people.counts)
    brought = {one["onPremisesSecurityIdentifier"] for one in groups}
    sync.note_objects([_entry(tenant, *_outcome(one, brought)) for one in body.get("groups", [])])
    changed = (*body.get("users", []), *body.get("deletedUsers", []))
    sync.note_objects([_entry(tenant, "User", "", "success") for _ in changed])
    return result


def _fits(tenant: Tenant, described: dict[str, Any]) -> bool:
    """Whether a group is brought: it is not too large, and groups are brought at all."""
    if tenant.cloud_sync.fails_groups:
        return False
    twin = group_with(tenant, described["onPremisesSecurityIdentifier"])
    present = len(list(tenant.directory.membership.direct(twin.id))) if twin else 0
    added, removed = described.get("addMembers", ()), described.get("removeMembers", ())
    return present + len(added) - len(removed) <= tenant.cloud_sync.most_members


def _outcome(group: dict[str, Any], brought: set[str]) -> tuple[str, str, str]:
    status = "success" if group["onPremisesSecurityIdentifier"] in brought else "failure"
    return "Group", str(group["displayName"]), status


def _entry(tenant: Tenant, kind: str, name: str, status: str) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "activityDateTime": timestamp(tenant.clock.now()),
        "jobId": JOB,
        "provisioningAction": "update",
        "provisioningStatusInfo": {"status": status, "errorInformation": None},
        "sourceIdentity": {"id": "", "displayName": name, "identityType": kind, "details": {}},
        "servicePrincipal": {"id": SERVICE_PRINCIPAL, "displayName": "corp.contoso.test"},
    }


def _job(name: str, sync: CloudSync) -> dict[str, Any]:
    quarantine = None
    if sync.code == "Quarantine":
        quarantine = {"reason": sync.reason or "EncounteredQuarantineException", "seriesCount": 1}
    return {
        "id": name,
        "templateId": name.partition(".")[0],
        "schedule": {"expiration": None, "interval": "PT2M", "state": "Active"},
        "status": {
            "code": sync.code,
            "countSuccessiveCompleteFailures": sync.failures_in_a_row,
            "escrowsPruned": False,
            "lastExecution": sync.last,
            "lastSuccessfulExecution": sync.last_successful,
            "lastSuccessfulExecutionWithExports": sync.last_with_exports,
            "progress": [],
            "quarantine": quarantine,
            "steadyStateFirstAchievedTime": _NEVER,
            "steadyStateLastAchievedTime": _NEVER,
            "synchronizedEntryCountByType": [],
            "troubleshootingUrl": None,
        },
    }
