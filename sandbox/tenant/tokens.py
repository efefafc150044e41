"""Bearer tokens: signed for the identity endpoint's callers, checked for Graph's."""

import time
from dataclasses import dataclass
from typing import Any

import jwt

from sandbox.tenant.errors import unauthenticated

GRAPH_RESOURCE = "https://graph.microsoft.com"
LIFETIME_SECONDS = 3600
_ALGORITHM = "HS256"


@dataclass(frozen=True)
class Caller:
    """Who a valid token speaks for."""

    app_id: str
    roles: frozenset[str] | None
    """Application permissions; None when the token has no such claim, and may do anything."""


def sign(key: bytes, tenant_id: str, resource: str, app_id: str, claims: dict[str, Any]) -> str:
    """A token for `resource`, valid for an hour from now."""
    now = int(time.time())
    issued = {
        "aud": resource,
        "iss": f"https://sts.windows.net/{tenant_id}/",
        "iat": now,
        "nbf": now,
        "exp": now + LIFETIME_SECONDS,
        "appid": app_id,
        "tid": tenant_id,
    }
    return jwt.encode({**issued, **claims}, key, algorithm=_ALGORITHM)


def check(key: bytes, authorization: str) -> Caller:
    """Read an `Authorization` header.

    Raises:
        GraphError: 401, when there is no token, or it is forged, expired or for another resource.
    """
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise unauthenticated("Access token is empty.")
    try:
        claims = jwt.decode(
            token.strip(),
            key,
            algorithms=[_ALGORITHM],
            audience=[GRAPH_RESOURCE, f"{GRAPH_RESOURCE}/"],
            options={"require": ["exp", "aud"]},
        )
    except jwt.ExpiredSignatureError as error:
        raise unauthenticated("Lifetime validation failed, the token is expired.") from error
    except jwt.InvalidAudienceError as error:
        raise unauthenticated("Access token validation failure. Invalid audience.") from error
    except jwt.InvalidTokenError as error:
        raise unauthenticated(f"Access token validation failure. {error}.") from error
    roles = claims.get("roles")
    app_id = str(claims.get("appid", "unknown"))
    return Caller(app_id, None if roles is None else frozenset(roles))
