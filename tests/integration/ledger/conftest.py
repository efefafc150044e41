"""The tables on the one Azurite."""

from collections.abc import AsyncIterator

import pytest

from shared.adapters.tables.table_ledger import TableLedger
from shared.adapters.tables.tables import Tables


@pytest.fixture
async def tables(store: str) -> AsyncIterator[Tables]:
    async with Tables.from_connection_string(store) as tables:
        yield tables


@pytest.fixture
def ledger(tables: Tables) -> TableLedger:
    return tables.ledger
