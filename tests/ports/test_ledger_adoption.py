"""Whoever was enrolled before they were in Entra is moved to their object id, and lost nowhere."""

from dataclasses import replace

import pytest

from shared.domain.errors import LedgerConflict
from shared.domain.person.enrolment import Enrolment, State
from shared.domain.person.people import UserRef
from shared.domain.person.reasons import Reason
from shared.domain.person.verification import joined
from shared.ports.ledger import Ledger
from tests.support.ports.people import (
    NOW,
    enrolment,
    everybody,
    object_id,
    put,
    recounted,
)


def one_more(_: str, current: Enrolment | None) -> Enrolment | None:
    return replace(current, attempts=current.attempts + 1) if current else None


async def test_adopted_people_are_found_under_both_keys_and_counted_once(
    ledger: Ledger,
) -> None:
    waiting = enrolment("employee:7", state=State.WAITING, flag=Reason.WORKER_SILENT)
    await put(ledger, waiting, enrolment("employee:8"))
    arrived = replace(waiting, key=object_id(7), user=UserRef(object_id=object_id(7)))
    assert await ledger.adopt("employee:7", arrived, actor="test", now=NOW) == arrived
    assert await ledger.load(["employee:7", arrived.key]) == {
        "employee:7": arrived,
        arrived.key: arrived,
    }
    assert [person.key for person in await ledger.provisional()] == ["employee:8"]
    assert await ledger.totals() == recounted([arrived, enrolment("employee:8")])


async def test_the_old_key_of_adopted_people_is_decided_about_under_the_new_one(
    ledger: Ledger,
) -> None:
    waiting = enrolment("employee:7")
    await put(ledger, waiting)
    arrived = replace(waiting, key=object_id(7))
    await ledger.adopt("employee:7", arrived, actor="test", now=NOW)
    asked: list[tuple[str, Enrolment | None]] = []

    def decide(key: str, current: Enrolment | None) -> Enrolment | None:
        asked.append((key, current))
        return one_more(key, current)

    answer = await ledger.amend(["employee:7", arrived.key], decide, actor="test", now=NOW)
    assert ("employee:7", replace(arrived, attempts=1)) in asked
    twice = replace(arrived, attempts=2)
    assert answer == {"employee:7": twice, arrived.key: twice}
    assert await ledger.provisional() == []


async def test_adopting_again_after_a_crash_between_its_two_writes_ends_it(
    ledger: Ledger,
) -> None:
    waiting = enrolment("employee:7")
    await put(ledger, waiting)
    arrived = replace(waiting, key=object_id(7))
    await put(ledger, arrived)  # The first write of the two; the second never came.
    for _ in range(2):
        assert await ledger.adopt("employee:7", arrived, actor="test", now=NOW) == arrived
        assert await ledger.load(["employee:7"]) == {"employee:7": arrived}
        assert await ledger.totals() == recounted([arrived])
        assert await ledger.provisional() == []


async def test_adoption_leaves_whoever_is_enrolled_under_the_object_id_where_they_are(
    ledger: Ledger,
) -> None:
    waiting = enrolment("employee:7")
    there = enrolment(object_id(7), state=State.REGISTERED)
    await put(ledger, waiting, there)
    arrived = replace(waiting, key=there.key)
    both = joined(there, arrived, NOW)
    assert await ledger.adopt("employee:7", arrived, actor="test", now=NOW) == both
    assert await ledger.adopt("employee:7", arrived, actor="test", now=NOW) == both
    assert await ledger.load(["employee:7"]) == {"employee:7": both}
    assert both.state is State.REGISTERED


async def test_adoption_does_not_lose_a_step_taken_since_it_was_decided(
    ledger: Ledger,
) -> None:
    waiting = enrolment("employee:7")
    applied = waiting.moved(State.APPLIED, Reason.ADDED, NOW)
    await put(ledger, applied)
    arrived = replace(waiting, key=object_id(7))
    with pytest.raises(LedgerConflict, match="changed since it was read"):
        await ledger.adopt("employee:7", arrived, actor="test", now=NOW)
    assert await everybody(ledger) == [applied]
