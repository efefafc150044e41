"""An operator's word on the rollout: heeded, audited, and never on top of somebody else's."""

import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import stamina
from structlog.typing import EventDict

from shared.domain.errors import LedgerConflict, NotPossible
from shared.domain.person.enrolment import Enrolment, State
from shared.domain.rollout.state import Lease, PauseReason, Phase, Rollout
from shared.ports.world import World
from shared.use_cases.rollout import control
from shared.use_cases.rollout.reconcile import reconcile
from shared.use_cases.writing.follow_up import follow_up
from tests.support.course import (
    Clock,
    advance,
    audited,
    gated,
    ids,
    in_state,
    member,
    rollout_of,
    set_up,
    staged,
    standing,
    states,
    ungated,
    write_all,
)
from tests.support.enrolments import HOUR, NOW
from tests.support.processes import Death, ProcessDied, deaths, process
from tests.support.stage import Stage, an_id, said
from tests.support.waves import SOAK, document

OF = document(gated("pilot", 1, 2, 3), ungated("early", 4))
SOAKING = standing(OF, Phase.SOAKING, 1)
MOST_TRIES = 20
LATER = NOW + timedelta(minutes=10)


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    """Try as often as ever, without waiting in between."""
    with stamina.set_testing(True, attempts=1_000, cap=True):
        yield


async def pause(world: World) -> None:
    await control.pause(world, LATER, actor="bob", reason="hold on")


async def resume(world: World) -> None:
    await control.resume(world, LATER, actor="bob", reason="mended")


async def abort(world: World) -> None:
    await control.abort(world, LATER, actor="bob", reason="enough")


async def restart(world: World) -> None:
    await control.restart(world, LATER, actor="bob", reason="once more")


async def promote(world: World) -> None:
    await control.promote(world, LATER, actor="bob", reason="in a hurry", skip_soak=True)


type Word = Callable[[World], Awaitable[None]]
WORDS: list[tuple[Word, Phase]] = [
    (pause, Phase.PAUSED),
    (abort, Phase.ABORTED),
    (restart, Phase.PLANNED),
    (promote, Phase.SOAKING),
]


@pytest.mark.parametrize(("word", "phase"), WORDS)
async def test_an_operators_word_is_heeded_and_stands_in_the_audit(
    stage: Stage, word: Word, phase: Phase
) -> None:
    await set_up(stage, SOAKING, 4)
    await word(stage.world)
    rollout = await rollout_of(stage)
    assert (rollout.phase, rollout.actor, rollout.since) == (phase, "bob", LATER)
    entry = json.loads(stage.storage.rollout_chain.records[-1].content)
    assert entry["action"] == word.__name__
    assert (entry["actor"], entry["reason"], entry["to"]) == ("bob", rollout.reason, phase)
    assert entry["from"] == Phase.SOAKING


@pytest.mark.parametrize("word", [pause, resume, abort, restart, promote])
async def test_without_a_rollout_there_is_nothing_to_control(stage: Stage, word: Word) -> None:
    with pytest.raises(NotPossible, match="apply a plan first"):
        await word(stage.world)


@pytest.mark.parametrize(
    ("word", "phase"),
    [
        (resume, Phase.SOAKING),
        (restart, Phase.PLANNED),
        (promote, Phase.PROGRESSING),
    ],
)
async def test_what_does_not_fit_where_the_rollout_is_is_refused_and_changes_nothing(
    stage: Stage, word: Word, phase: Phase
) -> None:
    before = standing(OF, phase, 1)
    await set_up(stage, before, 4)
    with pytest.raises(NotPossible):
        await word(stage.world)
    assert await rollout_of(stage) == before
    assert audited(stage) == ["test"]


async def test_a_paused_rollout_goes_on_where_it_was(stage: Stage) -> None:
    await set_up(stage, SOAKING, 4)
    await pause(stage.world)
    rollout = await rollout_of(stage)
    assert rollout.pause is not None
    assert (rollout.pause.reason, rollout.pause.detail) == (PauseReason.BY_OPERATOR, "hold on")
    await resume(stage.world)
    rollout = await rollout_of(stage)
    assert (rollout.phase, rollout.pause) == (Phase.SOAKING, None)


