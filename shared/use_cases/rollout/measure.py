"""Measure: gather the facts that a wave's gates are decided by, and no others."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from shared.domain.person.enrolment import State
from shared.domain.person.policy import Topology
from shared.domain.person.reasons import OVERDUE
from shared.domain.person.sync_mode import SyncMode
from shared.domain.rollout.cloud_sync import SyncJob
from shared.domain.rollout.gate import Gate
from shared.domain.rollout.gates.kind import GateKinds, Need, kind_of
from shared.domain.rollout.gates.look import EVIDENCE_WINDOW
from shared.domain.rollout.gates.registry import GATES
from shared.domain.rollout.measurements import Foretold, Measurements, sync_modes
from shared.domain.rollout.resets import Reset
from shared.domain.rollout.state import Rollout
from shared.ports.ledger import Totals
from shared.ports.world import World
from shared.use_cases.rollout.foresee import foresee

_LOG = timedelta(hours=1)
"""How far back the provisioning log is read: what failed before has been tried again since."""


async def measure(
    rollout: Rollout, world: World, now: datetime, kinds: GateKinds = GATES
) -> Measurements:
    """Gathers what the gates of the current wave need to know of it and of the machinery.

    Raises:
        DirectoryUnavailable: Graph did not tell of the resets.
    """
    wave = rollout.wave
    return await measure_gates(
        wave.gates if wave else (),
        world,
        now,
        since=rollout.since,
        waves=frozenset({wave.name} if wave else ()),
        kinds=kinds,
    )


async def measure_gates(
    gates: Sequence[Gate],
    world: World,
    now: datetime,
    *,
    since: datetime,
    waves: frozenset[str] | None = None,
    watches: bool = False,
    kinds: GateKinds = GATES,
) -> Measurements:
    """Gathers what these gates need to know, and nothing else.

    Args:
        gates: Which.
        world: From where.
        now: The time, in UTC.
        since: What was before is not asked for.
        waves: Whose people are counted; None: everybody's.
        watches: Whether it is for the watch, which looks further back at resets.
        kinds: Of gates.

    Raises:
        DirectoryUnavailable: Graph did not tell of the resets, or of the jobs.
    """
    totals = await world.ledger.totals()
    in_scope = sum(n for state, n in totals.by_state.items() if state.is_in_scope)
    ask_resets = _in_need(Need.RESETS, gates, kinds)
    windows = [gate.window or EVIDENCE_WINDOW for gate in ask_resets]
    windows += [kind_of(gate.kind, kinds).watched_back for gate in ask_resets if watches]
    asks_workers = any(_in_need(Need.WORKERS, gates, kinds))
    workers = tuple(await world.workers.sights()) if asks_workers else ()
    looks_back = [gate.window for gate in _in_need(Need.PREFLIGHTS, gates, kinds)]
    asks_jobs = _in_need(Need.CLOUD_SYNC, gates, kinds) and SyncMode.CLOUD in sync_modes(workers)
    return Measurements(
        people=_people(totals, waves),
        in_scope=in_scope,
        # Of people in scope: where there are none, nothing is asked.
        resets=await _resets(max(windows), world, now) if windows and in_scope else (),
        workers=workers,
        cloud_jobs=tuple(await _cloud_jobs(since, world, now)) if asks_jobs else (),
        foretold=await foresee(waves, max(looks_back), world, now) if looks_back else Foretold(),
        needs_worker=world.tenant_rules.topology is not Topology.CLOUD,
        overdue=_overdue(totals, waves),
    )


def _in_need(need: Need, gates: Sequence[Gate], kinds: GateKinds) -> list[Gate]:
    return [gate for gate in gates if need in kind_of(gate.kind, kinds).needs]


def _people(totals: Totals, waves: frozenset[str] | None) -> Mapping[tuple[State, bool], int]:
    people: Counter[tuple[State, bool]] = Counter()
    for (wave, state, flagged), count in totals.by_wave.items():
        if waves is None or wave in waves:
            people[state, flagged] += count
    return people


def _overdue(totals: Totals, waves: frozenset[str] | None) -> int:
    """Counts whose write is overdue: of any wave, or of everybody, whom events asked for too."""
    if waves is None:
        return sum(count for flag, count in totals.by_flag.items() if flag in OVERDUE)
    return sum(
        count
        for (_, state, flagged), count in totals.by_wave.items()
        if flagged and state.is_to_write
    )


async def _cloud_jobs(since: datetime, world: World, now: datetime) -> Sequence[SyncJob]:
    """Reads the jobs, with the log of the last hour; not of before what counts."""
    return await world.cloud_sync.jobs(max(since, now - _LOG))


async def _resets(window: timedelta, world: World, now: datetime) -> tuple[Reset, ...]:
    resets: Sequence[Reset] = await world.directory.resets(now - window)
    known = await world.ledger.load({one.object_id for one in resets})
    return tuple(
        one for one in resets if one.object_id in known and known[one.object_id].state.is_in_scope
    )
