"""The `DoctorLooks` port on Azure Tables: one row."""

from datetime import datetime

from shared.adapters.tables.json_columns import JsonColumns
from shared.adapters.tables.table import Table, Verb, Write

_LOOK = JsonColumns(datetime, "Look")
_PLACE = {"PartitionKey": "doctor", "RowKey": "look"}


class TableDoctorLooks:
    """The doctor's newest look, whoever had it look."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def newest(self) -> datetime | None:
        """Returns when the changes were last told; None before the first time."""
        row = await self._table.get(_PLACE["PartitionKey"], _PLACE["RowKey"])
        return _LOOK.read(row) if row else None

    async def keep(self, at: datetime) -> None:
        """Keeps that they have been told until then."""
        await self._table.submit([Write(Verb.PUT, _PLACE | _LOOK.of(at))])
