"""The port `DoorKey` on Azure Tables."""

from secrets import token_bytes

from shared.adapters.tables.table import Table, Verb, Write
from shared.domain.errors import LedgerConflict

_PLACE = {"PartitionKey": "ledger", "RowKey": "door-key"}
_BYTES = 32


class TableDoorKey:
    """A row of its own, made once and never changed; a process reads it once."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._known: bytes | None = None

    async def key(self) -> bytes:
        """Returns the key; makes it at first."""
        if self._known is None:
            self._known = await self._kept() or await self._made()
        return self._known

    async def _made(self) -> bytes:
        made = token_bytes(_BYTES)
        try:
            await self._table.submit([Write(Verb.CREATE, {**_PLACE, "DoorKey": made.hex()})])
        except LedgerConflict:
            # Another instance was quicker: theirs counts.
            return await self._kept() or made
        return made

    async def _kept(self) -> bytes | None:
        row = await self._table.get(_PLACE["PartitionKey"], _PLACE["RowKey"])
        return bytes.fromhex(row["DoorKey"]) if row else None
