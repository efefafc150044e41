"""Waves in the ledger: an index that finds their people, totals that count them."""

from dataclasses import replace

import pytest

from shared.domain.person.enrolment import CauseKind, State
from shared.domain.person.people import UserRef
from shared.domain.person.reasons import Reason
from shared.ports.ledger import Ledger
from tests.support.ports.people import (
    NOW,
    enrolment,
    object_id,
    put,
    recounted,
    wave,
)

LONGEST_NAME = "\N{GRINNING FACE}" * 60


@pytest.mark.parametrize(
    "name", ["pilot", r"O'Neil/\#?%|=~ é 人", LONGEST_NAME], ids=["plain", "odd", "longest"]
)
async def test_the_people_of_a_wave_are_found_by_its_name_and_nobody_else(
    ledger: Ledger, name: str
) -> None:
    held = [enrolment(object_id(number), claims=(wave(name),)) for number in range(20)]
    others = [enrolment(object_id(20), claims=(wave(f"{name}s"),)), enrolment(object_id(21))]
    provisional = enrolment("employee:1", claims=(wave(name),))
    await put(ledger, *held, *others, provisional)
    found = await ledger.in_wave(name)
    assert {person.key: person for person in found} == {p.key: p for p in (*held, provisional)}
    assert (await ledger.totals()).by_wave == {
        (name, State.REQUESTED, False): 21,
        (f"{name}s", State.REQUESTED, False): 1,
    }


async def test_whoever_is_released_from_a_wave_or_held_by_another_is_found_there_only(
    ledger: Ledger,
) -> None:
    one, other = (enrolment(object_id(number), claims=(wave("pilot"),)) for number in (1, 2))
    await put(ledger, one, other)
    released, moved = one.released(CauseKind.WAVE), other.with_claim(wave("broad"))
    await put(ledger, released, moved)
    assert await ledger.in_wave("pilot") == []
    assert await ledger.in_wave("broad") == [moved]
    assert await ledger.totals() == recounted([released, moved])


async def test_a_wave_counts_its_people_by_state_and_by_whether_they_are_flagged(
    ledger: Ledger,
) -> None:
    people = [enrolment(object_id(number), claims=(wave("pilot"),)) for number in range(9)]
    await put(ledger, *people)
    applied = [person.moved(State.APPLIED, Reason.ADDED, NOW) for person in people[:6]]
    late = [replace(person, flag=Reason.NOT_VISIBLE) for person in applied[:2]]
    await put(ledger, *applied)
    await put(ledger, *late)
    assert (await ledger.totals()).by_wave == {
        ("pilot", State.REQUESTED, False): 3,
        ("pilot", State.APPLIED, False): 4,
        ("pilot", State.APPLIED, True): 2,
    }
    assert len(await ledger.in_wave("pilot")) == 9


async def test_whoever_is_adopted_takes_the_wave_along(ledger: Ledger) -> None:
    waiting = enrolment("employee:7", state=State.WAITING, claims=(wave("pilot"),))
    await put(ledger, waiting)
    arrived = replace(waiting, key=object_id(7), user=UserRef(object_id=object_id(7)))
    await ledger.adopt("employee:7", arrived, actor="test", now=NOW)
    assert await ledger.in_wave("pilot") == [arrived]
    assert await ledger.totals() == recounted([arrived])


async def test_dozens_of_waves_are_counted(ledger: Ledger) -> None:
    names = [f"{number:03d} {LONGEST_NAME}"[:60] for number in range(80)]
    people = [enrolment(f"employee:{n}", claims=(wave(name),)) for n, name in enumerate(names)]
    await put(ledger, *people)
    assert await ledger.totals() == recounted(people)
