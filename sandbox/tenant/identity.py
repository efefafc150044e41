"""The managed identity endpoint, as App Service offers it to its apps."""

import time
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.company import object_id
from sandbox.tenant.permissions import OF_COURSE, granted
from sandbox.tenant.tenant import TENANT_ID, Tenant
from sandbox.tenant.tokens import GRAPH_RESOURCE, LIFETIME_SECONDS, sign

API_VERSION = "2019-08-01"
SYSTEM_ASSIGNED = object_id("application", "system-assigned")
"""The client id of the identity that is meant when none is named: the app's own."""
WORKER = object_id("application", "hybrid-worker")
"""The client id of the worker's machine, which has an identity of its own."""
WORKER_QUEUE_ROLES = {"directory-commands": ["Receiver"], "directory-results": ["Sender"]}
"""What the machine may do until a test says otherwise: what it needs, and no more."""


def worker_header(identity_header: str) -> str:
    """What the worker's machine knows, instead of what the app knows."""
    return f"{identity_header}-worker"


def identity_routes(tenant: Tenant, identity_header: str) -> list[Route]:
    """The endpoint, and how a test says what an identity may do."""
    system_assigned = {identity_header: SYSTEM_ASSIGNED, worker_header(identity_header): WORKER}

    async def token(request: Request) -> Response:
        own = system_assigned.get(request.headers.get("x-identity-header", ""))
        if own is None:
            return _refusal(401, "X-IDENTITY-HEADER: not the one this app was given.")
        if request.query_params.get("api-version") != API_VERSION:
            return _refusal(400, f"api-version: only {API_VERSION} is offered here.")
        resource = request.query_params.get("resource", "")
        if not resource:
            return _refusal(400, "resource: missing.")
        client_id = request.query_params.get("client_id", own)
        if client_id != own and client_id not in tenant.identities:
            return _refusal(400, f"client_id: no user-assigned identity {client_id} is configured.")
        return JSONResponse(_issued(tenant, resource, client_id))

    async def configure(request: Request) -> Response:
        body = await request.json()
        kinds = {"clientId": str, "roles": list, "queueRoles": dict}
        broken = [
            name for name, kind in kinds.items() if not isinstance(body.get(name, kind()), kind)
        ]
        if broken or not body.get("clientId"):
            raise ValueError(f"{', '.join(broken) or 'clientId'}: missing, or of the wrong type")
        tenant.configure_identity(body)
        return Response(status_code=204)

    return [
        Route("/identity/token", token),
        Route("/sandbox/identities", configure, methods=["POST"]),
    ]


def _issued(tenant: Tenant, resource: str, client_id: str) -> dict[str, Any]:
    unless_told = {"roles": [], "queueRoles": WORKER_QUEUE_ROLES} if client_id == WORKER else {}
    held = granted(OF_COURSE | set(tenant.granted_for))
    claims = _claims({"roles": held} | tenant.identities.get(client_id, unless_told), resource)
    claims["oid"] = claims["sub"] = object_id("servicePrincipal", client_id)
    token = sign(tenant.signing_key, TENANT_ID, resource, client_id, claims)
    return {
        "access_token": token,
        "expires_on": str(int(time.time()) + LIFETIME_SECONDS),
        "resource": resource,
        "token_type": "Bearer",
        "client_id": client_id,
    }


def _claims(identity: dict[str, Any], resource: str) -> dict[str, Any]:
    """Graph's tokens tell of its permissions, other resources' of rights on queues.

    An identity of which nothing else was said holds what the product's list asks for, no more.
    """
    if resource.rstrip("/") == GRAPH_RESOURCE:
        return {"roles": identity["roles"]}
    return {"queueRoles": identity["queueRoles"]} if "queueRoles" in identity else {}


def _refusal(status: int, message: str) -> Response:
    return JSONResponse({"statusCode": status, "message": message}, status)
