"""The ledger: every method of the port, and two who change the same people at once."""

import asyncio
import random
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.person.enrolment import Enrolment, Exclusion, Provenance, State
from shared.domain.person.people import UserRef
from shared.domain.person.policy import SourceOfAuthority
from shared.domain.person.reasons import Reason
from shared.ports.ledger import Ledger, Totals
from tests.support.ports.kept import Kept, Opening
from tests.support.ports.people import (
    NOW,
    enrolment,
    everybody,
    object_id,
    put,
    recounted,
    wave,
)


def one_more(_: str, current: Enrolment | None) -> Enrolment | None:
    return replace(current, attempts=current.attempts + 1) if current else None


async def test_what_was_stored_is_loaded_again_in_every_detail(ledger: Ledger) -> None:
    key = r"employee:O'Neil/\#?%|=~ é 人"
    stored = enrolment(
        key,
        user=UserRef(user_principal_name="o'neil@example.com", sid="S-1-5-21", source_anchor="a=="),
        source_of_authority=SourceOfAuthority.ON_PREMISES,
        provenance=Provenance.OURS,
        command_key="command-1",
        effective_date=NOW + timedelta(days=1),
        due=NOW + timedelta(microseconds=1),
        deadline=NOW + timedelta(days=14),
        attempts=3,
        reissues=2,
        flag=Reason.WORKER_SILENT,
        claims=(wave("pilot"), replace(wave("x"), until=NOW + timedelta(days=2))),
        exclusion=Exclusion(
            Reason.EXCLUDED_BY_OPERATOR, "ada", "on leave", NOW + timedelta(days=3)
        ),
    )
    await put(ledger, stored)
    assert await ledger.load([key, object_id(1)]) == {key: stored}


async def test_an_empty_ledger_knows_nobody(ledger: Ledger) -> None:
    assert await ledger.load([object_id(1), "employee:1"]) == {}
    assert await everybody(ledger) == []
    assert await ledger.provisional() == []
    assert await ledger.flagged(5) == []
    assert await ledger.totals() == Totals({}, {}, {}, 0, {})
    assert await ledger.receipt("event-1") is None
    assert await ledger.refused(5) == []


async def test_deciding_nothing_or_the_same_writes_nothing(tables: Kept) -> None:
    ledger = tables.ledger
    known = enrolment(object_id(1))
    await put(ledger, known)
    before = await tables.audit.ends()
    answer = await ledger.amend(
        [known.key, object_id(2)], lambda _, current: current, actor="test", now=NOW
    )
    none = await ledger.amend([known.key], lambda *_: None, actor="test", now=NOW)
    assert answer == none == {known.key: known}
    assert await tables.audit.ends() == before


async def test_a_decision_may_not_change_the_key(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="employee:1"):
        await ledger.amend(
            ["employee:1"], lambda *_: enrolment(object_id(1)), actor="test", now=NOW
        )


async def test_people_are_found_by_their_state_and_by_when_they_are_due(
    ledger: Ledger,
) -> None:
    people = [
        enrolment(object_id(number), state=State.WAITING, due=NOW + timedelta(hours=number))
        for number in range(6)
    ]
    never = enrolment(object_id(10), state=State.WAITING)
    early = enrolment("employee:11", state=State.WAITING, due=NOW - timedelta(hours=1))
    await put(ledger, *people, never, early, enrolment(object_id(12), due=NOW))
    waiting = await ledger.in_state([State.WAITING])
    due = await ledger.in_state([State.WAITING], due_before=NOW + timedelta(hours=2))
    assert {person.key for person in waiting} == {p.key for p in (*people, never, early)}
    assert {person.key for person in due} == {p.key for p in (*people[:3], early)}


async def test_whoever_moves_on_is_found_in_the_new_state_only(ledger: Ledger) -> None:
    person = enrolment(object_id(1), due=NOW)
    await put(ledger, person)
    applied = person.moved(State.APPLIED, Reason.ADDED, NOW)
    await put(ledger, applied)
    assert await ledger.in_state([State.REQUESTED]) == []
    assert await ledger.in_state([State.APPLIED]) == [applied]
    assert await ledger.in_state([State.APPLIED], due_before=NOW) == []


async def test_a_few_people_among_many_are_read_one_by_one(ledger: Ledger) -> None:
    """Both ways of reading, the range and the single rows, find the same."""
    people = [enrolment(f"employee:{number}") for number in range(40)]
    await put(ledger, *people)
    few = ["employee:7", "employee:23", "employee:unknown"]
    assert await ledger.load(few) == {key: enrolment(key) for key in few[:2]}
    assert len(await ledger.load([person.key for person in people])) == len(people)


