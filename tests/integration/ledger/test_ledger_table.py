"""The ledger on real Azurite: every method of the port, disturbances, restarts and its costs."""

import asyncio
import random
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
import stamina
from azure.core.exceptions import HttpResponseError
from azure.data.tables import TableClient, TableServiceClient

from sandbox.testing.azurite_process import azurite
from shared.adapters.tables.keys import HEAD, partition_of
from shared.adapters.tables.table_ledger import TableLedger
from shared.adapters.tables.tables import Tables
from shared.domain.errors import LedgerConflict
from shared.domain.person.enrolment import Enrolment, Exclusion, Provenance, State, Step
from shared.domain.person.people import UserRef
from shared.domain.person.policy import SourceOfAuthority
from shared.domain.person.reasons import Reason
from shared.domain.person.verification import joined
from shared.ports.ledger import Receipt, Totals
from tests.support.ledger_people import (
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


async def test_what_was_stored_is_loaded_again_in_every_detail(ledger: TableLedger) -> None:
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


async def test_an_empty_ledger_knows_nobody(ledger: TableLedger) -> None:
    assert await ledger.load([object_id(1), "employee:1"]) == {}
    assert await everybody(ledger) == []
    assert await ledger.provisional() == []
    assert await ledger.flagged(5) == []
    assert await ledger.totals() == Totals({}, {}, {}, 0, {})
    assert await ledger.receipt("event-1") is None
    assert await ledger.refused(5) == []


async def test_deciding_nothing_or_the_same_writes_nothing(tables: Tables) -> None:
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


async def test_a_decision_may_not_change_the_key(ledger: TableLedger) -> None:
    with pytest.raises(ValueError, match="employee:1"):
        await ledger.amend(
            ["employee:1"], lambda *_: enrolment(object_id(1)), actor="test", now=NOW
        )


async def test_people_are_found_by_their_state_and_by_when_they_are_due(
    ledger: TableLedger,
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


async def test_whoever_moves_on_is_found_in_the_new_state_only(ledger: TableLedger) -> None:
    person = enrolment(object_id(1), due=NOW)
    await put(ledger, person)
    applied = person.moved(State.APPLIED, Reason.ADDED, NOW)
    await put(ledger, applied)
    assert await ledger.in_state([State.REQUESTED]) == []
    assert await ledger.in_state([State.APPLIED]) == [applied]
    assert await ledger.in_state([State.APPLIED], due_before=NOW) == []


async def test_a_few_people_among_many_are_read_one_by_one(ledger: TableLedger) -> None:
    """Both ways of reading, the range and the single rows, find the same."""
    people = [enrolment(f"employee:{number}") for number in range(40)]
    await put(ledger, *people)
    few = ["employee:7", "employee:23", "employee:unknown"]
    assert await ledger.load(few) == {key: enrolment(key) for key in few[:2]}
    assert len(await ledger.load([person.key for person in people])) == len(people)


async def test_flagged_people_are_listed_up_to_the_limit_until_the_flag_goes(
    ledger: TableLedger,
) -> None:
    people = [enrolment(object_id(n), flag=Reason.NOT_VISIBLE) for n in range(30)]
    await put(ledger, *people, enrolment(object_id(99)))
    assert len(await ledger.flagged(100)) == len(people)
    assert len(await ledger.flagged(4)) == 4
    await put(ledger, *(replace(person, flag=None) for person in people[1:]))
    assert await ledger.flagged(100) == people[:1]
    assert (await ledger.totals()).by_flag == {Reason.NOT_VISIBLE: 1}


async def test_adopted_people_are_found_under_both_keys_and_counted_once(
    ledger: TableLedger,
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
    ledger: TableLedger,
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
    ledger: TableLedger,
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
    ledger: TableLedger,
) -> None:
    waiting = enrolment("employee:7")
    there = enrolment(object_id(7), state=State.REGISTERED)
    await put(ledger, waiting, there)
    arrived = replace(waiting, key=there.key)
    both = joined(there, arrived)
    assert await ledger.adopt("employee:7", arrived, actor="test", now=NOW) == both
    assert await ledger.adopt("employee:7", arrived, actor="test", now=NOW) == both
    assert await ledger.load(["employee:7"]) == {"employee:7": both}
    assert both.state is State.REGISTERED


async def test_adoption_does_not_lose_a_step_taken_since_it_was_decided(
    ledger: TableLedger,
) -> None:
    waiting = enrolment("employee:7")
    applied = waiting.moved(State.APPLIED, Reason.ADDED, NOW)
    await put(ledger, applied)
    arrived = replace(waiting, key=object_id(7))
    with pytest.raises(LedgerConflict, match="changed since it was read"):
        await ledger.adopt("employee:7", arrived, actor="test", now=NOW)
    assert await everybody(ledger) == [applied]


async def test_two_ledgers_changing_the_same_people_at_once_lose_no_update(store: str) -> None:
    keys = [*(object_id(number) for number in range(6)), "employee:1", "employee:2"]
    rounds = 5

    async def work(ledger: TableLedger) -> None:
        for _ in range(rounds):
            await ledger.amend(keys, one_more, actor="test", now=NOW)

    async with (
        Tables.from_connection_string(store) as first,
        Tables.from_connection_string(store) as second,
    ):
        one, other = first.ledger, second.ledger
        await put(one, *(enrolment(key) for key in keys))
        await asyncio.gather(work(one), work(other), work(one))
        people = await everybody(one)
        assert {person.key: person.attempts for person in people} == dict.fromkeys(keys, 3 * rounds)
        assert await one.totals() == recounted(people)


@pytest.mark.parametrize("seed", range(3))
async def test_totals_equal_a_recount_after_random_changes_by_two_at_once(
    store: str, seed: int
) -> None:
    dice = random.Random(seed)  # noqa: S311  # to be repeatable, not secret
    keys = [*(object_id(number) for number in range(40)), *(f"employee:{n}" for n in range(20))]
    flags = (None, Reason.NOT_VISIBLE, Reason.WORKER_SILENT)

    async def change(ledger: TableLedger) -> None:
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

    async def adopt(ledger: TableLedger) -> None:
        number = dice.randrange(20)
        arrived = enrolment(object_id(100 + number), claims=(wave("pilot"),))
        await ledger.adopt(f"employee:{number}", arrived, actor="test", now=NOW)

    async def work(ledger: TableLedger) -> None:
        for _ in range(6):
            await dice.choice((change, change, adopt))(ledger)

    async with (
        Tables.from_connection_string(store) as first,
        Tables.from_connection_string(store) as second,
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


def receipt(key: str, **changes: object) -> Receipt:
    first = Receipt(key=key, queue="onboarding-events", at=NOW, outcome=Reason.ONBOARDED)
    return replace(first, **changes)  # type: ignore[arg-type]  # of any field


def refusal(key: str, **changes: object) -> Receipt:
    invalid = {"outcome": Reason.INVALID, "field": "data.hireDate", "detail": "not a date"}
    return receipt(key, **(invalid | {"body": "{}"} | changes))


async def test_recording_a_receipt_again_changes_nothing(ledger: TableLedger) -> None:
    accepted = receipt("event/1 é", person_key=object_id(1))
    refused = refusal("event-2")
    for minutes in range(3):
        later = NOW + timedelta(minutes=minutes)
        again = [replace(accepted, at=later), replace(refused, at=later)]
        await ledger.record_receipts([*again, again[0]])
    assert await ledger.receipt(accepted.key) == accepted
    assert await ledger.refused(10) == [refused]
    assert (await ledger.totals()).refused_messages == 1


async def test_refused_messages_are_listed_newest_first_with_bodies_of_any_size(
    ledger: TableLedger,
) -> None:
    bodies = ["", "x" * 256_000, "\x00é人\N{GRINNING FACE}" * 20_000]
    refused = [
        refusal(f"event-{number}", at=NOW + timedelta(seconds=number), body=body)
        for number, body in enumerate([*bodies, *["{}"] * 40])
    ]
    await ledger.record_receipts([*refused, receipt("accepted")])
    assert await ledger.refused(100) == refused[::-1]
    assert await ledger.refused(3) == refused[:-4:-1]
    assert (await ledger.totals()).refused_messages == len(refused)


async def test_a_refused_message_accepted_later_is_refused_no_more(ledger: TableLedger) -> None:
    await ledger.record_receipts([refusal("event-1"), refusal("event-2")])
    accepted = receipt("event-1", at=NOW + timedelta(hours=1))
    await ledger.record_receipts([accepted])
    assert await ledger.receipt("event-1") == accepted
    assert await ledger.refused(10) == [refusal("event-2")]
    assert (await ledger.totals()).refused_messages == 1


async def test_two_ledgers_recording_the_same_receipts_at_once_agree(store: str) -> None:
    receipts = [refusal(f"event-{number}") for number in range(60)]
    async with (
        Tables.from_connection_string(store) as first,
        Tables.from_connection_string(store) as second,
    ):
        one, other = first.ledger, second.ledger
        later = [replace(each, at=NOW + timedelta(seconds=1)) for each in receipts]
        await asyncio.gather(one.record_receipts(receipts), other.record_receipts(later))
        assert (await one.totals()).refused_messages == len(receipts)
        assert {each.key for each in await one.refused(100)} == {each.key for each in receipts}


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


async def test_what_was_stored_survives_a_restart_of_azurite(tmp_path: Path) -> None:
    person = enrolment(object_id(1))
    with azurite(tmp_path) as before:
        async with Tables.from_connection_string(before) as tables:
            await put(tables.ledger, person)
    with azurite(tmp_path) as after:
        async with Tables.from_connection_string(after) as tables:
            assert await tables.ledger.load([person.key]) == {person.key: person}


async def test_an_error_that_is_no_conflict_is_raised_as_it_is(
    store: str, ledger: TableLedger
) -> None:
    person = enrolment(object_id(1))
    await put(ledger, person)
    with TableServiceClient.from_connection_string(store) as service:
        service.delete_table("enrolments")
    with pytest.raises(HttpResponseError, match="TableNotFound"):
        await put(ledger, replace(person, attempts=1))
