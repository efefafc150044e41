"""The ledger on real Azurite: what of it only the tables know, and what it costs there."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import stamina
from azure.data.tables import TableClient, TableServiceClient

from sandbox.testing.azurite_process import azurite
from shared.adapters.tables.keys import HEAD
from shared.adapters.tables.table_ledger import TableLedger
from shared.adapters.tables.tables import Tables
from shared.domain.errors import LedgerConflict, ServiceUnavailable
from shared.domain.person.enrolment import Enrolment, State, Step
from shared.domain.person.partitions import partition_of
from shared.domain.person.reasons import Reason
from tests.support.ports.people import (
    NOW,
    enrolment,
    object_id,
    put,
    recounted,
)


def one_more(_: str, current: Enrolment | None) -> Enrolment | None:
    return replace(current, attempts=current.attempts + 1) if current else None


async def test_the_keys_of_a_state_come_in_portions_of_whole_partitions(
    ledger: TableLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [enrolment(object_id(number)) for number in range(60)]
    elsewhere = enrolment(object_id(99), state=State.WAITING)
    await put(ledger, *people, enrolment("employee:1"), elsewhere)
    everybody = {person.key for person in people} | {"employee:1"}

    assert await ledger.keys_in_state([State.REQUESTED]) == [everybody]
    monkeypatch.setattr("shared.adapters.tables.table_ledger._PEOPLE_AT_ONCE", 10)
    portions = await ledger.keys_in_state([State.REQUESTED])

    assert len(portions) > 5
    assert set().union(*portions) == everybody
    assert sum(map(len, portions)) == len(everybody)
    places = [{partition_of(key) for key in portion} for portion in portions]
    assert sum(map(len, places)) == len(set().union(*places))
    assert await ledger.keys_in_state([State.APPLIED]) == []


async def test_whoever_is_disturbed_every_time_gives_up_with_a_conflict(
    store: str, ledger: TableLedger
) -> None:
    person = enrolment(object_id(1))
    await put(ledger, person)
    tries: list[int] = []
    with TableClient.from_connection_string(store, "enrolments") as table:

        def disturbed(key: str, current: Enrolment | None) -> Enrolment | None:
            head = {"PartitionKey": partition_of(key), "RowKey": HEAD, "Disturbed": len(tries)}
            table.upsert_entity(head)
            tries.append(1)
            return one_more(key, current)

        with stamina.set_testing(True, attempts=3), pytest.raises(LedgerConflict):
            await ledger.amend([person.key], disturbed, actor="test", now=NOW)
    assert len(tries) == 3
    assert await ledger.load([person.key]) == {person.key: person}


async def test_more_than_one_transaction_holds_is_stored_all_the_same(ledger: TableLedger) -> None:
    """By their number and by their size: 150 people of 27 KB in one partition."""
    step = Step(NOW, State.WAITING, Reason.WRITE_REFUSED, "x" * 480)
    people = [enrolment(f"employee:{number}", steps=(step,) * 50) for number in range(150)]
    await put(ledger, *people)
    assert await ledger.load([person.key for person in people]) == {p.key: p for p in people}
    assert await ledger.totals() == recounted(people)


@dataclass
class RequestCount:
    requests: int = 0

    def __call__(self, _: object) -> None:
        self.requests += 1


async def test_a_thousand_people_are_stored_in_fewer_than_a_hundred_requests(store: str) -> None:
    count = RequestCount()
    people = [enrolment(object_id(number)) for number in range(1000)]
    async with Tables.from_connection_string(store, raw_response_hook=count) as tables:
        ledger = tables.ledger
        await put(ledger, *people)
        first = count.requests
        await put(ledger, *(person.moved(State.APPLIED, Reason.ADDED, NOW) for person in people))
        assert (await ledger.totals()).by_state == {State.APPLIED: 1000}
    assert first < 100
    assert count.requests - first < 120


async def test_a_part_of_the_people_costs_a_request_for_each_partition_and_none_for_a_person(
    store: str,
) -> None:
    count = RequestCount()
    async with Tables.from_connection_string(store, raw_response_hook=count) as tables:
        ledger = tables.ledger
        await put(ledger, *(enrolment(object_id(number)) for number in range(1000)))
        before = count.requests
        assert len((await ledger.people_after(None, 1000)).people) == 1000
        whole = count.requests - before
        assert (await ledger.people_after(None, 20)).after is not None
    assert whole == 16
    # All of them lie in the first partition.
    assert count.requests - before - whole == 1


async def test_what_was_stored_survives_a_restart_of_azurite(tmp_path: Path) -> None:
    person = enrolment(object_id(1))
    with azurite(tmp_path) as before:
        async with Tables.from_connection_string(before) as tables:
            await put(tables.ledger, person)
    with azurite(tmp_path) as after:
        async with Tables.from_connection_string(after) as tables:
            assert await tables.ledger.load([person.key]) == {person.key: person}


async def test_a_table_that_was_deleted_is_named_and_told_from_a_conflict(
    store: str, ledger: TableLedger
) -> None:
    person = enrolment(object_id(1))
    await put(ledger, person)
    with TableServiceClient.from_connection_string(store) as service:
        service.delete_table("enrolments")
    with pytest.raises(ServiceUnavailable, match="table enrolments: it is not there"):
        await put(ledger, replace(person, attempts=1))
