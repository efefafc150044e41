"""A look at the gates: what was found is kept and told, unless somebody else was first."""

import pytest
from structlog.typing import EventDict

from shared.domain.errors import DirectoryUnavailable, LedgerConflict
from shared.domain.person.enrolment import State
from shared.domain.rollout.gate import Evaluation, Outcome
from shared.domain.rollout.progress import Move, MoveKind
from shared.domain.rollout.state import Lease, PauseReason, Phase, Rollout
from shared.ports.rollouts import StoredRollout
from shared.ports.world import World
from shared.use_cases.rollout import control
from shared.use_cases.rollout.look_at_gates import look_at_gates
from tests.support.course import (
    Clock,
    advance,
    audited,
    gated,
    member,
    ring,
    rollout_of,
    set_up,
    staged,
    standing,
    ungated,
)
from tests.support.enrolments import NOW
from tests.support.processes import (
    Death,
    Meanwhile,
    ProcessDied,
    deaths,
    meanwhiles,
    process,
)
from tests.support.stage import Stage, said
from tests.support.waves import MINUTE, SOAK, document, gate, wave

OF = document(gated("pilot", 1, 2), ungated("early", 3))
SOAKING = standing(OF, Phase.SOAKING, 1)
SOAKED = NOW + SOAK


async def look(stage: Stage, world: World | None = None) -> tuple[Rollout, Move]:
    """One look once the soak is over."""
    stored, move = await look_at_gates(await current(stage), world or stage.world, SOAKED)
    assert stored.rollout == await rollout_of(stage)
    return stored.rollout, move


async def current(stage: Stage) -> StoredRollout:
    stored = await stage.another().rollouts.current()
    assert stored is not None
    return stored


async def evaluations(stage: Stage) -> list[Evaluation]:
    return list(await stage.another().rollouts.evaluations(9))


async def visible(stage: Stage, *numbers: int) -> None:
    await stage.store(*(member(number, State.VISIBLE) for number in numbers))


async def test_all_gates_pass_and_the_next_wave_may_begin(
    stage: Stage, signals: list[EventDict]
) -> None:
    await set_up(stage, SOAKING, 3)
    await visible(stage, 1, 2)
    rollout, move = await look(stage)
    assert (rollout.evaluated_at, move.kind) == (SOAKED, MoveKind.BEGIN_WAVE)
    (kept,) = await evaluations(stage)
    assert (kept.outcome, kept.decision, kept.wave) == (Outcome.PASSED, move.text, "pilot")
    assert audited(stage) == ["test", "evaluate"]
    assert signals == []


async def test_a_gate_that_fails_pauses_and_says_which(
    stage: Stage, signals: list[EventDict]
) -> None:
    await set_up(stage, SOAKING, 3)
    await stage.store(member(1, State.VISIBLE), member(2, State.FAILED))
    rollout, move = await look(stage)
    assert rollout.pause is not None
    assert (rollout.pause.reason, rollout.pause.goes_on) == (PauseReason.GATE_FAILED, Phase.SOAKING)
    assert move.kind is MoveKind.WAIT
    (kept,) = await evaluations(stage)
    assert kept.decision == f"paused: {rollout.pause.detail}"
    assert audited(stage) == ["test", "pause"]
    (told,) = said(signals, "gate-failed")
    assert (told["gate"], told["value"], told["wave"]) == ("visible", 0.5, "pilot")
    assert [one["who"] for one in said(signals, "rollout-paused")] == ["clock"]


async def test_a_gate_with_too_little_to_go_by_is_told_and_promotes_nobody(
    stage: Stage, signals: list[EventDict]
) -> None:
    await set_up(stage, SOAKING, 3)
    await stage.store(member(1, State.VISIBLE), member(2, State.APPLIED))
    rollout, move = await look(stage)
    assert (rollout.phase, move.kind) == (Phase.SOAKING, MoveKind.WAIT)
    (kept,) = await evaluations(stage)
    assert (kept.outcome, kept.decision) == (Outcome.INCONCLUSIVE, "")
    assert len(said(signals, "gate-inconclusive")) == 1


