"""Look at the gates: measure, judge, keep what was found, and say what is to be done next."""

from dataclasses import replace
from datetime import datetime

import structlog

from shared.domain.errors import ServiceUnavailable
from shared.domain.noticing import signals_of_gates
from shared.domain.rollout.evaluation import evaluate
from shared.domain.rollout.gate import Evaluation
from shared.domain.rollout.gates.kind import GateKinds, Need, kind_of
from shared.domain.rollout.gates.registry import GATES
from shared.domain.rollout.progress import Move, MoveKind, is_evaluation_due, judge, next_move
from shared.domain.rollout.state import Phase, Rollout
from shared.ports.rollouts import StoredRollout
from shared.ports.world import World
from shared.use_cases.recording import save_rollout
from shared.use_cases.rollout.foresee import ask_about_wave
from shared.use_cases.rollout.measure import measure
from shared.use_cases.signalling import emit

_log = structlog.get_logger(__name__)


async def look_at_gates(
    stored: StoredRollout, world: World, now: datetime, kinds: GateKinds = GATES
) -> tuple[StoredRollout, Move]:
    """Looks at the gates if a look is due, and returns the rollout after it and its next move.

    Raises:
        DirectoryUnavailable: Graph did not tell of the resets.
        LedgerConflict: somebody else has changed the rollout since it was read.
    """
    before = stored.rollout
    if not is_evaluation_due(before, now):
        return stored, next_move(before, None, now)
    await _ask(before, world, now, kinds)
    evaluation = evaluate(before, await measure(before, world, now, kinds), now, kinds)
    judged = judge(before, evaluation, now)
    move = next_move(judged, evaluation, now)
    is_paused = judged.phase is Phase.PAUSED
    action = "pause" if is_paused else "evaluate"
    stored = await save_rollout(
        world, stored, judged, action=action, now=now, keep_lease=not is_paused
    )
    await world.rollouts.keep_evaluation(_decided(evaluation, judged, move))
    emit(signals_of_gates(evaluation))
    return stored, move


async def _ask(rollout: Rollout, world: World, now: datetime, kinds: GateKinds) -> None:
    """Asks the worker about the wave's people where a gate goes by its answers."""
    for gate in rollout.wave.gates if rollout.wave else ():
        if Need.PREFLIGHTS in kind_of(gate.kind, kinds).needs:
            try:
                await ask_about_wave(rollout, gate.window, world, now)
            except ServiceUnavailable as error:
                # The other gates are looked at all the same; the next look asks.
                _log.warning("preflight-not-asked", error=type(error).__name__)


def _decided(evaluation: Evaluation, judged: Rollout, move: Move) -> Evaluation:
    if judged.pause:
        return replace(evaluation, decision=f"paused: {judged.pause.detail}")
    if move.kind in {MoveKind.BEGIN_WAVE, MoveKind.COMPLETE}:
        return replace(evaluation, decision=move.text)
    return evaluation
