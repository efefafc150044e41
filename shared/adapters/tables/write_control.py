"""The `WriteControl` port on Azure Tables: one row that also tells where its audit ends."""

from datetime import datetime

from shared.adapters.tables.audit import creation_of, end_of
from shared.adapters.tables.json_columns import JsonColumns
from shared.adapters.tables.keys import HEAD
from shared.adapters.tables.table import Table, Verb, Write, etag_of
from shared.domain.audit import record_after
from shared.domain.person.partitions import WRITING
from shared.domain.rollout.hour import Hour
from shared.domain.rollout.writing import Said, Writing, writing_entry
from shared.ports.write_control import StoredHour, StoredWriting

_WRITING = JsonColumns(Writing, "Writing", added={"": {"also": None, "refills": False}})
_HOUR = JsonColumns(Hour, "Hour", omits_defaults=True)
_HOUR_ROW = "hour"


class TableWriteControl:
    """The newest word on everything that writes, replaced under its ETag."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def current(self) -> StoredWriting | None:
        """Returns the newest word; None where nobody ever stopped anything."""
        row = await self._table.get(WRITING, HEAD)
        return StoredWriting(_WRITING.read(row), etag_of(row)) if row else None

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
        end = end_of(WRITING, await self._table.get(WRITING, HEAD))
        actor = said.actor if said else writing.actor
        record = record_after(end, writing_entry(writing, action, said), actor=actor, now=now)
        row = {
            "PartitionKey": WRITING,
            "RowKey": HEAD,
            "Stopped": writing.is_stopped,
            "Number": record.number,
            "Digest": record.digest,
            **_WRITING.of(writing),
        }
        write = Write(Verb.REPLACE, row, stored.etag) if stored else Write(Verb.CREATE, row)
        etag, _ = await self._table.submit([write, creation_of(record)])
        return StoredWriting(writing, etag)

    async def hour(self) -> StoredHour | None:
        """Returns how many people were written in the newest hour; None before the first."""
        row = await self._table.get(WRITING, _HOUR_ROW)
        return StoredHour(_HOUR.read(row), etag_of(row)) if row else None

    async def count(self, stored: StoredHour | None, hour: Hour) -> None:
        """Puts the numbers in the place of those that were read.

        Raises:
            LedgerConflict: somebody else has counted since they were read.
        """
        row = {"PartitionKey": WRITING, "RowKey": _HOUR_ROW, **_HOUR.of(hour)}
        write = Write(Verb.REPLACE, row, stored.etag) if stored else Write(Verb.CREATE, row)
        await self._table.submit([write])
