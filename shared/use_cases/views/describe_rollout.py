"""Describe the rollout: where it stands, what comes next and why, as every operator sees it."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from shared.contracts.api.counts import CountView
from shared.contracts.api.rollout_views import (
    EvaluationsView,
    EvaluationView,
    GateView,
    NextView,
    PauseView,
    ReconciliationView,
    RolloutView,
    WaveView,
)
from shared.contracts.api.wave_words import selection_text
from shared.contracts.api.words import WaveState
from shared.domain.durations import iso_duration
from shared.domain.person.enrolment import State
from shared.domain.rollout.allowance import Allowances
from shared.domain.rollout.gate import Evaluation, Result
from shared.domain.rollout.gates.kind import GateKinds, kind_of
from shared.domain.rollout.gates.registry import GATES
from shared.domain.rollout.measurements import WorkerSight
from shared.domain.rollout.progress import Move, MoveKind, next_move, soak_ends
from shared.domain.rollout.state import ACTIVE, Pause, Phase, Rollout
from shared.domain.rollout.writing import Writing
from shared.ports.ledger import Totals
from shared.ports.rollouts import Reconciliation
from shared.ports.world import World
from shared.use_cases.awaited import awaited
from shared.use_cases.views.describe_move import describe_move
from shared.use_cases.views.describe_workers import worker_view
from shared.use_cases.views.describe_writing import writing_view
from shared.use_cases.write_control import stop_text

_OF_THE_CURRENT = {
    Phase.PROGRESSING: WaveState.PROGRESSING,
    Phase.SOAKING: WaveState.SOAKING,
    Phase.COMPLETED: WaveState.DONE,
    Phase.ABORTED: WaveState.STOPPED,
}
"""What the phase makes of the wave that has begun last."""
_WAY = (WaveState.AHEAD, WaveState.PROGRESSING, WaveState.SOAKING, WaveState.DONE)
_MOVES = {
    MoveKind.BEGIN_WAVE: "the next wave begins",
    MoveKind.COMPLETE: "the rollout ends",
}
_FURTHEST_FIRST = (
    State.RESETTABLE,
    State.REGISTERED,
    State.EFFECTIVE,
    State.VISIBLE,
    State.APPLIED,
    State.REQUESTED,
    State.WAITING,
    State.WITHDRAWING,
    State.WITHDRAWN,
    State.EXCLUDED,
    State.LOST,
    State.FAILED,
)


async def describe_rollout(world: World, now: datetime) -> RolloutView | None:
    """Describes the rollout as it stands; None before the first document was applied."""
    stored, writing, totals, evaluations, reconciliation, workers = await asyncio.gather(
        world.rollouts.current(),
        world.write_control.current(),
        world.ledger.totals(),
        world.rollouts.evaluations(1),
        world.rollouts.reconciliation(),
        world.workers.sights(),
    )
    if stored is None:
        return None
    counted = await world.write_control.hour()
    view = rollout_view(
        stored.rollout,
        now,
        writing=writing.writing if writing else None,
        allowances=counted.hour.allowed(now) if counted else (),
        totals=totals,
        evaluation=next(iter(evaluations), None),
        reconciliation=reconciliation,
        workers=workers,
    )
    return view.model_copy(update={"move": await describe_move(stored.rollout, world, now)})


def rollout_view(
    rollout: Rollout,
    now: datetime,
    *,
    writing: Writing | None = None,
    allowances: Allowances = (),
    totals: Totals,
    evaluation: Evaluation | None,
    reconciliation: Reconciliation | None,
    workers: Iterable[WorkerSight],
) -> RolloutView:
    """Describes the rollout by facts that have been read already; `evaluation` is the newest."""
    move = _move(rollout, writing, evaluation, now, awaited=awaited(rollout, reconciliation))
    return RolloutView(
        name=rollout.document.name,
        version=rollout.version,
        digest=rollout.document.digest,
        phase=rollout.phase,
        active=rollout.phase in ACTIVE,
        since=rollout.since,
        actor=rollout.actor,
        reason=rollout.reason,
        wave=rollout.wave.name if rollout.wave else None,
        pause=_pause(rollout.pause) if rollout.pause else None,
        meanwhile=rollout.goes_on_meanwhile,
        writing=writing_view(writing, totals.by_state, allowances),
        next=NextView(move=move.kind, does=_MOVES.get(move.kind), text=move.text, until=move.until),
        waves=_waves(rollout, totals),
        evaluation=evaluation_view(evaluation) if evaluation else None,
        reconciliation=_reconciliation(reconciliation) if reconciliation else None,
        workers=tuple(map(worker_view, workers)),
    )


def _move(
    rollout: Rollout,
    writing: Writing | None,
    evaluation: Evaluation | None,
    now: datetime,
    *,
    awaited: int,
) -> Move:
    if writing and writing.is_stopped:
        return Move(MoveKind.WAIT, stop_text(writing))
    return next_move(rollout, evaluation, now, awaited=awaited)


async def describe_evaluations(limit: int, world: World) -> EvaluationsView:
    """Returns the newest looks at the gates, newest first, `limit` of them at most."""
    found = await world.rollouts.evaluations(limit)
    return EvaluationsView(evaluations=tuple(map(evaluation_view, found)))


async def find_document(version: int | None, world: World) -> str | None:
    """Finds that version of the document as it was applied; without a number, the one in force.

    Returns None if there is no such document.
    """
    if version is None:
        stored = await world.rollouts.current()
        if stored is None:
            return None
        version = stored.rollout.version
    return await world.rollouts.document_text(version)


def evaluation_view(evaluation: Evaluation, kinds: GateKinds = GATES) -> EvaluationView:
    """Describes one look at all gates of a wave, and what was made of it."""
    return EvaluationView(
        at=evaluation.at,
        wave=evaluation.wave,
        outcome=evaluation.outcome,
        decision=evaluation.decision,
        gates=tuple(_gate(result, kinds) for result in evaluation.results),
    )


def _waves(rollout: Rollout, totals: Totals) -> tuple[WaveView, ...]:
    ends = soak_ends(rollout) if rollout.phase is Phase.SOAKING else None
    waves = rollout.document.waves
    states = [_wave_state(rollout, number) for number in range(len(waves))]
    return tuple(
        WaveView(
            name=wave.name,
            selection=selection_text(wave.selection),
            state=state,
            reached=states_passed(state),
            soak=iso_duration(wave.soak),
            soak_ends=ends if wave is rollout.wave else None,
            **_people_of(wave.name, totals),
        )
        for wave, state in zip(waves, states, strict=True)
    )


def states_passed(state: WaveState) -> tuple[WaveState, ...]:
    """Returns the wave's state and, before it, those that it passes before."""
    return _WAY[: _WAY.index(state) + 1] if state in _WAY else (state,)


