"""The ledger's mark on Azure Tables, and whether this version may go on with the ledger."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

from shared.adapters.tables.json_columns import JsonColumns
from shared.adapters.tables.table import Row, Table, Verb, Write, etag_of
from shared.domain.errors import LedgerConflict, LedgerIsNewer
from shared.domain.health import NotReached, Trouble
from shared.domain.ledger_mark import LedgerMark, mark_of, refusal_of

_MARK = JsonColumns(LedgerMark, "Mark")
_PLACE = {"PartitionKey": "ledger", "RowKey": "mark"}
_TRIES = 3
_FRESH = 60.0
"""Seconds for which an admission holds: a newer version may have begun to write meanwhile."""


class TableLedgerMarks:
    """The mark, in a row of its own."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def mark(self) -> LedgerMark | None:
        """Returns the mark; None where no version has left one."""
        found = await self._row()
        return _MARK.read(found) if found else None

    async def reach(self) -> None:
        """Asks for nothing, to see whether the table can be reached; raises `NotReached`."""
        await self._table.reach()

    async def leave(self, version: str, now: datetime) -> None:
        """Leaves the mark of this version, unless a newer one forbids it.

        Raises:
            LedgerIsNewer: a newer version says that this one may not go on.
            LedgerConflict: others keep leaving theirs.
        """
        for _ in range(_TRIES):
            found = await self._row()
            known = _MARK.read(found) if found else None
            if known and (reason := refusal_of(known, version)):
                raise LedgerIsNewer(reason)
            wanted = mark_of(version, now, known)
            if wanted == known or await self._kept(wanted, found):
                return
        raise LedgerConflict("the ledger's mark: other instances keep changing it")

    async def _row(self) -> Row | None:
        return await self._table.get(_PLACE["PartitionKey"], _PLACE["RowKey"])

    async def _kept(self, mark: LedgerMark, found: Row | None) -> bool:
        """Keeps the mark, unless another instance was quicker, perhaps one of another version."""
        row: dict[str, Any] = _PLACE | _MARK.of(mark)
        write = Write(Verb.REPLACE, row, etag_of(found)) if found else Write(Verb.CREATE, row)
        try:
            await self._table.submit([write])
        except LedgerConflict:
            return False
        return True


class Admission:
    """Whether this version may go on with the ledger; asked before its rows are."""

    def __init__(
        self, marks: TableLedgerMarks, version: str, clock: Callable[[], datetime]
    ) -> None:
        self._marks = marks
        self._version = version
        self._clock = clock
        self._turn = asyncio.Lock()
        self._admitted: float | None = None

    async def check(self) -> None:
        """Lets pass whoever may go on; looks once a minute.

        Raises:
            LedgerIsNewer: a newer version says that this one may not.
            ServiceUnavailable: the storage account is away, or denies.
        """
        async with self._turn:
            passed = asyncio.get_running_loop().time()
            if self._admitted is None or passed - self._admitted > _FRESH:
                await self._marks.leave(self._version, self._clock())
                self._admitted = passed

    async def look(self) -> None:
        """The same for a health check.

        Raises:
            NotReached: as the trouble `newer`, with what to do; or why the mark cannot be read.
        """
        await self._marks.reach()
        mark = await self._marks.mark()
        if mark and (reason := refusal_of(mark, self._version)):
            raise NotReached(Trouble.NEWER, reason)
