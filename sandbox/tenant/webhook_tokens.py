"""Entra as an issuer of tokens for webhooks: RS256, with its keys published as Entra does.

Graph's own tokens are of the identity endpoint's, and signed otherwise. Source: "Access tokens in
the Microsoft identity platform", for the claims of both versions.
"""

from typing import Any

import jwt
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.tenant.tenant import TENANT_ID, Tenant

_LIFETIME = 3600
_VERSIONS = {"1.0", "2.0"}


def webhook_token_routes(tenant: Tenant) -> list[Route]:
    """The keys, their description, and how a test gets a token or a new key."""

    async def configuration(request: Request) -> Response:
        base = _base(request)
        described = {"issuer": f"{base}/v2.0", "jwks_uri": f"{base}/discovery/v2.0/keys"}
        return JSONResponse(described)

    async def keys(_: Request) -> Response:
        return JSONResponse(tenant.keys.published())

    async def token(request: Request) -> Response:
        return JSONResponse({"access_token": _token(tenant, await request.json(), _base(request))})

    async def roll_over(_: Request) -> Response:
        tenant.keys.roll_over()
        return Response(status_code=204)

    return [
        Route(f"/{TENANT_ID}/v2.0/.well-known/openid-configuration", configuration),
        Route(f"/{TENANT_ID}/discovery/v2.0/keys", keys),
        Route("/sandbox/webhook-tokens", token, methods=["POST"]),
        Route("/sandbox/webhook-keys", roll_over, methods=["POST"]),
    ]


def _base(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}/{TENANT_ID}"


def _token(tenant: Tenant, body: dict[str, Any], base: str) -> str:
    """A token for `audience`, given to `appId`; `claims` and `header` change what is in it."""
    version = body.get("version", "2.0")
    if version not in _VERSIONS or not body.get("audience") or not body.get("appId"):
        raise ValueError("audience, appId: missing; or version: neither 1.0 nor 2.0")
    now = int(tenant.clock.now())
    first = version == "1.0"
    claims = {
        "aud": body["audience"],
        "iss": f"https://sts.windows.net/{TENANT_ID}/" if first else f"{base}/v2.0",
        "iat": now,
        "nbf": now,
        "exp": now + _LIFETIME,
        "tid": TENANT_ID,
        "ver": version,
        "appid" if first else "azp": body["appId"],
    }
    name, key = tenant.keys.newest()
    header = {"kid": name, **body.get("header", {})}
    return jwt.encode({**claims, **body.get("claims", {})}, key, algorithm="RS256", headers=header)