def _wave_state(rollout: Rollout, number: int) -> WaveState:
    if rollout.document.waves[number].name in rollout.rolled_back:
        return WaveState.ROLLED_BACK
    if number >= rollout.started:
        return WaveState.AHEAD
    if number < rollout.started - 1:
        return WaveState.DONE
    return _OF_THE_CURRENT[rollout.pause.goes_on if rollout.pause else rollout.phase]


def _people_of(wave: str, totals: Totals) -> dict[str, object]:
    states: Counter[State] = Counter()
    flagged = 0
    for (name, state, is_flagged), count in totals.by_wave.items():
        if name == wave and count:
            states[state] += count
            flagged += count if is_flagged else 0
    ordered = {str(state): states[state] for state in _FURTHEST_FIRST if states[state]}
    return {"people": states.total(), "states": ordered, "flagged": flagged}


def _pause(pause: Pause) -> PauseView:
    return PauseView(
        reason=pause.reason,
        text=pause.reason.text,
        detail=pause.detail,
        at=pause.at,
        actor=pause.actor,
    )


def _gate(result: Result, kinds: GateKinds) -> GateView:
    return GateView(
        gate=result.gate.kind,
        outcome=result.outcome,
        unit=kind_of(result.gate.kind, kinds).unit,
        value=result.value,
        threshold=result.gate.threshold,
        window=iso_duration(result.gate.window),
        sample=result.sample,
        minimum_sample=result.gate.minimum_sample,
        text=result.text,
    )


def _reconciliation(found: Reconciliation) -> ReconciliationView:
    return ReconciliationView(
        at=found.at,
        listed=found.listed,
        eligible=found.eligible,
        kept=found.kept,
        added=found.added,
        removed=found.removed,
        removed_by_hand=tuple(found.removed_by_hand),
        added_by_hand=tuple(found.added_by_hand),
        repaired=found.repaired,
        skips=tuple(
            CountView(reason=reason, text=reason.text, people=count)
            for reason, count in sorted(found.skips.items(), key=lambda one: -one[1])
        ),
        problem=found.problem,
        no_longer_members=tuple(found.no_longer_members),
        former_group=tuple(found.former_group),
    )
