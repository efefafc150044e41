"""What tests of several folders share: one Azurite, which is empty for each of them."""

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One Azurite for all tests of what is kept in tables that one process runs."""
    from sandbox.testing.azurite_process import azurite

    with azurite(tmp_path_factory.mktemp("azurite")) as connection_string:
        yield connection_string


@pytest.fixture
def store(account: str) -> str:
    """The account, empty."""
    from azure.data.tables import TableServiceClient

    with TableServiceClient.from_connection_string(account) as service:
        for table in list(service.list_tables()):
            service.delete_table(table.name)
    return account
