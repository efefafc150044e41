"""Events off the queue: each has its receipt, refused ones whole; a copy changes nothing."""

from datetime import timedelta
from typing import Any

import pytest
from structlog.typing import EventDict

from shared.contracts.messages.onboarding_event import ARRIVED, OFFBOARDED, ONBOARDED
from shared.contracts.messages.queues import ONBOARDING_EVENTS, SCOPE_CHANGES
from shared.contracts.messages.scope_change import ScopeChange
from shared.domain.errors import DirectoryUnavailable, LedgerConflict
from shared.domain.person.enrolment import Enrolment, State
from shared.domain.person.reasons import Reason
from shared.use_cases.onboarding.take_events import take_events
from tests.support.enrolments import HOUR, NOW
from tests.support.stage import Stage, an_id, messages, said, upn_of


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
