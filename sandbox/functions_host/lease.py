"""A timer's lease: whoever holds it fires the timer, and nobody else while it lasts.

As the blob leases of Azure's host it outlives the process that took it: only a clean end gives it
back, so that after any other one no host fires the timer until it has run out.
"""

import asyncio
import fcntl
import json
import logging
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from sandbox.functions_host.storage import Storage

_log = logging.getLogger(__name__)


class Lease:
    """One host's claim to one timer.

    Attributes:
        seconds: How long it lasts without being renewed, and how often others ask for it.
    """

    def __init__(self, file: Path, seconds: float, storage: Storage) -> None:
        self._file = file
        self._owner = str(uuid.uuid4())
        self._storage = storage
        self.seconds = seconds

    async def reach(self) -> None:
        """Look whether leases can be had at all.

        Raises:
            StorageUnavailableError: In Azure they are the storage account's.
        """
        await self._storage.require()

    def take(self) -> bool:
        """Take it, or renew it; False where another host holds it."""
        with self._locked() as file:
            held = json.loads(file.read() or "{}")
            if held.get("owner") != self._owner and held.get("until", 0.0) > time.time():
                return False
            _write(file, {"owner": self._owner, "until": time.time() + self.seconds})
            return True

    def give_back(self) -> None:
        """Let others have it at once."""
        with self._locked() as file:
            if json.loads(file.read() or "{}").get("owner") == self._owner:
                _write(file, {})

    async def keep(self) -> None:
        """Renew it in time, until cancelled or until another host has it."""
        await asyncio.sleep(self.seconds / 2)
        while self.take():  # noqa: ASYNC110 - it renews, and does not wait for anything
            await asyncio.sleep(self.seconds / 2)
        _log.error("lost the lease %s; the timer goes on, as in Azure", self._file.stem)

    @contextmanager
    def _locked(self) -> Iterator[IO[str]]:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("a+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            yield file


def _write(file: IO[str], document: dict[str, object]) -> None:
    file.truncate(0)
    file.write(json.dumps(document))
