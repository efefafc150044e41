"""The ports `Tokens` and `OperatorTokens`: access tokens of Entra, checked here and nowhere else.

Source: "Access tokens in the Microsoft identity platform" and "Access token claims reference",
Microsoft, November 2026.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from shared.adapters.entra.signing_keys import SigningKeys
from shared.domain.errors import NotAuthenticated
from shared.ports.operators import Principal

_ALGORITHM = "RS256"
_LEEWAY = timedelta(minutes=5)
_LONGEST = 16_384
_URI = "api://"
_NAMES = ("preferred_username", "upn", "unique_name", "name")
"""How a person is called, the most telling first; an app has none of them."""


class EntraTokens:
    """Checks tokens of one tenant for one audience."""

    def __init__(self, keys: SigningKeys, *, audience: str) -> None:
        """Takes note of who issues tokens, and for whom."""
        self._keys = keys
        # Version 1.0 names the application's URI, version 2.0 its client id.
        bare = audience.strip().removeprefix(_URI)
        self._audiences = {audience.strip(), bare, f"{_URI}{bare}"}

    async def application_of(self, token: str, now: datetime) -> str:
        """Returns the client id of the app that has been given the token for itself.

        Raises:
            NotAuthenticated: it is no token of this tenant for us, or no longer.
            DirectoryUnavailable: Entra's keys could not be read.
        """
        claims = await self._claims_of(token, now)
        if "scp" in claims:
            # Only tokens of users have it: the app named is then but the one that they sit at.
            raise NotAuthenticated("the token is a user's; send one that the app got for itself")
        return _application(claims).lower()

    async def principal_of(self, token: str, now: datetime) -> Principal:
        """Returns whoever the token was issued to, a person or an app, and their app roles.

        Raises:
            NotAuthenticated: it is no access token of this tenant for us, or no longer.
            DirectoryUnavailable: Entra's keys could not be read.
        """
        claims = await self._claims_of(token, now)
        # An id token, which tells an application who has signed in, names no app that may ask.
        application = _application(claims)
        object_id, roles = claims.get("oid"), claims.get("roles", [])
        if not isinstance(object_id, str) or not object_id:
            raise NotAuthenticated("the token names no object id")
        if not isinstance(roles, list):
            raise NotAuthenticated("the token's roles are no list")
        said = (claims.get(name) for name in _NAMES)
        name = next((one for one in said if isinstance(one, str) and one), application)
        return Principal(
            object_id=object_id,
            name=name,
            roles=frozenset(one for one in roles if isinstance(one, str)),
        )

    async def _claims_of(self, token: str, now: datetime) -> Mapping[str, Any]:
        import jwt

        key = await self._keys.key(_key_id(token), now)
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[_ALGORITHM],
                # The rest is checked below, by the time that we are handed.
                options={
                    "verify_aud": False,
                    "verify_iss": False,
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                    "require": ["exp", "aud", "iss"],
                },
            )
        except jwt.InvalidTokenError as error:
            raise NotAuthenticated(f"no valid token ({type(error).__name__})") from None
        self._check(claims, now)
        return claims

    def _check(self, claims: Mapping[str, Any], now: datetime) -> None:
        tenant = str(claims.get("tid", "")).lower()
        if str(claims["iss"]) not in self._keys.issuers or tenant != self._keys.tenant_id:
            raise NotAuthenticated("the token is of another tenant")
        if not isinstance(claims["aud"], str) or claims["aud"] not in self._audiences:
            raise NotAuthenticated("the token is for somebody else; look at its audience")
        if "cnf" in claims:
            raise NotAuthenticated("proof-of-possession tokens are not taken; send a bearer token")
        expires, begins = claims["exp"], claims.get("nbf", 0)
        if not all(isinstance(one, int | float) for one in (expires, begins)):
            raise NotAuthenticated("the token's times are no numbers")
        if now.timestamp() > expires + _LEEWAY.total_seconds():
            raise NotAuthenticated("the token has expired")
        if now.timestamp() < begins - _LEEWAY.total_seconds():
            raise NotAuthenticated("the token is not valid yet")


def _application(claims: Mapping[str, Any]) -> str:
    application = claims.get("appid") or claims.get("azp")
    if not isinstance(application, str):
        raise NotAuthenticated("the token names no app (appid or azp)")
    return application


def _key_id(token: str) -> str:
    import jwt

    if len(token) > _LONGEST:
        raise NotAuthenticated("no valid token (too long)")
    try:
        header = jwt.get_unverified_header(token)
    except jwt.InvalidTokenError:
        raise NotAuthenticated("no valid token (not a JWT)") from None
    if str(header.get("typ", "")).lower() == "pop":
        raise NotAuthenticated("proof-of-possession tokens are not taken; send a bearer token")
    key_id = header.get("kid")
    if header.get("alg") != _ALGORITHM or not isinstance(key_id, str):
        raise NotAuthenticated("no token as Entra signs them")
    return key_id
