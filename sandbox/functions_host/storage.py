"""The app's storage account, of which this host needs no more than that it is there.

Azure's host keeps keys, leases and the timers' statuses in it; this one in a folder. So that an app
without storage fares as in Azure, it looks whether something listens where ``AzureWebJobsStorage``
points before it reads keys or lets a timer begin.
"""

import asyncio
from urllib.parse import urlsplit

from sandbox.functions_host.settings import AppSettings

PATIENCE_SECONDS = 26
"""After how long the real host gave up on a storage account that was not there."""
_PAUSE_SECONDS = 0.5
_EMULATOR = "http://127.0.0.1:10000"


class StorageUnavailableError(OSError):
    """There is no storage account, or it does not answer."""


class Storage:
    """Where ``AzureWebJobsStorage`` points."""

    def __init__(self, settings: AppSettings, patience: float = PATIENCE_SECONDS) -> None:
        """Read the address from the settings.

        Args:
            settings: A connection string, or ``AzureWebJobsStorage__accountName`` and the like.
            patience: How many seconds to go on trying.
        """
        self._endpoint = _endpoint(settings)
        self._patience = patience

    async def require(self) -> None:
        """Wait until it answers.

        Raises:
            StorageUnavailableError: When it has not within the patience.
        """
        try:
            async with asyncio.timeout(self._patience):
                while not await self._answers():  # noqa: ASYNC110 - nothing here tells when
                    await asyncio.sleep(_PAUSE_SECONDS)
        except TimeoutError:
            where = self._endpoint or "the setting is missing"
            raise StorageUnavailableError(f"AzureWebJobsStorage: no storage: {where}") from None

    async def _answers(self) -> bool:
        if self._endpoint is None:
            return False
        address = urlsplit(self._endpoint)
        port = address.port or (443 if address.scheme == "https" else 80)
        try:
            _, writer = await asyncio.open_connection(address.hostname, port)
        except OSError:
            return False
        writer.close()
        return True


def _endpoint(settings: AppSettings) -> str | None:
    name = "AzureWebJobsStorage"
    if endpoint := settings.get(f"{name}__blobServiceUri"):
        return endpoint
    if account := settings.get(f"{name}__accountName"):
        return f"https://{account}.blob.core.windows.net"
    return _endpoint_in(settings.get(name) or "")


def _endpoint_in(connection_string: str) -> str | None:
    parts = dict(part.split("=", 1) for part in connection_string.split(";") if "=" in part)
    if parts.get("UseDevelopmentStorage") == "true":
        return _EMULATOR
    if "BlobEndpoint" in parts:
        return parts["BlobEndpoint"]
    if "AccountName" not in parts:
        return None
    suffix = parts.get("EndpointSuffix", "core.windows.net")
    return f"https://{parts['AccountName']}.blob.{suffix}"
