"""Events off the queue: each has its receipt, refused ones whole; a copy changes nothing."""

import json
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from structlog.typing import EventDict

from shared.contracts.messages.onboarding_event import (
    ARRIVED,
    LISTED,
    OFFBOARDED,
    ONBOARDED,
    Envelope,
    event_key,
)
from shared.contracts.messages.queues import ONBOARDING_EVENTS, SCOPE_CHANGES
from shared.contracts.messages.scope_change import ScopeChange
from shared.domain.errors import DirectoryUnavailable, LedgerConflict
from shared.domain.person.enrolment import Enrolment, State
from shared.domain.person.reasons import Reason
from shared.domain.rollout.calendar import Calendar
from shared.domain.rollout.state import Phase
from shared.use_cases.onboarding.override_person import exclude, include
from shared.use_cases.onboarding.take_events import take_events
from tests.support.enrolments import DAY, HOUR, NOW
from tests.support.stage import Stage, an_id, messages, said, upn_of
from tests.support.waves import document, rollout, wave


def cloud_event(identity: str, kind: str = ONBOARDED, **data: Any) -> dict[str, Any]:
    return {"specversion": "1.0", "id": identity, "source": "hr", "type": kind, "data": data}


async def test_an_event_enrols_the_person_it_names_and_has_a_receipt(stage: Stage) -> None:
    stage.arrive(1)
    await take_events(messages({"userPrincipalName": upn_of(1)}), stage.world, NOW)
    person = await stage.person(1)
    assert (person.state, person.reason) == (State.REQUESTED, Reason.ONBOARDED)
    receipt = await stage.world.ledger.receipt(person.cause.reference)
    assert receipt is not None
    assert (receipt.outcome, receipt.person_key, receipt.queue, receipt.body) == (
        Reason.ONBOARDED,
        an_id(1),
        ONBOARDING_EVENTS,
        None,
    )
    (change,) = stage.deliver(SCOPE_CHANGES)
    assert ScopeChange.read(change.body).person_keys == (an_id(1),)


async def test_what_cannot_be_understood_is_kept_whole_and_keeps_no_other_back(
    stage: Stage, signals: list[EventDict]
) -> None:
    stage.arrive(1)
    bad = b'{"employeeId": '
    batch = messages(bad, {"employeeId": "1"}, {"employeeId": "2", "action": "dance"})
    await take_events(batch, stage.world, NOW)
    assert (await stage.person(1)).state is State.REQUESTED
    kept = {one.body: one for one in await stage.world.ledger.refused(9)}
    assert kept.keys() == {bad.decode(), batch[2].body.decode()}
    assert kept[bad.decode()].field == "(body)"
    assert kept[batch[2].body.decode()].field == "action"
    assert {one.outcome for one in kept.values()} == {Reason.INVALID}
    assert len(said(signals, "message-refused")) == 2


async def test_the_same_batch_again_changes_nothing_and_asks_for_no_second_write(
    stage: Stage,
) -> None:
    stage.arrive(1)
    batch = messages({"employeeId": "1"}, b"?")
    await take_events(batch, stage.world, NOW)
    once = await stage.person(1), await stage.world.ledger.totals()
    ends = await stage.world.audit.ends()
    await take_events(batch, stage.world, NOW + HOUR)
    assert (await stage.person(1), await stage.world.ledger.totals()) == once
    assert await stage.world.audit.ends() == ends
    assert len(stage.broker.messages(SCOPE_CHANGES)) == 1


async def test_an_event_that_is_taken_again_still_says_what_it_did(stage: Stage) -> None:
    """Its batch was late after it was done, and meanwhile the person went on."""
    stage.arrive(1)
    batch = messages({"employeeId": "1"})
    stage.turns.fail("ledger.record_receipts", LedgerConflict("others kept changing it"))
    with pytest.raises(LedgerConflict):
        await take_events(batch, stage.world, NOW)
    person = await stage.person(1)
    await stage.store(person.moved(State.EFFECTIVE, Reason.SSPR_ENABLED, NOW))
    await take_events(batch, stage.world, NOW)
    receipt = await stage.world.ledger.receipt(person.cause.reference)
    assert receipt is not None
    assert receipt.outcome is Reason.ONBOARDED


async def after(stage: Stage, hours: int, *bodies: dict[str, Any]) -> None:
    """These events come so many hours later, of that time."""
    now = NOW + hours * HOUR
    await take_events(messages(*bodies, enqueued_at=now), stage.another(), now)


JOINED = cloud_event("joined", employeeId="1") | {"time": (NOW - HOUR).isoformat()}
LEFT = cloud_event("left", OFFBOARDED, employeeId="1") | {"time": NOW.isoformat()}
HIRED = cloud_event("hired", employeeId="1") | {"time": (NOW + 3 * HOUR).isoformat()}


