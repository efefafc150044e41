"""The `Operations` port on Azure Tables."""

from shared.adapters.tables.json_columns import JsonColumns
from shared.adapters.tables.keys import RowKind, row_key
from shared.adapters.tables.table import Table, Verb, Write, etag_of
from shared.adapters.tables.transactions import until_undisturbed
from shared.contracts.api.words import OperationState
from shared.domain.person.partitions import bucket
from shared.ports.operations import Operation

_OPERATION = JsonColumns(Operation, "Operation")


class TableOperations:
    """What operators asked for, a row each."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def keep(self, operation: Operation) -> None:
        """Remembers the operation as it stands; one that has ended stays as it ended.

        Raises:
            LedgerConflict: others kept changing it.
            InvalidMessage: a row cannot hold as much.
        """
        place = {"PartitionKey": bucket(operation.key), "RowKey": _row_key(operation.key)}
        plain = {"Kind": operation.order.kind, "State": operation.state.value}
        row = place | plain | _OPERATION.of(operation)
        async for attempt in until_undisturbed():
            with attempt:
                before = await self._table.get(*place.values())
                if before is None:
                    await self._table.submit([Write(Verb.CREATE, row)])
                elif before["State"] == OperationState.QUEUED.value:
                    await self._table.submit([Write(Verb.REPLACE, row, etag_of(before))])

    async def find(self, key: str) -> Operation | None:
        """Returns the operation with this key; None where there is none."""
        row = await self._table.get(bucket(key), _row_key(key))
        return _OPERATION.read(row) if row else None


def _row_key(key: str) -> str:
    return row_key(RowKind.OPERATION, key)
