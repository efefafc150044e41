"""A ledger that a newer version has written: gone on with, or refused in words and left alone."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from azure.data.tables import TableServiceClient, UpdateMode

from shared.adapters.tables.tables import Tables
from shared.domain.errors import LedgerIsNewer, ServiceUnavailable, UnreadableRow
from shared.domain.health import NotReached, Trouble
from shared.domain.ledger_mark import FORMAT, LedgerMark
from tests.support.golden_rows import BARE, FOLDER, NOW, VERSIONED_SIGHT, store_rows, stored_rows

NEWER = LedgerMark(
    version="9.0.0", since=NOW, format=FORMAT + 8, readable_from=FORMAT + 8, written_by="9.0.0"
)


@asynccontextmanager
async def opened(store: str, version: str = "0.3.0") -> AsyncIterator[Tables]:
    async with Tables.from_connection_string(store, (version, lambda: NOW)) as tables:
        yield tables


def marked(store: str, mark: LedgerMark) -> None:
    """The mark that another version has left."""
    said = {name: getattr(mark, name) for name in LedgerMark.__dataclass_fields__}
    row = {"PartitionKey": "ledger", "RowKey": "mark", "Mark0": json.dumps(said, default=str)}
    with TableServiceClient.from_connection_string(store) as service:
        table = service.create_table_if_not_exists("rollouts")
        table.upsert_entity(row, mode=UpdateMode.REPLACE)


async def test_the_first_use_leaves_the_version_s_mark(store: str) -> None:
    async with opened(store) as tables:
        assert await tables.ledger_marks.mark() is None
        await tables.ledger.totals()
        assert await tables.ledger_marks.mark() == LedgerMark(
            version="0.3.0", since=NOW, written_by="0.3.0"
        )


async def test_a_version_that_may_not_go_on_reads_and_writes_nothing_and_says_why(
    store: str,
) -> None:
    """Given a ledger of a newer version that says so, then not a row of it changes."""
    marked(store, NEWER)
    before = stored_rows(store)
    async with opened(store) as tables:
        with pytest.raises(LedgerIsNewer, match=r"newer version 9\.0\.0"):
            await tables.ledger.load({BARE.key})
        with pytest.raises(ServiceUnavailable, match=r"deploy 9\.0\.0"):
            await tables.ledger.amend({BARE.key}, lambda *_: BARE, actor="hr", now=NOW)
        with pytest.raises(LedgerIsNewer):
            await tables.workers.sights()
    assert stored_rows(store) == before


async def test_health_names_the_version_that_has_to_run(store: str) -> None:
    """Each table can be reached, and one check says that this version may not use them."""
    marked(store, NEWER)
    async with opened(store) as tables:
        looks = {check.name: check.look for check in tables.checks()}
        await looks["enrolments"]()
        with pytest.raises(NotReached, match=r"deploy 9\.0\.0") as refused:
            await looks["mark"]()
    assert refused.value.trouble is Trouble.NEWER


async def test_a_version_that_may_go_on_does_and_leaves_the_newer_format(store: str) -> None:
    """Given a newer version that lets older ones follow, then going back works."""
    lenient = replace(NEWER, readable_from=FORMAT, since=NOW - timedelta(days=1))
    marked(store, lenient)
    async with opened(store) as tables:
        await tables.ledger.amend({BARE.key}, lambda *_: BARE, actor="hr", now=NOW)
        assert await tables.ledger.load({BARE.key}) == {BARE.key: BARE}
        mark = await tables.ledger_marks.mark()
    assert mark == replace(lenient, version="0.3.0", since=NOW)


async def test_two_instances_that_begin_at_once_leave_one_mark(store: str) -> None:
    async with opened(store) as one, opened(store) as other:
        await one.ledger.totals()
        await other.ledger.totals()
        assert await one.ledger_marks.mark() == await other.ledger_marks.mark()


def future(name: str, **changes: Any) -> dict[str, list[dict[str, Any]]]:
    """Golden rows with something in each of one table's that this version does not know."""
    rows: dict[str, list[dict[str, Any]]] = json.loads((FOLDER / f"{name}.json").read_text())
    for found in rows.values():
        for row in found:
            row.update({key: value for key, value in changes.items() if key in row})
    return rows


@pytest.mark.parametrize(
    "changes",
    [
        {"State": "teleported"},
        {"Reason": "of-tomorrow"},
        {"Provenance": "inherited"},
        {"Claims": '[["dream","","hr",null,"more"]]'},
        {"Steps": '[["2026-11-29T08:00:00+00:00","teleported","added",""]]'},
    ],
    ids=lambda changes: next(iter(changes)),
)
async def test_a_person_s_word_of_tomorrow_is_refused_by_name_and_not_skipped(
    store: str, changes: dict[str, Any]
) -> None:
    """Whoever is passed over in a list would be taken for nobody, and be enrolled anew."""
    store_rows(store, future("methods", **changes))
    async with Tables.from_connection_string(store) as tables:
        with pytest.raises(UnreadableRow, match="does not know"):
            await tables.ledger.load({"0ada0000-0000-4000-8000-000000000000"})
        if "Steps" not in changes:
            with pytest.raises(UnreadableRow):
                _ = [page async for page in tables.ledger.summaries()]


async def test_a_column_of_tomorrow_is_passed_over(store: str) -> None:
    """A newer version that minds says so by its mark."""
    rows = json.loads((FOLDER / "methods.json").read_text())
    for row in rows["enrolments"]:
        row["OfTomorrow"] = "something"
    store_rows(store, rows)
    async with Tables.from_connection_string(store) as tables:
        assert await tables.ledger.load({"0ada0000-0000-4000-8000-000000000000"})


async def test_what_is_kept_as_json_is_passed_over_or_refused_alike(store: str) -> None:
    """A new field of a worker's is passed over, a word that is not known is refused."""
    rows = json.loads((FOLDER / "worker-version.json").read_text())
    (row,) = rows["rollouts"]
    said = json.loads(row["Sight0"]) | {"of_tomorrow": 1}
    store_rows(store, {"rollouts": [row | {"Sight0": json.dumps(said)}]})
    async with Tables.from_connection_string(store) as tables:
        assert list(await tables.workers.sights()) == [VERSIONED_SIGHT]
    unknown = row | {"Sight0": json.dumps(said | {"sync_mode": "telepathy"})}
    with TableServiceClient.from_connection_string(store) as service:
        service.get_table_client("rollouts").upsert_entity(unknown, mode=UpdateMode.REPLACE)
    async with Tables.from_connection_string(store) as tables:
        with pytest.raises(UnreadableRow, match="sync_mode"):
            await tables.workers.sights()
