"""Watch the conditions: what gates ask of the machinery is looked at whatever the rollout does."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from shared.domain.noticing import signals_of_watch
from shared.domain.rollout.gate import Gate
from shared.domain.rollout.gates.kind import GateKind, GateKinds, Need, kind_of
from shared.domain.rollout.gates.look import Look
from shared.domain.rollout.gates.registry import GATES
from shared.domain.rollout.state import Phase, Rollout
from shared.domain.rollout.watch import (
    Condition,
    Watch,
    is_watch_due,
    judged,
    kept,
    watched_gates,
)
from shared.ports.world import World
from shared.use_cases.rollout.measure import measure_gates
from shared.use_cases.signalling import emit

_ASKS_ENTRA = frozenset({Need.RESETS, Need.CLOUD_SYNC})


async def watch_conditions(world: World, now: datetime, kinds: GateKinds = GATES) -> None:
    """Looks at the conditions where a look is due, keeps what was found, and tells what fails.

    What fails is told at every look, so that an alarm lasts as long as the fault. Nothing is
    paused or promoted. What has to be asked of Entra is looked at by itself: while Graph is away
    the worker and the backlog are watched all the same.

    Raises:
        DirectoryUnavailable: what was found before of the conditions that Graph tells of is kept.
    """
    before = await world.rollouts.watch()
    if not is_watch_due(before, now):
        return
    stored = await world.rollouts.current()
    rollout = stored.rollout if stored else None
    began = before.began if before else now
    gates = await _to_look_at(rollout, world, kinds)
    here = [gate for gate in gates if not kind_of(gate.kind, kinds).needs & _ASKS_ENTRA]
    there = [gate for gate in gates if gate not in here]

    async def look(some: Sequence[Gate]) -> list[Condition]:
        measured = await measure_gates(some, world, now, since=began, watches=True, kinds=kinds)
        phase = rollout.phase if rollout else None
        return list(judged(some, Look(phase, began, measured, now), before, kinds))

    found = await look(here)
    try:
        found += await look(there)
    except BaseException:
        # Whatever it was: what was found failing before is not over because nobody looked.
        found += kept(there, before)
        raise
    finally:
        watch = replace(before or Watch(began=began, at=now), at=now, conditions=tuple(found))
        await world.rollouts.keep_watch(watch)
        emit(signals_of_watch(watch, _phase(rollout)))


async def _to_look_at(rollout: Rollout | None, world: World, kinds: GateKinds) -> Sequence[Gate]:
    """Returns the gates to look at; a worker that was never there is missed only by a rollout."""
    gates = watched_gates(rollout, kinds)
    if rollout is not None or await world.workers.sights():
        return gates
    return [gate for gate in gates if not _goes_by_workers_alone(kind_of(gate.kind, kinds))]


def _goes_by_workers_alone(kind: GateKind) -> bool:
    return Need.WORKERS in kind.needs and Need.RESETS not in kind.needs


def _phase(rollout: Rollout | None) -> Phase | None:
    return rollout.phase if rollout else None
