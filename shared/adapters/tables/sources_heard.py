"""The `SourcesHeard` port on Azure Tables."""

from datetime import datetime

from shared.adapters.tables.json_columns import JsonColumns
from shared.adapters.tables.keys import RowKind, row_key, rows_of
from shared.adapters.tables.table import Table, Verb, Write

_HEARD = JsonColumns(datetime, "HeardAt")
_SOURCES = "sources"


class TableSourcesHeard:
    """A row for each source, all in one partition: there are few."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def heard(self) -> dict[str, datetime]:
        """Returns when each source was heard of last, by its name."""
        rows = await self._table.scan(_SOURCES, rows_of(RowKind.SOURCE))
        return {row["Source"]: _HEARD.read(row) for row in rows}

    async def hear(self, source: str, at: datetime) -> None:
        """Remembers that a source has sent."""
        row = {"PartitionKey": _SOURCES, "RowKey": row_key(RowKind.SOURCE, source)}
        await self._table.submit([Write(Verb.PUT, {**row, "Source": source, **_HEARD.of(at)})])
