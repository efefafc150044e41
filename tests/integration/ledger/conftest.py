"""One Azurite for all tests of what is kept in tables, empty for each."""

from collections.abc import AsyncIterator, Iterator

import pytest
from azure.data.tables import TableServiceClient

from sandbox.testing.azurite_process import azurite
from shared.adapters.tables.table_ledger import TableLedger
from shared.adapters.tables.tables import Tables


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with azurite(tmp_path_factory.mktemp("azurite")) as connection_string:
        yield connection_string


@pytest.fixture
def store(account: str) -> str:
    """The account, empty."""
    with TableServiceClient.from_connection_string(account) as service:
        for table in list(service.list_tables()):
            service.delete_table(table.name)
    return account


@pytest.fixture
async def tables(store: str) -> AsyncIterator[Tables]:
    async with Tables.from_connection_string(store) as tables:
        yield tables


@pytest.fixture
def ledger(tables: Tables) -> TableLedger:
    return tables.ledger