async def test_each_word_is_told_of_as_an_operators(stage: Stage, signals: list[EventDict]) -> None:
    await set_up(stage, SOAKING, 4)
    await pause(stage.world)
    await abort(stage.world)
    assert {one["who"] for one in said(signals, "phase-changed")} == {"operator"}
    assert [one["reason"] for one in said(signals, "rollout-paused")] == ["by-operator"]


async def test_a_word_takes_the_lease_from_an_expansion(stage: Stage) -> None:
    lease = Lease("timer", NOW + timedelta(hours=1))
    await set_up(stage, standing(OF, Phase.PROGRESSING, 1, lease=lease), 4)
    await pause(stage.world)
    assert (await rollout_of(stage)).lease is None


# Promote


async def test_promoting_needs_no_gates_and_no_soak_where_it_is_skipped(stage: Stage) -> None:
    await set_up(stage, SOAKING, 4)
    await stage.store(*(member(number, State.EFFECTIVE) for number in (1, 2, 3)))
    with pytest.raises(NotPossible, match="soaks until"):
        await control.promote(stage.world, LATER, actor="bob", reason="now", skip_soak=False)
    await promote(stage.world)
    await advance(stage, Clock(LATER))
    assert (await rollout_of(stage)).started == 2
    assert in_state(stage, State.REQUESTED) == ids([4])


async def test_after_the_soak_a_word_in_the_place_of_the_gates_is_enough(stage: Stage) -> None:
    await set_up(stage, SOAKING, 4)
    later = NOW + SOAK
    await control.promote(stage.world, later, actor="bob", reason="now", skip_soak=False)
    rollout = await rollout_of(stage)
    assert (rollout.promoted, rollout.phase) == (True, Phase.SOAKING)


async def test_what_keeps_a_wave_from_being_promoted_is_said(stage: Stage) -> None:
    await set_up(stage, standing(OF, Phase.PROGRESSING, 1), 4)
    await stage.store(member(2, State.WITHDRAWING))
    clock = Clock(LATER)
    await advance(stage, clock)
    await reconcile(stage.another(), clock)
    with pytest.raises(NotPossible, match="and waits for 1 person still on the way out"):
        await promote(stage.world)


async def test_a_paused_wave_that_soaked_is_promoted_without_being_resumed_first(
    stage: Stage,
) -> None:
    await set_up(stage, SOAKING, 4)
    await pause(stage.world)
    await promote(stage.world)
    rollout = await rollout_of(stage)
    assert (rollout.phase, rollout.promoted, rollout.pause) == (Phase.SOAKING, True, None)


# Others keep changing the rollout


async def _renew(stage: Stage, holder: str = "timer") -> None:
    rollouts = stage.another().rollouts
    stored = await rollouts.current()
    assert stored is not None
    await rollouts.renew(stored, Lease(holder, NOW))


@pytest.mark.parametrize(("word", "phase"), WORDS)
async def test_an_operator_gets_a_word_in_while_an_expansion_keeps_renewing_its_lease(
    stage: Stage, word: Word, phase: Phase
) -> None:
    await set_up(stage, SOAKING, 4)
    for _ in range(MOST_TRIES - 1):
        stage.turns.at("rollouts.replace", lambda: _renew(stage))
    await word(stage.world)
    assert (await rollout_of(stage)).phase is phase
    assert audited(stage) == ["test", word.__name__]


async def test_beyond_the_limit_the_operator_is_told_that_others_keep_changing_it(
    stage: Stage,
) -> None:
    await set_up(stage, SOAKING, 4)
    for _ in range(MOST_TRIES):
        stage.turns.at("rollouts.replace", lambda: _renew(stage))
    with pytest.raises(LedgerConflict):
        await pause(stage.world)
    assert (await rollout_of(stage)).phase is Phase.SOAKING
    assert audited(stage) == ["test"]


