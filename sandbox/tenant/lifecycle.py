"""Lifecycle Workflows: a task that calls out, and Graph's operation by which it is resumed.

Source: "taskProcessingResult: resume", Microsoft Graph; the call's shape is that of "Configure a
Logic App for Lifecycle Workflow use".
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.company import object_id
from sandbox.tenant.clock import timestamp
from sandbox.tenant.errors import bad_request, denied, resource_not_found
from sandbox.tenant.lifecycle_tasks import WaitingTask
from sandbox.tenant.tenant import Tenant
from sandbox.tenant.wire import GraphRequest, GraphResponse

PERMISSION = "LifecycleWorkflows.ReadWrite.All"
RESUME = (
    "/identityGovernance/lifecycleWorkflows/workflows/{workflow-id}/tasks/{task-id}"
    "/taskProcessingResults/{taskProcessingResult-id}/resume"
)
_APP = object_id("application", "system-assigned")
"""The sandbox's own app: whom the extension authorises where a test says nothing else."""
_STATUSES = {"completed", "failed"}


def resume(tenant: Tenant, request: GraphRequest) -> GraphResponse:
    """Resume a task that waits."""
    workflow_id, task_id, result_id = request.parameters
    task = tenant.lifecycle.tasks.get(result_id)
    if task is None or (task.workflow_id, task.task_id) != (workflow_id, task_id):
        raise resource_not_found(result_id)
    if request.app_id not in task.authorized_apps and PERMISSION not in (request.roles or ()):
        raise denied()
    body = request.body if isinstance(request.body, dict) else {}
    status = str((body.get("data") or {}).get("operationStatus", "")).lower()
    if body.get("type") != "lifecycleEvent" or not body.get("source") or status not in _STATUSES:
        raise bad_request("source, type and data.operationStatus are needed to resume a task.")
    if task.callback is not None:
        raise bad_request("The task processing result is not in progress.")
    task.callback = body
    return GraphResponse(204)


def lifecycle_routes(tenant: Tenant) -> list[Route]:
    """How a test has a workflow call out, and sees what it was told."""

    async def begin(request: Request) -> Response:
        body = await request.json()
        user = tenant.directory.user_by_upn(str(body.get("userPrincipalName")))
        if user is None:
            raise ValueError("userPrincipalName: there is no such user")
        task = tenant.lifecycle.begin(frozenset(body.get("authorizedApps", [_APP])))
        return JSONResponse(_call(tenant, task, user.fields | {"id": user.id}))

    async def told(request: Request) -> Response:
        task = tenant.lifecycle.tasks.get(request.path_params["result"])
        if task is None:
            return JSONResponse({"error": "result: nothing waits by that id"}, 404)
        return JSONResponse({"callback": task.callback})

    return [
        Route("/sandbox/lifecycle", begin, methods=["POST"]),
        Route("/sandbox/lifecycle/{result}", told),
    ]


def _call(tenant: Tenant, task: WaitingTask, user: dict[str, Any]) -> dict[str, Any]:
    """What the custom task extension posts to its Logic App."""
    return {
        "source": "https://graph.microsoft.com/v1.0/identityGovernance/lifecycleWorkflows",
        "type": "microsoft.graph.identityGovernance.customTaskExtensionCalloutData",
        "data": {
            "callbackUriPath": task.path,
            "subject": {
                "id": user["id"],
                "displayName": user.get("displayName"),
                "email": user.get("mail"),
                "userPrincipalName": user.get("userPrincipalName"),
            },
            "task": {"id": task.task_id, "displayName": "Enrol in self-service password reset"},
            "taskProcessingResult": {
                "id": task.result_id,
                "createdDateTime": timestamp(tenant.clock.now()),
            },
            "workflow": {"id": task.workflow_id, "displayName": "Joiners", "workflowVersion": 1},
        },
    }