async def test_before_the_next_look_is_due_nothing_is_measured(stage: Stage) -> None:
    await set_up(stage, standing(OF, Phase.SOAKING, 1, evaluated_at=SOAKED - MINUTE), 3)
    before = await current(stage)
    stored, move = await look_at_gates(before, stage.world, SOAKED)
    assert stored is before
    assert move.kind is MoveKind.WAIT
    assert stage.turns.points == []


async def test_a_wave_without_gates_is_not_looked_at(stage: Stage) -> None:
    await set_up(stage, standing(document(ungated("pilot", 1)), Phase.SOAKING, 1), 1)
    _, move = await look_at_gates(await current(stage), stage.world, SOAKED)
    assert move.kind is MoveKind.COMPLETE
    assert stage.turns.points == []


async def test_a_look_during_an_expansion_leaves_it_its_lease_unless_it_pauses(
    stage: Stage,
) -> None:
    lease = Lease("timer", SOAKED + MINUTE)
    await set_up(stage, standing(OF, Phase.PROGRESSING, 1, lease=lease), 3)
    await visible(stage, 1)
    rollout, move = await look(stage)
    assert (rollout.lease, move.kind) == (lease, MoveKind.EXPAND)
    await stage.store(member(2, State.FAILED))
    await stage.applies(standing(OF, Phase.PROGRESSING, 1, lease=lease))
    rollout, _ = await look(stage)
    assert (rollout.phase, rollout.lease) == (Phase.PAUSED, None)


async def test_an_operators_pause_at_any_moment_of_an_evaluation_counts() -> None:
    async def paused(meanwhile: Meanwhile) -> None:
        stage = await staged(SOAKING, 3)
        await visible(stage, 1, 2)
        meanwhile.act = lambda: control.pause(stage.another(), NOW, actor="ada", reason="hold on")
        stored = await current(stage)
        try:
            await look_at_gates(stored, process(stage, meanwhile), SOAKED)
        except LedgerConflict:
            # Nothing is kept of a look that came too late.
            assert await evaluations(stage) == []
        rollout = await rollout_of(stage)
        if meanwhile.came:
            assert rollout.phase is Phase.PAUSED
            assert rollout.actor == "ada"
            await advance(stage, Clock(SOAKED))
            assert (await rollout_of(stage)).started == 1

    for meanwhile in meanwhiles():
        await paused(meanwhile)


async def test_a_look_that_dies_anywhere_is_done_again_at_the_next_one_that_is_due() -> None:
    async def dies(death: Death) -> None:
        stage, clock = await staged(SOAKING, 3), Clock(SOAKED)
        await visible(stage, 1, 2)
        try:
            await look_at_gates(await current(stage), process(stage, death), clock())
        except ProcessDied:
            clock.advance(OF.evaluate_every)
            await look_at_gates(await current(stage), stage.another(), clock())
        (kept, *_) = await evaluations(stage)
        assert kept.at == clock()
        assert kept.outcome is Outcome.PASSED

    for death in deaths():
        await dies(death)


async def test_while_graph_does_not_tell_of_resets_nothing_is_decided(stage: Stage) -> None:
    resets = gate("writebackFailures", threshold=0.1)
    of = document(wave("pilot", resets, selection=ring(1)), ungated("early", 2))
    await set_up(stage, standing(of, Phase.SOAKING, 1), 2)
    await visible(stage, 1)
    stage.turns.fail("directory.resets", DirectoryUnavailable("Graph is away"))
    with pytest.raises(DirectoryUnavailable):
        await look(stage)
    assert await rollout_of(stage) == standing(of, Phase.SOAKING, 1)
    assert await evaluations(stage) == []
