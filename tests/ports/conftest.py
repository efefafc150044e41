"""The ports in memory and on the real parts: both keep the same contract."""

from collections.abc import AsyncIterator
from contextlib import nullcontext

import pytest

from shared.adapters.memory.storage import Storage
from shared.adapters.memory.tables import MemoryTables
from shared.adapters.tables.tables import Tables
from shared.ports.ledger import Ledger
from tests.ports.kept import Kept, Opening


@pytest.fixture(params=["memory", "azurite"])
def opening(request: pytest.FixtureRequest) -> Opening:
    """A ledger that is empty."""
    if request.param == "memory":
        storage = Storage()
        return lambda: nullcontext(MemoryTables(storage))
    account: str = request.getfixturevalue("store")
    return lambda: Tables.from_connection_string(account)


@pytest.fixture
async def tables(opening: Opening) -> AsyncIterator[Kept]:
    async with opening() as tables:
        yield tables


@pytest.fixture
def ledger(tables: Kept) -> Ledger:
    return tables.ledger