async def test_a_copy_of_an_offboarding_drops_no_include_that_was_said_since(stage: Stage) -> None:
    stage.arrive(1)
    await after(stage, 0, LEFT)
    await include("1", stage.another(), NOW + HOUR, actor="ada", reason="stays on")
    before = await stage.person(1)
    await after(stage, 2, LEFT)
    assert await stage.person(1) == before
    assert before.state is State.REQUESTED


async def test_a_copy_of_an_offboarding_lifts_no_exclude_that_was_said_since(stage: Stage) -> None:
    """Given somebody who is excluded after they had left, a new hire brings nobody in."""
    stage.arrive(1)
    await after(stage, 0, LEFT)
    await exclude("1", stage.another(), NOW + HOUR, actor="ada", reason="must not be in")
    await after(stage, 2, LEFT)
    await after(stage, 3, HIRED)
    person = await stage.person(1)
    assert (person.state.is_coming, person.is_kept_out(NOW + 3 * HOUR)) == (False, True)


@pytest.mark.parametrize("copy", [0, -1], ids=["the first", "the last"])
@pytest.mark.parametrize("events", [[JOINED], [JOINED, LEFT]], ids=["joins", "joins and leaves"])
async def test_a_copy_after_a_crash_queues_who_still_awaits_a_writer(
    stage: Stage, events: list[dict[str, Any]], copy: int
) -> None:
    """Given a process that has saved the person and died before it could tell a writer.

    A copy of any of the events changes nothing, and has them written all the same.
    """
    stage.arrive(1)
    await after(stage, 0, *events[:-1])
    stage.deliver(SCOPE_CHANGES)
    stage.turns.fail("outbox.send_scope_changes", ConnectionError("the process has ended"))
    with pytest.raises(ConnectionError):
        await take_events(messages(events[-1]), stage.world, NOW)
    assert stage.broker.messages(SCOPE_CHANGES) == ()
    before = await stage.person(1)
    await after(stage, 1, events[copy])
    assert await stage.person(1) == before
    (change,) = stage.deliver(SCOPE_CHANGES)
    assert ScopeChange.read(change.body).person_keys == (an_id(1),)


async def test_a_leaver_whose_arrival_comes_late_stays_out(stage: Stage) -> None:
    """Two queues' worth of disorder: the older event is taken last."""
    stage.arrive(1)
    joined = messages(cloud_event("1", employeeId="1") | {"time": (NOW - HOUR).isoformat()})
    left = messages(cloud_event("2", OFFBOARDED, employeeId="1"))
    await take_events(left, stage.world, NOW)
    await take_events(joined, stage.world, NOW)
    person = await stage.person(1)
    assert (person.state, person.steps[-1].reason) == (State.WITHDRAWN, Reason.OUTDATED)
    assert stage.broker.messages(SCOPE_CHANGES) == ()


async def test_a_hint_asks_for_nobody(stage: Stage) -> None:
    stage.arrive(1)
    await take_events(messages(cloud_event("1", ARRIVED, employeeId="1")), stage.world, NOW)
    assert await stage.world.ledger.load([an_id(1)]) == {}
    assert "directory.find_people" not in stage.turns.points


async def test_a_hint_and_the_event_of_one_batch_concern_one_person(stage: Stage) -> None:
    stage.arrive(1)
    hint = cloud_event("1", ARRIVED, employeeId="1")
    await take_events(messages(hint, {"employeeId": "1"}), stage.world, NOW)
    assert (await stage.person(1)).state is State.REQUESTED


async def test_an_outage_leaves_nothing_behind_but_what_was_there(stage: Stage) -> None:
    stage.arrive(1)
    stage.turns.fail("directory.memberships", DirectoryUnavailable("away"))
    batch = messages({"employeeId": "1"}, b"?")
    with pytest.raises(DirectoryUnavailable):
        await take_events(batch, stage.world, NOW)
    assert await stage.world.ledger.refused(9) == []
    await take_events(batch, stage.world, NOW)
    assert (await stage.person(1)).state is State.REQUESTED


async def test_two_hosts_that_take_the_same_event_at_once_enrol_once(stage: Stage) -> None:
    stage.arrive(1)
    batch = messages({"employeeId": "1"})
    stage.turns.at("ledger.amend commit", lambda: take_events(batch, stage.world, NOW))
    await take_events(batch, stage.world, NOW)
    person = await stage.person(1)
    assert [step.reason for step in person.steps] == [Reason.ONBOARDED]
    assert len(stage.broker.messages(SCOPE_CHANGES)) == 1