async def test_a_word_is_about_the_rollout_as_it_is_when_it_is_stored(stage: Stage) -> None:
    await set_up(stage, SOAKING, 4)
    stage.turns.at("rollouts.replace", lambda: abort(stage.another()))
    with pytest.raises(NotPossible, match="aborted"):
        await promote(stage.world)
    assert (await rollout_of(stage)).phase is Phase.ABORTED


async def test_of_two_operators_who_pause_at_once_both_are_heard_and_resumed_once(
    stage: Stage,
) -> None:
    await set_up(stage, SOAKING, 4)
    stage.turns.at("rollouts.replace", lambda: pause(stage.another()))
    await pause(stage.world)
    assert audited(stage) == ["test", "pause", "pause"]
    await resume(stage.world)
    assert (await rollout_of(stage)).phase is Phase.SOAKING


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize(("brake", "then"), [(pause, Phase.PAUSED), (abort, Phase.ABORTED)])
async def test_a_brake_works_in_every_phase(
    stage: Stage, brake: Word, then: Phase, phase: Phase
) -> None:
    await set_up(stage, standing(OF, phase, 2), 4)
    await brake(stage.world)
    rollout = await rollout_of(stage)
    assert rollout.phase is (Phase.ABORTED if phase is Phase.ABORTED else then)
    assert audited(stage) == ["test", brake.__name__]
    await reconcile(stage.world, Clock(LATER))
    assert in_state(stage, State.REQUESTED) == frozenset()


# Abort


async def asked_for(stage: Stage) -> None:
    """The pilot's people are asked for and nobody has written them; one of them is in."""
    await stage.store(
        member(1, State.REQUESTED), member(2, State.REQUESTED), member(3, State.EFFECTIVE)
    )
    stage.tenant.join(stage.world.tenant_rules.scope_group_id, an_id(3))


async def test_an_abort_calls_off_what_nobody_has_written_and_lets_the_others_stay(
    stage: Stage,
) -> None:
    await set_up(stage, SOAKING, 4)
    await asked_for(stage)
    await abort(stage.world)
    await write_all(stage, NOW)
    await follow_up(stage.world, NOW + HOUR)
    assert stage.scope == ids([3])
    assert in_state(stage, State.WITHDRAWN) == ids([1, 2])


async def _touch(stage: Stage, key: str) -> None:
    def once_more(_: str, current: Enrolment | None) -> Enrolment | None:
        return replace(current, attempts=current.attempts + 1) if current else None

    await stage.another().ledger.amend([key], once_more, actor="other", now=NOW)


async def test_an_abort_counts_even_where_people_cannot_be_called_off_at_once(
    stage: Stage,
) -> None:
    await set_up(stage, SOAKING, 4)
    await stage.store(member(1, State.REQUESTED))
    for _ in range(10):
        stage.turns.at("ledger.amend commit", lambda: _touch(stage, an_id(1)))
    await abort(stage.world)
    assert (await rollout_of(stage)).phase is Phase.ABORTED
    assert in_state(stage, State.REQUESTED) == ids([1])


async def test_an_abort_that_dies_anywhere_was_not_heard_or_is_ended_by_the_reconciler() -> None:
    async def aborted(death: Death) -> None:
        stage = await staged(SOAKING, 4)
        await asked_for(stage)
        try:
            await abort(process(stage, death))
        except ProcessDied:
            rollout: Rollout = await rollout_of(stage)
            if rollout.phase is not Phase.ABORTED:
                assert states(stage)[an_id(1)] is State.REQUESTED
                return
            await reconcile(stage.another(), Clock())
        assert (await rollout_of(stage)).phase is Phase.ABORTED
        assert audited(stage) == ["test", "abort"]
        assert in_state(stage, State.REQUESTED) == frozenset()

    for death in deaths():
        await aborted(death)
