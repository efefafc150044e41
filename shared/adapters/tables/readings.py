"""The `Readings` port on Azure Tables: a row, which is there while a reading is under way."""

from shared.adapters.tables.json_columns import JsonColumns
from shared.adapters.tables.keys import RowKind, row_key
from shared.adapters.tables.table import Table, Verb, Write
from shared.ports.readings import Reading

_READING = JsonColumns(Reading, "Reading", omits_defaults=True)
_PARTITION = "readings"
_ROW = row_key(RowKind.READING, "registrations")


class TableReadings:
    """The one reading that is under way."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def current(self) -> Reading | None:
        """Returns the reading that is to be carried on, or None if the next begins anew."""
        row = await self._table.get(_PARTITION, _ROW)
        return _READING.read(row) if row and row.get("Under") else None

    async def keep(self, reading: Reading | None) -> None:
        """Remembers where the reading goes on, or that it has come to its end."""
        place = {"PartitionKey": _PARTITION, "RowKey": _ROW, "Under": reading is not None}
        columns = _READING.of(reading) if reading else {}
        await self._table.submit([Write(Verb.PUT, {**place, **columns})])
