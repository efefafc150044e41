"""The port `WriteControl`, in memory."""

from datetime import datetime

from shared.adapters.memory.as_json import AsJson
from shared.adapters.memory.storage import Storage
from shared.adapters.memory.turns import Pause, straight_on
from shared.domain.errors import LedgerConflict
from shared.domain.rollout.hour import Hour
from shared.domain.rollout.writing import Said, Writing, writing_entry
from shared.ports.write_control import StoredHour, StoredWriting

_WRITING = AsJson(Writing, "Writing")
_HOUR = AsJson(Hour, "Hour")


class MemoryWriteControl:
    """The newest word on everything that writes."""

    def __init__(self, storage: Storage, pause: Pause = straight_on) -> None:
        self._storage = storage
        self._pause = pause

    async def current(self) -> StoredWriting | None:
        """Returns the newest word; None where nobody ever stopped anything."""
        await self._pause("write_control.current")
        text = self._storage.writing
        return StoredWriting(_WRITING.read(text), self._etag) if text else None

    async def replace(
        self,
        stored: StoredWriting | None,
        writing: Writing,
        *,
        action: str,
        now: datetime,
        said: Said | None = None,
    ) -> StoredWriting:
        """Puts the word in the place of what was read, with an audit record.

        Raises:
            LedgerConflict: somebody else has changed it since it was read.
        """
        await self._pause("write_control.replace")
        if (stored.etag if stored else "0") != self._etag:
            raise LedgerConflict("the word on writing has changed since it was read")
        self._storage.writing = _WRITING.of(writing)
        chain = self._storage.writing_chain
        actor = said.actor if said else writing.actor
        chain.append(writing_entry(writing, action, said), actor=actor, now=now)
        await self._pause("write_control.replace done")
        return StoredWriting(writing, self._etag)

    async def hour(self) -> StoredHour | None:
        """Returns how many people were written in the newest hour; None before the first."""
        await self._pause("write_control.hour")
        kept = self._storage.hour
        return StoredHour(_HOUR.read(kept[0]), str(kept[1])) if kept else None

    async def count(self, stored: StoredHour | None, hour: Hour) -> None:
        """Puts the numbers in the place of those that were read.

        Raises:
            LedgerConflict: somebody else has counted since they were read.
        """
        await self._pause("write_control.count")
        number = self._storage.hour[1] if self._storage.hour else 0
        if (stored.etag if stored else "0") != str(number):
            raise LedgerConflict("somebody has counted since the numbers were read")
        self._storage.hour = (_HOUR.of(hour), number + 1)
        await self._pause("write_control.count done")

    @property
    def _etag(self) -> str:
        """Another one after every change, since each is recorded."""
        return str(self._storage.writing_chain.end.number)
