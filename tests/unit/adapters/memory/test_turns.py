"""Races in memory: what happens at which point is written down, and happens there and once."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from shared.adapters.memory.ledger import MemoryLedger
from shared.adapters.memory.storage import Storage
from shared.adapters.memory.turns import Turns
from shared.domain.errors import DirectoryUnavailable, LedgerConflict
from shared.domain.person.enrolment import Enrolment
from tests.support.ports.people import enrolment, everybody, object_id, put

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
KEY = object_id(1)


@pytest.fixture
def turns() -> Turns:
    return Turns()


@pytest.fixture
def storage() -> Storage:
    return Storage()


@pytest.fixture
def ledger(storage: Storage, turns: Turns) -> MemoryLedger:
    return MemoryLedger(storage, turns)


def one_more(_: str, current: Enrolment | None) -> Enrolment | None:
    return replace(current, attempts=current.attempts + 1) if current else None


async def attempts(ledger: MemoryLedger) -> int:
    return (await ledger.load([KEY]))[KEY].attempts


@pytest.mark.parametrize("point", ["ledger.amend", "ledger.amend read", "ledger.amend commit"])
async def test_whoever_changes_a_row_in_between_is_not_written_over(
    ledger: MemoryLedger, turns: Turns, point: str
) -> None:
    await put(ledger, enrolment(KEY))
    turns.at(point, lambda: ledger.amend([KEY], one_more, actor="other", now=NOW))
    await ledger.amend([KEY], one_more, actor="test", now=NOW)
    assert await attempts(ledger) == 2
    assert turns.unused() == []


async def test_whoever_is_disturbed_every_time_gives_up_with_a_conflict(
    ledger: MemoryLedger, storage: Storage, turns: Turns
) -> None:
    await put(ledger, enrolment(KEY))
    other = MemoryLedger(storage)
    for _ in range(10):
        turns.at("ledger.amend commit", lambda: other.amend([KEY], one_more, actor="o", now=NOW))
    with pytest.raises(LedgerConflict):
        await ledger.amend([KEY], one_more, actor="test", now=NOW)
    assert await attempts(ledger) == 10


async def test_a_conflict_in_one_partition_keeps_no_other_from_being_done(
    ledger: MemoryLedger, storage: Storage, turns: Turns
) -> None:
    people = [enrolment(object_id(number)) for number in range(40)]
    await put(ledger, *people, enrolment("employee:1"))
    other = MemoryLedger(storage)
    places = storage.partitions
    disturbed = min(name for name, one in places.items() if one.people)
    (key, *_) = places[disturbed].people

    for _ in range(10):
        turns.at("ledger.amend commit", lambda: other.amend([key], one_more, actor="o", now=NOW))
    keys = [person.key for person in await everybody(ledger)]
    with pytest.raises(LedgerConflict):
        await ledger.amend(keys, one_more, actor="test", now=NOW)
    changed = {one.key for one in await everybody(ledger) if one.attempts}
    assert changed == {*(set(keys) - places[disturbed].people.keys()), key}


async def test_whoever_is_adopted_in_between_is_decided_about_under_the_new_key(
    ledger: MemoryLedger, turns: Turns
) -> None:
    waiting = enrolment("employee:1")
    await put(ledger, waiting)
    arrived = replace(waiting, key=KEY)
    turns.at(
        "ledger.amend read",
        lambda: ledger.adopt("employee:1", arrived, actor="other", now=NOW),
    )
    after = await ledger.amend(["employee:1"], one_more, actor="test", now=NOW)
    assert after == {"employee:1": replace(arrived, attempts=1)}
    assert await ledger.provisional() == []


async def test_a_crash_between_the_two_writes_of_an_adoption_is_mended_by_the_next(
    ledger: MemoryLedger, turns: Turns
) -> None:
    waiting = enrolment("employee:1")
    await put(ledger, waiting)
    arrived = replace(waiting, key=KEY)
    turns.fail("ledger.adopt joined", ConnectionError("the process has ended"))
    with pytest.raises(ConnectionError):
        await ledger.adopt("employee:1", arrived, actor="test", now=NOW)
    assert [one.key for one in await ledger.provisional()] == ["employee:1"]
    assert await ledger.adopt("employee:1", arrived, actor="test", now=NOW) == arrived
    assert await ledger.provisional() == []


async def test_portions_are_whole_partitions_up_to_a_bound(storage: Storage) -> None:
    ledger = MemoryLedger(storage, people_at_once=10)
    people = [enrolment(object_id(number)) for number in range(60)]
    await put(ledger, *people)
    portions = await ledger.keys_in_state([people[0].state])
    assert len(portions) > 5
    assert set().union(*portions) == {person.key for person in people}


async def test_a_request_that_never_arrived_and_an_answer_that_was_lost_are_told_apart(
    ledger: MemoryLedger, turns: Turns
) -> None:
    await put(ledger, enrolment(KEY))
    turns.fail("ledger.amend", DirectoryUnavailable("away"), times=2)
    for expected in (0, 0):
        with pytest.raises(DirectoryUnavailable):
            await ledger.amend([KEY], one_more, actor="test", now=NOW)
        assert await attempts(ledger) == expected
    turns.fail("ledger.amend done", DirectoryUnavailable("lost"))
    with pytest.raises(DirectoryUnavailable):
        await ledger.amend([KEY], one_more, actor="test", now=NOW)
    assert await attempts(ledger) == 1


async def test_somebody_stands_still_until_they_are_released(
    ledger: MemoryLedger, turns: Turns
) -> None:
    await put(ledger, enrolment(KEY))
    halt = turns.halt("ledger.amend commit", skip=1)
    for number in range(2):
        late = asyncio.create_task(ledger.amend([KEY], one_more, actor=f"{number}", now=NOW))
        await asyncio.sleep(0)
    await halt.reached()
    assert await attempts(ledger) == 1
    halt.release()
    await late
    assert await attempts(ledger) == 2
    assert turns.points.count("ledger.amend done") == 3
