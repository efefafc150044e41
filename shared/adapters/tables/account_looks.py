"""The `AccountLooks` port on Azure Tables: one row."""

from shared.adapters.tables.json_columns import JsonColumns
from shared.adapters.tables.table import Table, Verb, Write
from shared.ports.account_looks import AccountLook

_LOOK = JsonColumns(AccountLook, "Look", omits_defaults=True)
_PLACE = {"PartitionKey": "accounts", "RowKey": "look"}


class TableAccountLooks:
    """The one look that is kept."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def newest(self) -> AccountLook | None:
        """Returns the newest look; None before the first."""
        row = await self._table.get(_PLACE["PartitionKey"], _PLACE["RowKey"])
        return _LOOK.read(row) if row else None

    async def keep(self, look: AccountLook) -> None:
        """Keeps the newest look."""
        await self._table.submit([Write(Verb.PUT, _PLACE | _LOOK.of(look))])
