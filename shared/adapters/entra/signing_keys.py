"""The keys that Entra signs tokens with, fetched when first needed and kept for a day.

Source: "Signing key rollover in the Microsoft identity platform", Microsoft, November 2026.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from shared.domain.errors import ConfigurationError, DirectoryUnavailable, NotAuthenticated

if TYPE_CHECKING:
    from jwt import PyJWK

_KEPT = timedelta(hours=24)
_FIRST_ASKED_AGAIN = timedelta(minutes=1)
"""Anybody can make up an unknown key; Entra is not asked for each of them."""
_TRIED_AGAIN = timedelta(seconds=10)
"""After Entra did not answer."""
_SECONDS = 10.0
"""For the whole answer: a byte now and then, in which a library sees a sign of life, is none."""
_LOOPBACK = ("http://127.0.0.1:", "http://localhost:")


class SigningKeys:
    """The keys of one tenant; one for all doors, so that made-up tokens at one cost no more."""

    def __init__(
        self,
        *,
        authority: str,
        tenant_id: str,
        issuer_v1: str = "https://sts.windows.net",
        seconds: float = _SECONDS,
    ) -> None:
        """Takes note of who issues tokens; nothing is asked yet.

        Args:
            authority: where Entra is, without the tenant; it issues tokens of version 2.
            tenant_id: whose tokens are taken.
            issuer_v1: who issues those of version 1 in this cloud.
            seconds: for how long Entra's answer is waited for.

        Raises:
            ConfigurationError: keys would be fetched in the clear.
        """
        if not authority.startswith(("https://", *_LOOPBACK)):
            raise ConfigurationError(f"SSPR_ENTRA_AUTHORITY: not https://HOST: {authority}")
        self._seconds = seconds
        base, self.tenant_id = authority.rstrip("/"), tenant_id.strip().lower()
        self._address = f"{base}/{self.tenant_id}/discovery/v2.0/keys"
        # An app's registration says which of the two versions its tokens have.
        self.issuers = frozenset(
            {f"{issuer_v1}/{self.tenant_id}/", f"{base}/{self.tenant_id}/v2.0"}
        )
        self._keys: Mapping[str, PyJWK] = {}
        self._fetched_at: datetime | None = None
        self._problem: str | None = None
        self._fetching = asyncio.Lock()

    async def key(self, key_id: str, now: datetime) -> "PyJWK":
        """Returns the key of that id.

        Raises:
            NotAuthenticated: Entra has none of that id.
            DirectoryUnavailable: Entra's keys could not be read.
        """
        if key_id not in self._keys or self._is_worth_fetching(key_id, now):
            # Whoever brings a known key does not stand in line behind made-up ones.
            async with self._fetching:
                if self._is_worth_fetching(key_id, now):
                    self._fetched_at = now
                    await self._fetch_in_time()
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
        return age > _KEPT or (key_id not in self._keys and age > patience)

    async def _fetch_in_time(self) -> None:
        try:
            async with asyncio.timeout(self._seconds):
                await asyncio.to_thread(self._fetch)
        except TimeoutError:
            # The thread goes on; what it brings late is good as well.
            self._problem = f"Entra's signing keys did not come within {self._seconds:g} s"

    def _fetch(self) -> None:
        """Fetches Entra's keys; keys that are known outlive its failure.

        It runs in a thread, because it waits for the network.
        """
        import jwt

        client = jwt.PyJWKClient(self._address, cache_jwk_set=False, timeout=self._seconds)
        try:
            keys = client.get_jwk_set().keys
        except (jwt.PyJWTError, OSError, ValueError) as error:
            # Beside a connection that fails: a proxy's page instead of JSON, or a list of no keys.
            self._problem = f"Entra's signing keys could not be read: {type(error).__name__}"
            return
        self._problem = None
        self._keys = {str(key.key_id): key for key in keys if key.key_type == "RSA"}
