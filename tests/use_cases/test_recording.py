"""The one door: what is saved is stored, then told, then queued, and nothing else ever is."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from structlog.typing import EventDict

from shared.contracts.messages.queues import ONBOARDING_EVENTS, SCOPE_CHANGES
from shared.contracts.messages.scope_change import MOST_KEYS
from shared.domain.errors import LedgerConflict
from shared.domain.person.enrolment import Enrolment, State
from shared.domain.person.people import UserRef
from shared.domain.person.reasons import Reason
from shared.domain.rollout.state import Lease, PauseReason, Phase, pause
from shared.ports.ledger import Receipt
from shared.ports.rollouts import StoredRollout
from shared.use_cases import recording
from shared.use_cases.recording import (
    Choose,
    keep_refusals,
    queue_writes,
    save_arrival,
    save_lease,
    save_people,
    save_rollout,
)
from tests.unit.enrolments import ANNA_UPN, NOW, provisional
from tests.unit.waves import MINUTE, document
from tests.use_cases.processes import Death, ProcessDied, deaths, process
from tests.use_cases.rollout.course import (
    audited,
    ids,
    member,
    queued,
    rollout_of,
    standing,
    states,
    ungated,
)
from tests.use_cases.stage import Stage, a_stage, an_id, said

SOAKING = standing(document(ungated("pilot", 1)), Phase.SOAKING, 1)
LEASE = Lease("timer", NOW + MINUTE)


def becomes(*people: Enrolment) -> Callable[[str, Enrolment | None], Enrolment | None]:
    """A decision by which everybody becomes who they are here."""
    wanted = {person.key: person for person in people}
    return lambda key, _: wanted.get(key)


async def save(stage: Stage, *people: Enrolment, queue: Choose = recording.everybody) -> None:
    keys = [person.key for person in people]
    await save_people(stage.world, keys, becomes(*people), actor="test", now=NOW, queue=queue)


# People


async def test_it_is_stored_first_then_told_and_then_queued(
    stage: Stage, signals: list[EventDict]
) -> None:
    flagged = member(1, State.REQUESTED, flag=Reason.NOT_WRITTEN)

    async def not_told_before_it_is_stored() -> None:
        assert signals == []
        assert states(stage) == {}

    async def told_before_it_is_queued() -> None:
        assert len(said(signals, "person-flagged")) == 1
        assert states(stage) == {an_id(1): State.REQUESTED}
        assert queued(stage) == {}

    stage.turns.at("ledger.amend commit", not_told_before_it_is_stored)
    stage.turns.at("outbox.send_scope_changes", told_before_it_is_queued)
    await save(stage, flagged)
    assert queued(stage) == {an_id(1): 1}


async def test_what_could_not_be_stored_is_neither_told_nor_queued(
    stage: Stage, signals: list[EventDict]
) -> None:
    stage.turns.fail("ledger.amend commit", LedgerConflict("others"))
    with pytest.raises(LedgerConflict):
        await save(stage, member(1, State.FAILED), member(2, State.REQUESTED))
    assert signals == []
    assert queued(stage) == {}


async def test_who_awaits_a_writer_is_queued_and_nobody_else(stage: Stage) -> None:
    await save(
        stage,
        member(1, State.REQUESTED),
        member(2, State.WITHDRAWING),
        member(3, State.REQUESTED, command_key="command-1"),
        member(4, State.APPLIED),
        member(5, State.WAITING),
    )
    assert queued(stage) == {an_id(1): 1, an_id(2): 1}


async def test_nobody_to_write_is_no_message(stage: Stage) -> None:
    await save(stage, member(1, State.APPLIED))
    await queue_writes([], stage.world.outbox)
    assert "outbox.send_scope_changes" not in stage.turns.points


async def test_what_nobody_decided_about_is_left_alone(stage: Stage) -> None:
    after = await save_people(
        stage.world, [an_id(1)], lambda _, current: current, actor="test", now=NOW
    )
    assert after == {}
    assert states(stage) == {}


async def test_saved_twice_the_message_is_delivered_once(stage: Stage) -> None:
    await save(stage, member(1, State.REQUESTED))
    await save(stage, member(1, State.REQUESTED))
    assert len(stage.broker.messages(SCOPE_CHANGES)) == 1
    await save(stage, member(1, State.REQUESTED, reissues=1))
    assert len(stage.broker.messages(SCOPE_CHANGES)) == 2


async def test_many_are_queued_in_changes_of_bounded_size(stage: Stage) -> None:
    people = [member(number, State.REQUESTED) for number in range(MOST_KEYS + 1)]
    await queue_writes([*people, people[0]], stage.world.outbox)
    assert queued(stage) == dict.fromkeys(ids(range(MOST_KEYS + 1)), 1)
    assert len(stage.broker.messages(SCOPE_CHANGES)) == 2


@pytest.mark.parametrize(
    ("choose", "expected"),
    [
        (recording.everybody, [1, 2, 3]),
        (recording.nobody, []),
        (recording.whoever_changed, [2, 3]),
        (recording.whoever_is_not_flagged, [1, 2]),
    ],
)
async def test_whom_to_queue_is_the_callers_to_choose(
    stage: Stage, choose: Choose, expected: list[int]
) -> None:
    await stage.store(member(1, State.REQUESTED))
    await save(
        stage,
        member(1, State.REQUESTED),
        member(2, State.REQUESTED),
        member(3, State.REQUESTED, flag=Reason.NOT_WRITTEN),
        queue=choose,
    )
    assert queued(stage).keys() == ids(expected)


async def test_what_is_told_is_the_change_that_was_stored_and_not_one_that_was_in_its_way(
    stage: Stage, signals: list[EventDict]
) -> None:
    # Somebody else flags the person first: the flag is no news of ours.
    flagged = member(1, State.REQUESTED, flag=Reason.NOT_WRITTEN)
    stage.turns.at("ledger.amend commit", lambda: stage.store(flagged))
    await save(stage, replace(flagged, attempts=1))
    assert signals == []


async def test_somebody_with_two_keys_is_told_of_once(
    stage: Stage, signals: list[EventDict]
) -> None:
    waiting = provisional(State.WAITING)
    await stage.store(waiting)
    arrived = member(1, State.REQUESTED)
    await stage.another().ledger.adopt(waiting.key, arrived, actor="test", now=NOW)
    failed = replace(arrived, state=State.FAILED, reason=Reason.SID_MISMATCH)
    after = await save_people(
        stage.world, [waiting.key, an_id(1)], lambda *_: failed, actor="test", now=NOW
    )
    assert after == {waiting.key: failed, an_id(1): failed}
    assert said(signals, "person-failed") == [{"person": an_id(1), "reason": Reason.SID_MISMATCH}]


async def test_a_death_anywhere_never_leaves_a_message_about_what_is_not_stored() -> None:
    async def dies(death: Death) -> None:
        stage = a_stage()
        people = [member(number, State.REQUESTED) for number in (1, 2)]
        keys = [person.key for person in people]
        world = process(stage, death)
        try:
            await save_people(world, keys, becomes(*people), actor="test", now=NOW)
        except ProcessDied:
            assert queued(stage).keys() <= states(stage).keys()
            await save_people(stage.another(), keys, becomes(*people), actor="test", now=NOW)
        assert queued(stage).keys() == states(stage).keys() == ids([1, 2])

    for death in deaths():
        await dies(death)


async def test_who_arrives_is_moved_under_the_object_id_and_told_of_by_it(
    stage: Stage, signals: list[EventDict]
) -> None:
    waiting = provisional(State.REQUESTED, user=UserRef(user_principal_name=ANNA_UPN))
    await stage.store(waiting)
    arrived = member(1, State.APPLIED, flag=Reason.NOT_VISIBLE)
    settled = await save_arrival(stage.world, waiting, arrived, actor="test", now=NOW)
    assert settled == arrived
    assert await stage.person(waiting.key) == arrived
    assert [one["person"] for one in said(signals, "person-flagged")] == [an_id(1)]


# The rollout


async def stored(stage: Stage) -> StoredRollout:
    found = await stage.another().rollouts.current()
    assert found is not None
    return found


async def test_the_first_rollout_is_saved_and_told_of(
    stage: Stage, signals: list[EventDict]
) -> None:
    saved = await save_rollout(stage.world, None, SOAKING, action="apply", now=NOW)
    assert await stored(stage) == saved
    assert [one["phase"] for one in said(signals, "phase-changed")] == [Phase.SOAKING]
    assert audited(stage) == ["apply"]


@pytest.mark.parametrize("keep_lease", [False, True])
async def test_a_change_ends_the_lease_unless_an_expansion_goes_on_under_it(
    stage: Stage, keep_lease: bool
) -> None:
    leased = replace(SOAKING, lease=LEASE)
    await stage.applies(leased)
    saved = await save_rollout(
        stage.world, await stored(stage), leased, action="look", now=NOW, keep_lease=keep_lease
    )
    assert saved.rollout.lease == (LEASE if keep_lease else None)
    assert await rollout_of(stage) == saved.rollout


async def test_a_rollout_that_somebody_else_changed_is_not_written_over_and_nothing_is_told(
    stage: Stage, signals: list[EventDict]
) -> None:
    await stage.applies(SOAKING)
    before = await stored(stage)
    await stage.applies(replace(SOAKING, reason="first"))
    halted = pause(SOAKING, PauseReason.BY_OPERATOR, NOW, actor="ada")
    with pytest.raises(LedgerConflict):
        await save_rollout(stage.world, before, halted, action="pause", now=NOW)
    with pytest.raises(LedgerConflict):
        await save_lease(stage.world, before, LEASE)
    assert signals == []
    assert (await rollout_of(stage)).reason == "first"


async def test_a_lease_is_taken_and_given_back_without_a_word_in_the_audit(
    stage: Stage, signals: list[EventDict]
) -> None:
    await stage.applies(SOAKING)
    taken = await save_lease(stage.world, await stored(stage), LEASE)
    assert (await rollout_of(stage)).lease == LEASE
    await save_lease(stage.world, taken, None)
    assert await rollout_of(stage) == SOAKING
    assert audited(stage) == ["test"]
    assert signals == []


# Refusals


def refusal(number: int, field: str) -> Receipt:
    return Receipt(
        key=f"event-{number}",
        queue=ONBOARDING_EVENTS,
        at=NOW,
        outcome=Reason.INVALID,
        field=field,
        detail=f"{ANNA_UPN} is no date",
        body=f'{{"when": "{ANNA_UPN}"}}',
    )


async def test_refused_messages_are_kept_whole_and_told_of_without_anybodys_name(
    stage: Stage, signals: list[EventDict]
) -> None:
    kept = [refusal(1, "data.when"), refusal(2, ANNA_UPN)]
    await keep_refusals(kept, stage.world)
    assert {one.body for one in await stage.another().ledger.refused(9)} == {kept[0].body}
    told = said(signals, "message-refused")
    assert [(one["key"], one["field"]) for one in told] == [
        ("event-1", "data.when"),
        ("event-2", "(unusual)"),
    ]
    assert ANNA_UPN not in str(told)


async def test_a_refusal_that_could_not_be_kept_is_not_told_of(
    stage: Stage, signals: list[EventDict]
) -> None:
    stage.turns.fail("ledger.record_receipts", LedgerConflict("others"))
    with pytest.raises(LedgerConflict):
        await keep_refusals([refusal(1, "data.when")], stage.world)
    assert signals == []


async def test_without_refusals_nothing_is_kept(stage: Stage) -> None:
    await keep_refusals([], stage.world)
    assert stage.turns.points == []
