"""The `Workers` port on Azure Tables."""

from collections.abc import Collection

from shared.adapters.tables.json_columns import JsonColumns
from shared.adapters.tables.keys import RowKind, row_key, rows_of
from shared.adapters.tables.table import Table, Verb, Write
from shared.adapters.tables.transactions import packed
from shared.domain.rollout.measurements import WorkerSight

_SIGHT = JsonColumns(WorkerSight, "Sight", omits_defaults=True)
_WORKERS = "workers"


class TableWorkers:
    """What each worker said last, a row each, all in one partition: there are few."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def sighted(self, sights: Collection[WorkerSight]) -> None:
        """Remembers what workers said of themselves last."""
        by_time = sorted(sights, key=lambda sight: sight.seen_at)
        newest = {sight.worker: sight for sight in by_time}
        for batch in packed((sight, [_write(sight)]) for sight in newest.values()):
            await self._table.submit(write for _, writes in batch for write in writes)

    async def sights(self) -> list[WorkerSight]:
        """Returns what each worker said last."""
        rows = await self._table.scan(_WORKERS, rows_of(RowKind.WORKER))
        return [_SIGHT.read(row) for row in rows]


def _write(sight: WorkerSight) -> Write:
    place = {"PartitionKey": _WORKERS, "RowKey": row_key(RowKind.WORKER, sight.worker)}
    return Write(Verb.PUT, place | _SIGHT.of(sight))
