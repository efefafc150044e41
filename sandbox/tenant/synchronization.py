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
from sandbox.tenant.sync import SyncResult, take_export
from sandbox.tenant.tenant import Tenant
from sandbox.tenant.wire import GraphRequest, GraphResponse

SERVICE_PRINCIPAL = object_id("servicePrincipal", "corp.contoso.test")
"""The enterprise application of the one configuration."""
JOB = f"AD2AADProvisioning.{SERVICE_PRINCIPAL.replace('-', '')}"
_PASSWORDS = f"AD2AADPasswordHash.{SERVICE_PRINCIPAL.replace('-', '')}"
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
    """Carry one cycle out with what the agent has read from AD.

    Answers what was exported, or None under `exported`: a job that is paused or in quarantine
    exports nothing, and one that fails leaves all to the next cycle.
    """
    sync, now = tenant.cloud_sync, tenant.clock.now()
    if sync.code in {"Paused", "Quarantine", "NotConfigured"}:
        return {"exported": None}
    sync.code = "Active"
    failed = sync.fails
    error = {"code": "HybridSynchronizationActiveDirectoryInternalServerError"} if failed else None
    result = None if failed else _export(tenant, body)
    sync.last = {
        "activityIdentifier": str(uuid4()),
        "state": "Failed" if failed else "Succeeded",
        "error": error,
        "timeBegan": timestamp(now),
        "timeEnded": timestamp(tenant.clock.now()),
    }
    return {"exported": result.described() if result else None, "groups": not sync.fails_groups}


def _export(tenant: Tenant, body: dict[str, Any]) -> SyncResult:
    sync = tenant.cloud_sync
    groups = body.get("groups", [])
    if sync.fails_groups:
        body = {**body, "groups": [], "deletedGroups": []}
    result = take_export(tenant, body)
    status = "failure" if sync.fails_groups else "success"
    sync.log += [_entry(tenant, "Group", str(one["displayName"]), status) for one in groups]
    sync.log += [_entry(tenant, "User", "", "success") for _ in body.get("users", [])]
    return result


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
            "countSuccessiveCompleteFailures": int(sync.fails),
            "escrowsPruned": False,
            "lastExecution": sync.last,
            "lastSuccessfulExecution": None if sync.fails else sync.last,
            "lastSuccessfulExecutionWithExports": None,
            "progress": [],
            "quarantine": quarantine,
            "steadyStateFirstAchievedTime": _NEVER,
            "steadyStateLastAchievedTime": _NEVER,
            "synchronizedEntryCountByType": [],
            "troubleshootingUrl": None,
        },
    }
