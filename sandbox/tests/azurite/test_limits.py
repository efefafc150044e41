"""Storage refuses the rows that Azure refuses, alone and in a transaction, and takes the others."""

from collections.abc import Iterator
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.data.tables import TableClient, TableServiceClient, TableTransactionError

from sandbox.testing.azurite_process import azurite

PIECE = "é" * 32_000
KEYS = {"PartitionKey": "p", "RowKey": "r"}


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TableClient]:
    with (
        azurite(tmp_path_factory.mktemp("azurite")) as account,
        TableServiceClient.from_connection_string(account) as service,
    ):
        yield service.create_table("limits")


def pieces(count: int, text: str = PIECE) -> dict[str, Any]:
    return {**KEYS, **{f"Body{number}": text for number in range(count)}}


REFUSED = [
    (pieces(1, "x" * 32_769), "PropertyValueTooLarge"),
    (pieces(17), "EntityTooLarge"),
    (pieces(17, "\N{GRINNING FACE}" * 16_000), "EntityTooLarge"),
    (pieces(17, "x" * 32_000), "EntityTooLarge"),
    (pieces(253, "x"), "TooManyProperties"),
    ({**KEYS, "n" * 256: 1}, "PropertyNameTooLong"),
]


@pytest.mark.parametrize(("row", "code"), REFUSED)
def test_a_row_beyond_azures_limits_is_refused(
    table: TableClient, row: dict[str, Any], code: str
) -> None:
    with pytest.raises(HttpResponseError) as refused:
        table.upsert_entity(row)
    assert refused.value.status_code == 400
    assert code in str(refused.value)


@pytest.mark.parametrize(("row", "code"), REFUSED)
def test_a_transaction_with_such_a_row_is_refused_whole(
    table: TableClient, row: dict[str, Any], code: str
) -> None:
    good = {"PartitionKey": "p", "RowKey": f"beside-{code}"}
    with pytest.raises(TableTransactionError) as refused:
        table.submit_transaction([("create", good), ("create", row)])
    assert code in str(refused.value)
    found = table.query_entities(f"PartitionKey eq 'p' and RowKey eq 'beside-{code}'")
    assert list(found) == []


@pytest.mark.parametrize("row", [pieces(16), pieces(1, "x" * 32_768), pieces(252, "x")])
def test_a_row_within_them_is_taken(table: TableClient, row: dict[str, Any]) -> None:
    table.submit_transaction([("upsert", row, {"mode": "replace"})])
    assert dict(table.get_entity("p", "r")).keys() == row.keys()
