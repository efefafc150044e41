"""Workflows that wait are told what became of somebody, once it is known and not before."""

from typing import Any

import pytest
from structlog.typing import EventDict

from shared.adapters.memory.lifecycle import Told
from shared.contracts.messages.lifecycle_callback import LifecycleCallback
from shared.contracts.messages.queues import LIFECYCLE_CALLBACKS, ONBOARDING_EVENTS
from shared.domain.errors import DirectoryUnavailable
from shared.domain.person.enrolment import Provenance, State
from shared.domain.person.people import UserRef
from shared.domain.person.reasons import Reason
from shared.ports.ledger import Receipt
from shared.use_cases.message import Message
from shared.use_cases.onboarding.tell_lifecycle import tell_lifecycle
from tests.support.enrolments import HOUR, NOW, enrolment
from tests.support.stage import Stage, an_id, said

PATH = "/identityGovernance/lifecycleWorkflows/workflows/1/tasks/2/taskProcessingResults/3/resume"
CALLBACK = LifecycleCallback(event_key="event-1", callback_path=PATH, deadline=NOW + HOUR)
WAITS = Message(CALLBACK.text())


async def receive(stage: Stage, outcome: Reason = Reason.ONBOARDED, **changes: Any) -> None:
    """Let the event have been taken off its queue."""
    known: dict[str, Any] = {"person_key": an_id(1)} | changes
    receipt = Receipt(key="event-1", queue=ONBOARDING_EVENTS, at=NOW, outcome=outcome, **known)
    await stage.another().ledger.record_receipts([receipt])


async def be(stage: Stage, state: State, reason: Reason = Reason.ADDED) -> None:
    """Let the person be in that state."""
    person = enrolment(
        state, Provenance.OURS, key=an_id(1), user=UserRef(object_id=an_id(1)), reason=reason
    )
    await stage.store(person)


@pytest.mark.parametrize(
    ("state", "completed"),
    [(State.APPLIED, True), (State.REGISTERED, True), (State.EXCLUDED, False)],
)
async def test_what_is_known_is_told_once(
    stage: Stage, signals: list[EventDict], state: State, completed: bool
) -> None:
    stage.lifecycle.wait_at(PATH)
    await receive(stage)
    await be(stage, state)
    await tell_lifecycle([WAITS], stage.world, NOW)
    assert stage.lifecycle.told == (Told(PATH, completed),)
    (told,) = said(signals, "lifecycle-told")
    assert (told["key"], told["awaited"]) == ("event-1", True)
    assert stage.broker.messages(LIFECYCLE_CALLBACKS) == ()


async def test_before_the_event_is_taken_and_before_the_write_the_message_waits(
    stage: Stage,
) -> None:
    stage.lifecycle.wait_at(PATH)
    await tell_lifecycle([WAITS], stage.world, NOW)
    (later,) = stage.broker.messages(LIFECYCLE_CALLBACKS)
    assert later.wait == stage.world.limits.callback_retry
    assert stage.deliver(LIFECYCLE_CALLBACKS) == []
    stage.broker.pass_time(stage.world.limits.callback_retry)
    await receive(stage)
    await be(stage, State.REQUESTED)
    again = stage.deliver(LIFECYCLE_CALLBACKS)
    await tell_lifecycle(again, stage.world, NOW)
    (later,) = stage.broker.messages(LIFECYCLE_CALLBACKS)
    assert LifecycleCallback.read(later.body).attempt == 2
    assert stage.lifecycle.told == ()


async def test_the_write_that_is_done_while_it_is_looked_up_is_told_the_next_time(
    stage: Stage,
) -> None:
    stage.lifecycle.wait_at(PATH)
    await receive(stage)
    await be(stage, State.REQUESTED)

    async def apply() -> None:
        await be(stage, State.APPLIED)

    stage.turns.at("outbox.send_callbacks", apply)
    await tell_lifecycle([WAITS], stage.world, NOW)
    stage.broker.pass_time(stage.world.limits.callback_retry)
    await tell_lifecycle(stage.deliver(LIFECYCLE_CALLBACKS), stage.world, NOW)
    assert stage.lifecycle.told == (Told(PATH, completed=True),)


async def test_what_is_not_known_by_the_deadline_has_failed(stage: Stage) -> None:
    stage.lifecycle.wait_at(PATH)
    await receive(stage)
    await be(stage, State.REQUESTED)
    await tell_lifecycle([WAITS], stage.world, CALLBACK.deadline)
    assert stage.lifecycle.told == (Told(PATH, completed=False),)


@pytest.mark.parametrize("outcome", [Reason.INVALID, Reason.NOT_DONE])
async def test_an_event_that_came_to_nothing_has_failed(stage: Stage, outcome: Reason) -> None:
    stage.lifecycle.wait_at(PATH)
    await receive(stage, outcome, person_key=None)
    await tell_lifecycle([WAITS], stage.world, NOW)
    assert stage.lifecycle.told == (Told(PATH, completed=False),)


@pytest.mark.parametrize(
    ("state", "told"), [(State.WITHDRAWN, (Told(PATH, completed=True),)), (State.WITHDRAWING, ())]
)
async def test_a_leavers_workflow_waits_until_they_are_out(
    stage: Stage, state: State, told: tuple[Told, ...]
) -> None:
    stage.lifecycle.wait_at(PATH)
    await receive(stage, Reason.OFFBOARDED)
    await be(stage, state)
    leaving = CALLBACK.model_copy(update={"action": "offboard"})
    await tell_lifecycle([Message(leaving.text())], stage.world, NOW)
    assert stage.lifecycle.told == told


async def test_where_nobody_waits_nobody_is_told_and_it_is_over(
    stage: Stage, signals: list[EventDict]
) -> None:
    await receive(stage)
    await be(stage, State.APPLIED)
    await tell_lifecycle([WAITS], stage.world, NOW)
    (told,) = said(signals, "lifecycle-told")
    assert told["awaited"] is False
    assert stage.broker.messages(LIFECYCLE_CALLBACKS) == ()


async def test_while_graph_is_away_the_message_is_delivered_again(stage: Stage) -> None:
    stage.lifecycle.wait_at(PATH)
    await receive(stage)
    await be(stage, State.APPLIED)
    stage.turns.fail("lifecycle.resume", DirectoryUnavailable("away"))
    with pytest.raises(DirectoryUnavailable):
        await tell_lifecycle([WAITS], stage.world, NOW)
    await tell_lifecycle([WAITS], stage.world, NOW)
    assert stage.lifecycle.told == (Told(PATH, completed=True),)


async def test_what_is_no_callback_is_kept_and_keeps_no_other_back(stage: Stage) -> None:
    stage.lifecycle.wait_at(PATH)
    await receive(stage)
    await be(stage, State.APPLIED)
    await tell_lifecycle([Message(b"?"), WAITS], stage.world, NOW)
    (kept,) = await stage.world.ledger.refused(9)
    assert (kept.body, kept.queue) == ("?", LIFECYCLE_CALLBACKS)
    assert len(stage.lifecycle.told) == 1
