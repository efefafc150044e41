"""The audit in the tables: whatever is done to its rows shows."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from azure.data.tables import TableClient, UpdateMode

from shared.adapters.tables.keys import HEAD, RowKind, row_key
from shared.adapters.tables.tables import Tables
from shared.domain.audit import AuditRecord, broken_at, chained
from tests.support.ports.people import enrolment, put

PERSON = enrolment("employee:1")


async def write_three(tables: Tables) -> None:
    for attempts in range(3):
        await put(tables.ledger, replace(PERSON, attempts=attempts))


def rewrite(table: TableClient, record: AuditRecord) -> None:
    """Somebody puts other words in, with a digest that fits them."""
    content = record.content.replace("event-1", "event-2")
    row = table.get_entity(record.partition, row_of(record))
    row |= {"Content0": content, "Digest": chained(record.previous, content)}
    table.update_entity(row, UpdateMode.REPLACE)


def remove(table: TableClient, record: AuditRecord) -> None:
    table.delete_entity(record.partition, row_of(record))


def row_of(record: AuditRecord) -> str:
    return row_key(RowKind.AUDIT, f"{record.number:020d}")


@pytest.mark.parametrize(
    ("harm", "number", "said"),
    [
        (rewrite, 1, "provisional: record 2 has been changed"),
        (rewrite, 3, "provisional: record 3 has another digest than the ledger says"),
        (remove, 1, "provisional: record 1 is missing"),
        (remove, 2, "provisional: record 2 is missing"),
        (remove, 3, "provisional: ends at record 2, not at 3 as the ledger says"),
    ],
)
async def test_a_record_that_was_changed_or_taken_away_shows(
    store: str,
    tables: Tables,
    harm: Callable[[TableClient, AuditRecord], None],
    number: int,
    said: str,
) -> None:
    await write_three(tables)
    whole = await tables.audit.records("provisional", 0, 9)
    ends = {end.partition: end for end in await tables.audit.ends()}
    assert broken_at(whole, ends["provisional"]) is None
    with TableClient.from_connection_string(store, "enrolments") as table:
        harm(table, whole[number - 1])
    assert broken_at(await tables.audit.records("provisional", 0, 9), ends["provisional"]) == said


async def test_a_head_that_was_set_back_shows(store: str, tables: Tables) -> None:
    await write_three(tables)
    records = await tables.audit.records("provisional", 0, 9)
    with TableClient.from_connection_string(store, "enrolments") as table:
        head = table.get_entity("provisional", HEAD)
        head |= {"Number": 2, "Digest": records[1].digest}
        table.update_entity(head, UpdateMode.REPLACE)
    ends = {end.partition: end for end in await tables.audit.ends()}
    found = broken_at(records, ends["provisional"])
    assert found == "provisional: ends at record 3, not at 2 as the ledger says"
