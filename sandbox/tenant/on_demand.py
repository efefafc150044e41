"""Cloud Sync's on-demand provisioning as Graph offers it: a job's schema, and one person at once.

Sources: "Get synchronizationSchema", "synchronizationJob: provisionOnDemand" and "On-demand
provisioning" of Cloud Sync, Microsoft Learn, read on 30 Nov 2026; the rule's id and names are those
of a job's schema that was published (PowerShell Gallery, Use-AzureAD 1.7).
"""

import json
from http import HTTPStatus
from typing import Any

import httpx

from sandbox.tenant.errors import GraphError, bad_request, resource_not_found
from sandbox.tenant.odata import context
from sandbox.tenant.sync import take_export
from sandbox.tenant.synchronization import JOB, SERVICE_PRINCIPAL, note_object
from sandbox.tenant.tenant import Tenant
from sandbox.tenant.wire import GraphRequest, GraphResponse

JOBS = "/servicePrincipals/{servicePrincipal-id}/synchronization/jobs"
SCHEMA = f"{JOBS}/{{synchronizationJob-id}}/schema"
PROVISION = f"{JOBS}/{{synchronizationJob-id}}/provisionOnDemand"
RULE = "6c409270-f78a-4bc6-af23-7cf3ab6482fe"
_TYPE = "Microsoft.Identity.Health.CPP.Common.DataContracts.SyncFabric.StatusInfo"
_AGENT_SECONDS = 10.0
_NO_AGENT = "HybridIdentityServiceNoActiveAgents"


def get_schema(_: Tenant, request: GraphRequest) -> GraphResponse:
    """GET …/jobs/{id}/schema: the rules alone, without their attributes."""
    _check_job(request)
    kinds = ("user", "group", "contact")
    rule = {
        "id": RULE,
        "name": "AD2AADProvisioning",
        "priority": 1,
        "editable": True,
        "sourceDirectoryName": "Active Directory",
        "targetDirectoryName": "Azure Active Directory",
        "objectMappings": [
            {"enabled": True, "sourceObjectName": kind, "targetObjectName": kind.capitalize()}
            for kind in kinds
        ],
    }
    entity = f"servicePrincipals('{request.parameters[0]}')/synchronization/jobs/schema/$entity"
    return GraphResponse(
        200, {**context(request, entity), "id": JOB, "synchronizationRules": [rule]}
    )


async def provision(tenant: Tenant, request: GraphRequest) -> GraphResponse:
    """POST …/provisionOnDemand: has an agent read one person, and writes them.

    The scoping filter is not asked, as in the original.
    """
    _check_job(request)
    name = _asked(request.body)
    sync = tenant.cloud_sync
    if not sync.carries:
        # Whether a job that stands still does it is not documented: harder than it may be.
        raise GraphError(409, "Conflict", f"The job is {sync.code}.")
    user, code = await _read_in_ad(tenant, name)
    changed = 0
    if user:
        result = take_export(tenant, {"users": [user]})
        changed = sum(result.counts.values())
    status = "success" if user and changed else "skipped" if user else "failure"
    note_object(tenant, "User", status)
    code = code or ("" if changed else "RedundantExport")
    pair = _typed_pair(status, code) if sync.answers_by_type else _pair(status, code)
    return GraphResponse(
        200, {**context(request, "microsoft.graph.stringKeyStringValuePair"), **pair}
    )


def _check_job(request: GraphRequest) -> None:
    if request.parameters[0] != SERVICE_PRINCIPAL:
        raise resource_not_found(request.parameters[0])
    if request.parameters[1] != JOB:
        raise resource_not_found(request.parameters[1])


def _asked(body: Any) -> str:
    """The DN that is asked for; Graph's description has no contract of this call here."""
    parameters = body.get("parameters") if isinstance(body, dict) else None
    if not isinstance(parameters, list) or len(parameters) != 1 or len(body) != 1:
        raise bad_request("parameters: a list of one is needed.")
    order = parameters[0]
    subjects = order.get("subjects") if isinstance(order, dict) else None
    if (
        not isinstance(subjects, list)
        or len(subjects) != 1
        or order.keys() != {"ruleId", "subjects"}
    ):
        raise bad_request("parameters: ruleId and a list of one subject are needed.")
    if order["ruleId"] != RULE:
        raise bad_request("ruleId: the job's schema has no such rule.")
    subject = subjects[0]
    if subject.keys() != {"objectId", "objectTypeName"} or subject["objectTypeName"] != "user":
        raise bad_request("objectTypeName: between Active Directory and Entra it is user.")
    return str(subject["objectId"])


async def _read_in_ad(tenant: Tenant, name: str) -> tuple[dict[str, Any] | None, str]:
    """The person as an agent reads them, or the code of why there is none."""
    if not tenant.settings.connect_host:
        return None, _NO_AGENT
    url = f"{tenant.settings.connect_host}/provision"
    try:
        async with httpx.AsyncClient(timeout=_AGENT_SECONDS) as agent:
            answer = await agent.post(url, json={"distinguishedName": name})
    except httpx.HTTPError:
        return None, _NO_AGENT
    if answer.status_code != HTTPStatus.OK:
        return None, str(answer.json().get("code", _NO_AGENT))
    user: dict[str, Any] = answer.json()
    return user, ""


def _pair(status: str, code: str) -> dict[str, str]:
    details = {"errorCode": code, "errorMessage": ""} if code else {}
    told = {"result": status.capitalize(), "details": details}
    return {
        "key": json.dumps(told),
        "value": json.dumps({"provisioningSteps": _steps(status, code)}),
    }


def _typed_pair(status: str, code: str) -> dict[str, str]:
    return {"key": _TYPE, "value": json.dumps([{"provisioningSteps": _steps(status, code)}])}


def _steps(status: str, code: str) -> list[dict[str, Any]]:
    if status == "failure":
        return [_step("EntryImportAdd", "Import", "Failure", {"errorCode": code})]
    imported = _step("EntryImportAdd", "Import", "Success", {})
    if status == "skipped":
        return [
            imported,
            _step("EntrySynchronizationSkip", "Export", "Skipped", {"SkipReason": code}),
        ]
    return [imported, _step("EntryExportAdd", "Export", "Success", {})]


def _step(name: str, kind: str, status: str, details: dict[str, str]) -> dict[str, Any]:
    return {"name": name, "type": kind, "status": status, "details": details}
