"""The `Operations` port on Azure Tables."""

from shared.adapters.tables.json_columns import JsonColumns
from shared.adapters.tables.keys import RowKind, row_key
from shared.adapters.tables.table import Table, Verb, Write
from shared.domain.person.partitions import bucket
from shared.ports.operations import Operation

_OPERATION = JsonColumns(Operation, "Operation")


class TableOperations:
    """What operators asked for, a row each."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def keep(self, operation: Operation) -> None:
        """Remembers the operation as it stands.

        Raises:
            InvalidMessage: a row cannot hold as much.
        """
        place = {"PartitionKey": bucket(operation.key), "RowKey": _row_key(operation.key)}
        plain = {"Kind": operation.order.kind, "State": operation.state.value}
        await self._table.submit([Write(Verb.PUT, place | plain | _OPERATION.of(operation))])

    async def find(self, key: str) -> Operation | None:
        """Returns the operation with this key; None where there is none."""
        row = await self._table.get(bucket(key), _row_key(key))
        return _OPERATION.read(row) if row else None


def _row_key(key: str) -> str:
    return row_key(RowKind.OPERATION, key)
