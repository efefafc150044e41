"""The tenant as a web application."""

import json
from json import JSONDecodeError
from typing import Any
from uuid import uuid4

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.tenant.administration import administration_routes
from sandbox.tenant.crowds import crowd_routes
from sandbox.tenant.errors import GraphError, malformed
from sandbox.tenant.faults import Dropped
from sandbox.tenant.graph import Graph
from sandbox.tenant.identity import identity_routes
from sandbox.tenant.lifecycle import lifecycle_routes
from sandbox.tenant.sspr import sspr_routes
from sandbox.tenant.tenant import Tenant
from sandbox.tenant.tokens import check
from sandbox.tenant.webhook_tokens import webhook_token_routes
from sandbox.tenant.wire import GraphRequest, GraphResponse

_VERSION = "/v1.0"


def make_app(tenant: Tenant, identity_header: str) -> Starlette:
    """The application; `identity_header` is what the identity endpoint's callers must know."""
    graph = Graph(tenant)

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "healthy"})

    async def version_1(request: Request) -> Response:
        tenant.recorder.http_request()
        try:
            response = await graph.answer(await _graph_request(tenant, request))
        except GraphError as error:
            response = GraphResponse(error.status, error.body(tenant.clock.now()), error.headers)
        except Dropped:
            request.state.transport.abort()
            return Response()
        return _http_response(response)

    return Starlette(
        routes=[
            Route("/health", health),
            Route(_VERSION + "/{rest:path}", version_1, methods=["GET", "POST", "PATCH", "DELETE"]),
            *identity_routes(tenant, identity_header),
            *sspr_routes(tenant),
            *administration_routes(tenant),
            *crowd_routes(tenant),
            *lifecycle_routes(tenant),
            *webhook_token_routes(tenant),
        ],
        exception_handlers={ValueError: _bad_input},
    )


async def _bad_input(_: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, 400)


async def _graph_request(tenant: Tenant, request: Request) -> GraphRequest:
    caller = check(tenant.signing_key, request.headers.get("authorization", ""))
    return GraphRequest(
        method=request.method,
        path=request.scope["path"].removeprefix(_VERSION),
        query=dict(request.query_params),
        headers=dict(request.headers),
        body=_parsed(await request.body()),
        base_url=f"{request.url.scheme}://{request.url.netloc}{_VERSION}",
        app_id=caller.app_id,
        roles=caller.roles,
    )


def _parsed(body: bytes) -> Any:
    if not body:
        return None
    try:
        return json.loads(body)
    except JSONDecodeError as error:
        raise malformed("Unable to read JSON request payload.") from error


def _http_response(response: GraphResponse) -> Response:
    headers = {"request-id": str(uuid4()), **response.headers}
    if response.body is None:
        return Response(status_code=response.status, headers=headers)
    if isinstance(response.body, str):
        return Response(response.body, response.status, headers, media_type="text/plain")
    return JSONResponse(response.body, response.status, headers)