async def test_somebody_who_leaves_while_their_arrival_is_decided_is_out(stage: Stage) -> None:
    stage.arrive(1)
    joined = messages(cloud_event("1", employeeId="1") | {"time": NOW.isoformat()})
    later = NOW + timedelta(minutes=1)
    left = messages(cloud_event("2", OFFBOARDED, employeeId="1"), enqueued_at=later)
    stage.turns.at("ledger.amend read", lambda: take_events(left, stage.world, later))
    await take_events(joined, stage.world, later)
    person: Enrolment = await stage.person(1)
    assert person.state is State.WITHDRAWN
    assert person.exclusion is not None
    assert person.exclusion.reason is Reason.OFFBOARDED


LEAVES_ON = NOW.date() + timedelta(days=10)


async def test_a_leaver_s_message_comes_again_at_the_end_of_their_last_day(stage: Stage) -> None:
    """Given a last day ahead, when it has passed, then they are taken out, and not before."""
    stage.arrive(1)
    await take_events(messages(cloud_event("1", employeeId="1")), stage.world, NOW)
    told = cloud_event("2", OFFBOARDED, employeeId="1", effectiveDate=LEAVES_ON.isoformat())
    await take_events(messages(told), stage.world, NOW + HOUR)
    assert (await stage.person(1)).state is State.REQUESTED
    (waiting,) = stage.broker.messages(ONBOARDING_EVENTS)
    end = datetime.combine(LEAVES_ON, time(), UTC) + DAY
    assert waiting.wait == end - NOW - HOUR

    stage.broker.pass_time(waiting.wait)
    await take_events(stage.deliver(ONBOARDING_EVENTS), stage.world, end)

    assert (await stage.person(1)).exclusion is not None
    assert (await stage.person(1)).is_kept_out(end)
    assert not (await stage.person(1)).state.is_enrolled
    assert stage.broker.messages(ONBOARDING_EVENTS) == ()


async def test_a_leaver_far_ahead_is_put_away_again_and_again(stage: Stage) -> None:
    stage.arrive(1)
    told = cloud_event("1", OFFBOARDED, employeeId="1", effectiveDate="2030-01-31")
    await take_events(messages(told), stage.world, NOW)
    (first,) = stage.broker.messages(ONBOARDING_EVENTS)
    assert first.wait == 30 * DAY
    stage.broker.pass_time(first.wait)
    await take_events(stage.deliver(ONBOARDING_EVENTS), stage.world, NOW + first.wait)
    (second,) = stage.broker.messages(ONBOARDING_EVENTS)
    assert second.wait == 30 * DAY
    assert len((await stage.person(1)).steps) == 1


async def test_somebody_who_stays_after_all_is_not_taken_out_by_the_message_of_before(
    stage: Stage,
) -> None:
    stage.arrive(1)
    told = cloud_event("2", OFFBOARDED, employeeId="1", effectiveDate=LEAVES_ON.isoformat())
    await take_events(messages(cloud_event("1", employeeId="1")), stage.world, NOW)
    await take_events(messages(told), stage.world, NOW)
    later = [
        replace(one, envelope=Envelope(7, NOW + HOUR))
        for one in messages(cloud_event("3", employeeId="1"))
    ]
    await take_events(later, stage.world, NOW + HOUR)

    stage.broker.pass_time(20 * DAY)
    await take_events(stage.deliver(ONBOARDING_EVENTS), stage.world, NOW + 20 * DAY)

    person = await stage.person(1)
    assert person.state.is_enrolled
    assert not person.is_kept_out(NOW + 20 * DAY)


async def test_both_names_of_a_person_are_used(stage: Stage) -> None:
    """Given a UPN that leads nowhere yet, when the employee id does, then it is that person."""
    stage.arrive(1)
    event = {"userPrincipalName": "new.name@contoso.com", "employeeId": "1"}
    await take_events(messages(event), stage.world, NOW)
    assert (await stage.person(1)).state is State.REQUESTED


async def test_names_of_two_people_enrol_neither(stage: Stage) -> None:
    stage.arrive(1)
    stage.arrive(2)
    await take_events(
        messages({"userPrincipalName": upn_of(1), "employeeId": "2"}), stage.world, NOW
    )
    person = await stage.person(f"upn:{upn_of(1)}")
    assert (person.state, person.reason) == (State.FAILED, Reason.NAMES_DIFFER)


# --- where a day begins, and who is but listed ---------------------------------------------------

AUCKLAND = {"timeZone": "Pacific/Auckland"}
JOINS_ON = NOW.date() + timedelta(days=14)


async def test_a_first_day_begins_at_the_person_s_midnight(stage: Stage) -> None:
    stage.arrive(1)
    event = cloud_event("1", employeeId="1", effectiveDate=JOINS_ON.isoformat(), **AUCKLAND)
    await take_events(messages(event), stage.world, NOW)
    begins = datetime.combine(JOINS_ON, time(), UTC) - 13 * HOUR
    assert (await stage.person(1)).due == begins


