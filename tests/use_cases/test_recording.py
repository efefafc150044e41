"""The one door for writes: stored first, then said, then queued; of a conflict nothing is said."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from structlog.typing import EventDict

from shared.contracts.messages.queues import ONBOARDING_EVENTS, SCOPE_CHANGES
from shared.contracts.messages.scope_change import MOST_KEYS, ScopeChange
from shared.domain.errors import LedgerConflict
from shared.domain.person.enrolment import Enrolment, State
from shared.domain.person.people import UserRef
from shared.domain.person.reasons import Reason
from shared.domain.rollout.state import Lease, Phase
from shared.ports.ledger import Receipt
from shared.ports.world import World
from shared.use_cases.recording import (
    Choose,
    everybody,
    keep_refusals,
    nobody,
    save_arrival,
    save_lease,
    save_people,
    save_rollout,
    whoever_changed,
    whoever_is_not_flagged,
)
from tests.support.course import queued as queued_of
from tests.support.course import states
from tests.support.enrolments import HOUR, NOW, enrolment
from tests.support.processes import Death, ProcessDied, deaths, process
from tests.support.stage import Stage, a_stage, an_id, said
from tests.support.waves import rollout


def person(number: int, state: State = State.REQUESTED, **changes: Any) -> Enrolment:
    known: dict[str, Any] = {"key": an_id(number), "user": UserRef(object_id=an_id(number))}
    return enrolment(state, **(known | changes))


def failing(_: str, current: Enrolment | None) -> Enrolment | None:
    return current and current.moved(State.FAILED, Reason.PROTECTED, NOW)


async def test_people_are_stored_then_said_then_queued(
    stage: Stage, signals: list[EventDict]
) -> None:
    order: list[object] = []

    async def look() -> None:
        order.append((await stage.person(1)).flag)
        order.append(len(said(signals, "person-flagged")))

    flagged = person(1, flag=Reason.NOT_WRITTEN)
    stage.turns.at("outbox.send_scope_changes", look)
    await save_people(stage.world, [an_id(1)], lambda *_: flagged, actor="ada", now=NOW)
    assert order == [Reason.NOT_WRITTEN, 1]
    assert len(stage.broker.messages(SCOPE_CHANGES)) == 1


async def test_nothing_is_said_or_queued_of_a_conflict(
    stage: Stage, signals: list[EventDict]
) -> None:
    await stage.store(person(1))
    stage.turns.fail("ledger.amend", LedgerConflict("busy"))
    with pytest.raises(LedgerConflict):
        await save_people(stage.world, [an_id(1)], failing, actor="ada", now=NOW)
    assert signals == []
    assert stage.broker.messages(SCOPE_CHANGES) == ()


async def test_what_others_stored_in_between_is_what_was_before(
    stage: Stage, signals: list[EventDict]
) -> None:
    """Somebody else has said already that the person failed; it is not said again."""
    await stage.store(person(1))
    failed = person(1).moved(State.FAILED, Reason.PROTECTED, NOW)
    stage.turns.at("ledger.amend commit", partial(stage.store, failed))
    await save_people(stage.world, [an_id(1)], failing, actor="ada", now=NOW)
    assert said(signals, "person-failed") == []


async def test_one_person_under_two_keys_is_said_once(
    stage: Stage, signals: list[EventDict]
) -> None:
    waiting = person(1, key="employee:1", user=UserRef(employee_id="1"))
    await stage.store(waiting)
    arrived = replace(waiting, key=an_id(1), user=UserRef(object_id=an_id(1), employee_id="1"))
    await save_arrival(stage.world, waiting, arrived, actor="clock", now=NOW)

    def expire(key: str, current: Enrolment | None) -> Enrolment | None:
        return current and current.noted(Reason.COMMAND_EXPIRED, NOW, detail=key)

    await save_people(stage.world, ["employee:1", an_id(1)], expire, actor="ada", now=NOW)
    assert len((await stage.person(1)).steps) == 2
    assert len(said(signals, "command-expired")) == 1


@pytest.mark.parametrize(
    ("choose", "queued"),
    [
        (everybody, {1, 2, 3}),
        (nobody, set()),
        (whoever_changed, {1}),
        (whoever_is_not_flagged, {1, 2}),
    ],
)
async def test_who_awaits_a_writer_is_queued_as_far_as_is_chosen(
    stage: Stage, choose: Choose, queued: set[int]
) -> None:
    await stage.store(
        person(1), person(2), person(3, flag=Reason.NOT_WRITTEN), person(4, State.APPLIED)
    )

    def decide(key: str, current: Enrolment | None) -> Enrolment | None:
        return current and replace(current, reissues=1 if key == an_id(1) else 0)

    keys = [an_id(number) for number in (1, 2, 3, 4)]
    await save_people(stage.world, keys, decide, actor="ada", now=NOW, queue=choose)
    changes = [ScopeChange.read(one.body) for one in stage.deliver(SCOPE_CHANGES)]
    found = {key for change in changes for key in change.person_keys}
    assert found == {an_id(number) for number in queued}


async def test_five_hundred_people_are_one_message(stage: Stage) -> None:
    people = {an_id(number): person(number) for number in range(MOST_KEYS + 1)}
    await save_people(stage.world, people, lambda key, _: people[key], actor="ada", now=NOW)
    changes = [ScopeChange.read(one.body) for one in stage.deliver(SCOPE_CHANGES)]
    assert [len(change.person_keys) for change in changes] == [MOST_KEYS, 1]


async def test_somebody_who_waits_for_a_command_is_not_queued(stage: Stage) -> None:
    out = person(1, command_key="c")
    await save_people(stage.world, [an_id(1)], lambda *_: out, actor="ada", now=NOW)
    assert stage.broker.messages(SCOPE_CHANGES) == ()


async def test_saving_the_rollout_ends_an_expansion_unless_it_is_its_own(stage: Stage) -> None:
    lease = Lease("timer-1", NOW + HOUR)
    stored = await save_rollout(
        stage.world, None, rollout(Phase.PROGRESSING), action="begin", now=NOW
    )
    stored = await save_lease(stage.world, stored, lease)
    going_on = replace(stored.rollout, reason="more")
    stored = await save_rollout(
        stage.world, stored, going_on, action="go on", now=NOW, keep_lease=True
    )
    assert stored.rollout.lease == lease
    halted = replace(stored.rollout, phase=Phase.ABORTED)
    await save_rollout(stage.world, stored, halted, action="abort", now=NOW)
    with pytest.raises(LedgerConflict):
        await save_lease(stage.world, stored, replace(lease, until=NOW + 2 * HOUR))
    current = await stage.world.rollouts.current()
    assert current is not None
    assert current.rollout.lease is None


async def test_of_two_who_save_the_rollout_at_once_one_is_told_so_and_says_nothing(
    stage: Stage, signals: list[EventDict]
) -> None:
    stored = await save_rollout(stage.world, None, rollout(Phase.SOAKING), action="begin", now=NOW)
    signals.clear()
    completed = replace(stored.rollout, phase=Phase.COMPLETED)
    stage.turns.at(
        "rollouts.replace",
        lambda: save_rollout(stage.another(), stored, completed, action="complete", now=NOW),
    )
    aborted = replace(stored.rollout, phase=Phase.ABORTED)
    with pytest.raises(LedgerConflict):
        await save_rollout(stage.world, stored, aborted, action="abort", now=NOW)
    assert [one["phase"] for one in said(signals, "phase-changed")] == ["completed"]


async def test_a_refusal_is_kept_whole_and_said_without_its_body(
    stage: Stage, signals: list[EventDict]
) -> None:
    refusal = Receipt(
        key="event-1",
        queue="onboarding-events",
        at=NOW,
        outcome=Reason.INVALID,
        field="data.hireDate",
        detail="not a date",
        body="ada@contoso.test",
    )
    await keep_refusals([], stage.world)
    assert stage.turns.points == []
    await keep_refusals([refusal], stage.world)
    assert await stage.world.ledger.refused(9) == [refusal]
    (told,) = said(signals, "message-refused")
    assert told["key"] == "event-1"
    assert "ada" not in str(told)


async def test_a_refusal_that_could_not_be_kept_is_not_said(
    stage: Stage, signals: list[EventDict]
) -> None:
    refusal = Receipt(key="event-1", queue=ONBOARDING_EVENTS, at=NOW, outcome=Reason.INVALID)
    stage.turns.fail("ledger.record_receipts", LedgerConflict("busy"))
    with pytest.raises(LedgerConflict):
        await keep_refusals([refusal], stage.world)
    assert signals == []


async def test_saved_twice_the_message_is_there_once_and_asked_again_it_is_another(
    stage: Stage,
) -> None:
    for reissues, expected in ((0, 1), (0, 1), (1, 2)):
        wanted = person(1, reissues=reissues)
        await save_people(stage.world, [an_id(1)], lambda *_: wanted, actor="ada", now=NOW)  # noqa: B023  # called at once
        assert len(stage.broker.messages(SCOPE_CHANGES)) == expected


async def test_a_lease_is_taken_and_given_back_without_a_word_in_the_audit(
    stage: Stage, signals: list[EventDict]
) -> None:
    await stage.applies(rollout(Phase.SOAKING))
    stored = await stage.another().rollouts.current()
    assert stored is not None
    taken = await save_lease(stage.world, stored, Lease("timer-1", NOW + HOUR))
    await save_lease(stage.world, taken, None)
    assert len(stage.storage.rollout_chain.records) == 1
    assert signals == []


async def test_a_death_anywhere_never_leaves_a_message_about_what_is_not_stored() -> None:
    people = {an_id(number): person(number) for number in (1, 2)}

    async def save(world: World) -> None:
        await save_people(world, people, lambda key, _: people[key], actor="ada", now=NOW)

    async def dies(death: Death) -> None:
        stage = a_stage()
        try:
            await save(process(stage, death))
        except ProcessDied:
            assert queued_of(stage).keys() <= states(stage).keys()
            await save(stage.another())
        assert queued_of(stage).keys() == states(stage).keys() == people.keys()

    for death in deaths():
        await dies(death)