async def test_flagged_people_are_listed_up_to_the_limit_until_the_flag_goes(
    ledger: Ledger,
) -> None:
    people = [enrolment(object_id(n), flag=Reason.NOT_VISIBLE) for n in range(30)]
    await put(ledger, *people, enrolment(object_id(99)))
    assert len(await ledger.flagged(100)) == len(people)
    assert len(await ledger.flagged(4)) == 4
    await put(ledger, *(replace(person, flag=None) for person in people[1:]))
    assert await ledger.flagged(100) == people[:1]
    assert (await ledger.totals()).by_flag == {Reason.NOT_VISIBLE: 1}


async def test_two_ledgers_changing_the_same_people_at_once_lose_no_update(
    opening: Opening,
) -> None:
    keys = [*(object_id(number) for number in range(6)), "employee:1", "employee:2"]
    rounds = 5

    async def work(ledger: Ledger) -> None:
        for _ in range(rounds):
            await ledger.amend(keys, one_more, actor="test", now=NOW)

    async with (
        opening() as first,
        opening() as second,
    ):
        one, other = first.ledger, second.ledger
        await put(one, *(enrolment(key) for key in keys))
        await asyncio.gather(work(one), work(other), work(one))
        people = await everybody(one)
        assert {person.key: person.attempts for person in people} == dict.fromkeys(keys, 3 * rounds)
        assert await one.totals() == recounted(people)


@pytest.mark.parametrize("seed", range(3))
async def test_totals_equal_a_recount_after_random_changes_by_two_at_once(
    opening: Opening, seed: int
) -> None:
    dice = random.Random(seed)  # noqa: S311  # to be repeatable, not secret
    keys = [*(object_id(number) for number in range(40)), *(f"employee:{n}" for n in range(20))]
    flags = (None, Reason.NOT_VISIBLE, Reason.WORKER_SILENT)

    async def change(ledger: Ledger) -> None:
        some = dice.sample(keys, dice.randint(1, 30))
        wanted = {
            key: enrolment(
                key,
                state=dice.choice(list(State)),
                reason=dice.choice(list(Reason)),
                flag=dice.choice(flags),
                due=dice.choice((None, NOW)),
                claims=dice.choice(((), (wave("pilot"),), (wave("second wave"),))),
            )
            for key in some
        }

        def decide(key: str, current: Enrolment | None) -> Enrolment:
            return replace(wanted[key], key=current.key if current else key)

        await ledger.amend(some, decide, actor="test", now=NOW)

    async def adopt(ledger: Ledger) -> None:
        number = dice.randrange(20)
        arrived = enrolment(object_id(100 + number), claims=(wave("pilot"),))
        await ledger.adopt(f"employee:{number}", arrived, actor="test", now=NOW)

    async def work(ledger: Ledger) -> None:
        for _ in range(6):
            await dice.choice((change, change, adopt))(ledger)

    async with (
        opening() as first,
        opening() as second,
    ):
        one, other = first.ledger, second.ledger
        await asyncio.gather(work(one), work(other))
        people = list((await one.load([*keys, *map(object_id, range(100, 120))])).values())
        by_key = {person.key: person for person in people}
        listed = await everybody(one)
        assert {person.key: person for person in listed} == by_key
        assert await one.totals() == recounted(list(by_key.values()))
        flagged = await one.flagged(1000)
        assert {p.key for p in flagged} == {p.key for p in listed if p.flag}
        for name in ("pilot", "second wave"):
            held = {p.key for p in listed if wave(name) in p.claims}
            assert {p.key for p in await one.in_wave(name)} == held


async def test_whoever_goes_out_is_counted_and_comes_in_again_uncounted(ledger: Ledger) -> None:
    """It never nets out: one who comes in does not hide another who has gone."""
    one, another = (enrolment(object_id(number), state=State.VISIBLE) for number in (1, 2))
    await put(ledger, one, another)
    assert (await ledger.totals()).departed == 0
    await put(ledger, replace(one, state=State.WITHDRAWING))
    await put(ledger, replace(one, state=State.WITHDRAWN))
    assert (await ledger.totals()).departed == 1
    await put(ledger, replace(one, state=State.REQUESTED))
    await put(ledger, replace(another, state=State.WITHDRAWING))
    assert (await ledger.totals()).departed == 2