async def test_a_last_day_ends_at_the_person_s_midnight(stage: Stage) -> None:
    stage.arrive(1)
    await take_events(messages(cloud_event("1", employeeId="1")), stage.world, NOW)
    left = {"employeeId": "1", "effectiveDate": LEAVES_ON.isoformat()}
    told = cloud_event("2", OFFBOARDED, **left, timeZone="America/Los_Angeles")
    await take_events(messages(told), stage.world, NOW + HOUR)
    (waiting,) = stage.broker.messages(ONBOARDING_EVENTS)
    end = datetime.combine(LEAVES_ON, time(), UTC) + DAY + 7 * HOUR
    assert waiting.wait == end - NOW - HOUR


async def test_where_nothing_is_said_a_day_is_the_rollout_s(stage: Stage) -> None:
    stage.arrive(1)
    oslo = Calendar(time_zone="Europe/Oslo")
    await stage.applies(rollout(Phase.SOAKING, document(wave("pilot", calendar=oslo))))
    event = cloud_event("1", employeeId="1", effectiveDate=JOINS_ON.isoformat())
    await take_events(messages(event), stage.world, NOW)
    assert (await stage.person(1)).due == datetime.combine(JOINS_ON, time(), UTC) - HOUR


async def test_of_a_list_each_leaver_comes_again_alone_and_as_the_same_event(stage: Stage) -> None:
    leavers = [
        {"employeeId": str(number), "action": "offboard", "effectiveDate": LEAVES_ON.isoformat()}
        for number in (1, 2)
    ]
    batch = messages([*leavers, {"employeeId": "3"}])
    for number in (1, 2, 3):
        stage.arrive(number)
    await take_events(batch, stage.world, NOW)
    waiting = stage.broker.messages(ONBOARDING_EVENTS)
    assert [json.loads(one.body)["employeeId"] for one in waiting] == ["1", "2"]
    references = [(await stage.person(number)).exclusion for number in (1, 2)]
    stage.broker.pass_time(20 * DAY)
    await take_events(stage.deliver(ONBOARDING_EVENTS), stage.world, NOW + 20 * DAY)
    after = [(await stage.person(number)).exclusion for number in (1, 2)]
    assert [one and one.text for one in after] == [one and one.text for one in references]
    assert all(one and one.holds(NOW + 20 * DAY) for one in after)


async def test_who_is_but_listed_is_not_enrolled_and_the_receipt_says_so(stage: Stage) -> None:
    """Given workers hired in 2014, when an upload lists them all, then none of them is enrolled."""
    for number in range(1, 101):
        stage.arrive(number)
    listed = [
        cloud_event(str(n), LISTED, employeeId=str(n), effectiveDate="2014-03-01")
        for n in range(1, 101)
    ]
    batch = messages(*listed)
    await take_events(batch, stage.world, NOW)
    assert stage.broker.messages(SCOPE_CHANGES) == ()
    assert await stage.world.ledger.load([an_id(n) for n in range(1, 101)]) == {}
    receipt = await stage.world.ledger.receipt(event_key(listed[0], Envelope()))
    assert receipt is not None
    assert receipt.outcome is Reason.LISTED


@pytest.mark.parametrize("is_there", [True, False])
async def test_a_listing_moves_the_first_day_of_whoever_waits(
    stage: Stage, *, is_there: bool
) -> None:
    if is_there:
        stage.arrive(1)
    key = an_id(1) if is_there else "employee:1"
    hired = cloud_event("1", employeeId="1", effectiveDate=JOINS_ON.isoformat())
    await take_events(messages(hired), stage.world, NOW)
    later = (JOINS_ON + timedelta(days=7)).isoformat()
    moved = messages(
        cloud_event("2", LISTED, employeeId="1", effectiveDate=later), enqueued_at=NOW + HOUR
    )
    await take_events(moved, stage.world, NOW + HOUR)
    person = await stage.person(key)
    assert person.state is State.WAITING
    assert person.due == datetime.combine(JOINS_ON, time(), UTC) + 7 * DAY
    # An older listing that comes late changes nothing.
    late = messages(cloud_event("3", LISTED, employeeId="1", effectiveDate=JOINS_ON.isoformat()))
    await take_events(late, stage.world, NOW + HOUR)
    assert (await stage.person(key)).due == person.due


async def test_a_listing_brings_no_leaver_back(stage: Stage) -> None:
    stage.arrive(1)
    await take_events(messages(cloud_event("1", employeeId="1")), stage.world, NOW)
    left = messages(cloud_event("2", OFFBOARDED, employeeId="1"), enqueued_at=NOW + HOUR)
    await take_events(left, stage.world, NOW + HOUR)
    listed = cloud_event("3", LISTED, employeeId="1", effectiveDate="2014-03-01")
    await take_events(messages(listed, enqueued_at=NOW + DAY), stage.world, NOW + DAY)
    assert (await stage.person(1)).is_kept_out(NOW + DAY)
