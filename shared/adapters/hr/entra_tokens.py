"""The port `Tokens`: access tokens of Entra, checked by the keys that it publishes.

Source: "Access tokens in the Microsoft identity platform" and "Signing key rollover", Microsoft.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from shared.domain.errors import (
    ConfigurationError,
    DirectoryUnavailable,
    NotAuthenticated,
)

if TYPE_CHECKING:
    from jwt import PyJWK

_ALGORITHM = "RS256"
_KEYS_KEPT = timedelta(hours=24)
_FIRST_ASKED_AGAIN = timedelta(minutes=1)
"""Anybody can make up an unknown key; Entra is not asked for each of them."""
_TRIED_AGAIN = timedelta(seconds=10)
"""After Entra did not answer."""
_LEEWAY = timedelta(minutes=5)
_SECONDS = 10
_LONGEST = 16_384
_LOOPBACK = ("http://127.0.0.1:", "http://localhost:")


class EntraTokens:
    """Checks tokens of one tenant for one audience; the keys are fetched when first needed."""

    def __init__(self, *, authority: str, tenant_id: str, audience: str) -> None:
        """Takes note of who issues tokens, and for whom.

        Raises:
            ConfigurationError: keys would be fetched in the clear.
        """
        if not authority.startswith(("https://", *_LOOPBACK)):
            raise ConfigurationError(f"SSPR_ENTRA_AUTHORITY: not https://HOST: {authority}")
        base, self._tenant_id = authority.rstrip("/"), tenant_id.strip().lower()
        self._address = f"{base}/{self._tenant_id}/discovery/v2.0/keys"
        # An app's registration says which of the two versions its tokens have.
        self._issuers = {
            f"https://sts.windows.net/{self._tenant_id}/",
            f"{base}/{self._tenant_id}/v2.0",
        }
        self._audiences = {audience, audience.removeprefix("api://")}
        self._keys: Mapping[str, PyJWK] = {}
        self._fetched_at: datetime | None = None
        self._problem: str | None = None
        self._fetching = asyncio.Lock()

    async def application_of(self, token: str, now: datetime) -> str:
        """Returns the client id of the app that has been given the token.

        Raises:
            NotAuthenticated: it is no token of this tenant for us, or no longer.
            DirectoryUnavailable: Entra's keys could not be read.
        """
        import jwt

        key = await self._key(_key_id(token), now)
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
        return self._checked(claims, now)

    def _checked(self, claims: Mapping[str, Any], now: datetime) -> str:
        if claims["iss"] not in self._issuers or self._tenant(claims) != self._tenant_id:
            raise NotAuthenticated("the token is of another tenant")
        if claims["aud"] not in self._audiences:
            raise NotAuthenticated("the token is for somebody else; look at its audience")
        if "scp" in claims:
            # Only tokens of users have it: the app named is then but the one that they sit at.
            # Source: "Access token claims reference", Microsoft identity platform.
            raise NotAuthenticated("the token is a user's; send one that the app got for itself")
        if "cnf" in claims:
            raise NotAuthenticated("proof-of-possession tokens are not taken; send a bearer token")
        expires, begins = claims["exp"], claims.get("nbf", 0)
        if not all(isinstance(one, int | float) for one in (expires, begins)):
            raise NotAuthenticated("the token's times are no numbers")
        if now.timestamp() > expires + _LEEWAY.total_seconds():
            raise NotAuthenticated("the token has expired")
        if now.timestamp() < begins - _LEEWAY.total_seconds():
            raise NotAuthenticated("the token is not valid yet")
        application = claims.get("appid") or claims.get("azp")
        if not isinstance(application, str):
            raise NotAuthenticated("the token names no app (appid or azp)")
        return application.lower()

    def _tenant(self, claims: Mapping[str, Any]) -> str:
        return str(claims.get("tid", "")).lower()

    async def _key(self, key_id: str, now: datetime) -> "PyJWK":
        if key_id not in self._keys or self._is_worth_fetching(key_id, now):
            # Whoever brings a known key does not stand in line behind made-up ones.
            async with self._fetching:
                if self._is_worth_fetching(key_id, now):
                    self._fetched_at = now
                    await asyncio.to_thread(self._fetch)
        if key_id not in self._keys and self._problem:
            raise DirectoryUnavailable(self._problem)
        if key_id not in self._keys:
            raise NotAuthenticated("the token is signed by none of Entra's keys")
        return self._keys[key_id]

    def _is_worth_fetching(self, key_id: str, now: datetime) -> bool:
        if self._fetched_at is None:
            return True
        age = abs(now - self._fetched_at)
        patience = _TRIED_AGAIN if self._problem else _FIRST_ASKED_AGAIN
        return age > _KEYS_KEPT or (key_id not in self._keys and age > patience)

    def _fetch(self) -> None:
        """Fetches Entra's keys; keys that are known outlive its failure.

        It runs in a thread, because it waits for the network.
        """
        import jwt

        client = jwt.PyJWKClient(self._address, cache_jwk_set=False, timeout=_SECONDS)
        try:
            keys = client.get_jwk_set().keys
        except (jwt.PyJWTError, OSError, ValueError) as error:
            # Beside a connection that fails: a proxy's page instead of JSON, or a list of no keys.
            self._problem = f"Entra's signing keys could not be read: {type(error).__name__}"
            return
        self._problem = None
        self._keys = {str(key.key_id): key for key in keys if key.key_type == "RSA"}


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
