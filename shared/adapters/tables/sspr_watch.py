"""The `SsprWatch` port on Azure Tables: two rows, each with a timer of its own that writes it."""

from shared.adapters.tables.json_columns import JsonColumns
from shared.adapters.tables.table import Table, Verb, Write
from shared.domain.rollout.sspr_shares import SharesSeen
from shared.domain.rollout.sspr_sight import SsprSight

_SIGHT = JsonColumns(SsprSight, "Sight", omits_defaults=True)
_SHARES = JsonColumns(SharesSeen, "Shares", omits_defaults=True)
_PARTITION = "sspr"
_SIGHT_ROW = "sight"
_SHARES_ROW = "shares"


class TableSsprWatch:
    """The newest sight of the choice, and the newest whole reading of the report."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def sight(self) -> SsprSight:
        """Returns what is known; one that knows nothing where nobody has looked yet."""
        row = await self._table.get(_PARTITION, _SIGHT_ROW)
        return _SIGHT.read(row) if row else SsprSight()

    async def keep_sight(self, sight: SsprSight) -> None:
        """Keeps what is known since the last look."""
        await self._put(_SIGHT_ROW, _SIGHT.of(sight))

    async def shares(self) -> SharesSeen | None:
        """Returns what the newest whole reading of the report showed; None before the first."""
        row = await self._table.get(_PARTITION, _SHARES_ROW)
        return _SHARES.read(row) if row else None

    async def keep_shares(self, shares: SharesSeen) -> None:
        """Keeps what a reading showed that has come to the report's end."""
        await self._put(_SHARES_ROW, _SHARES.of(shares))

    async def _put(self, row: str, columns: dict[str, str]) -> None:
        place = {"PartitionKey": _PARTITION, "RowKey": row}
        await self._table.submit([Write(Verb.PUT, place | columns)])
