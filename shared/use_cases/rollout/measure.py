"""Measure: gather the facts that a wave's gates are decided by, and no others."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from shared.domain.person.policy import Topology
from shared.domain.person.sync_mode import SyncMode
from shared.domain.rollout.cloud_sync import SyncJob
from shared.domain.rollout.gate import Gate
from shared.domain.rollout.gates.kind import GateKinds, Need, kind_of
from shared.domain.rollout.gates.look import EVIDENCE_WINDOW
from shared.domain.rollout.gates.registry import GATES
from shared.domain.rollout.measurements import Foretold, Measurements, sync_modes
from shared.domain.rollout.resets import Reset
from shared.domain.rollout.state import Rollout
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
    totals = await world.ledger.totals()
    gates = wave.gates if wave else ()
    windows = [gate.window or EVIDENCE_WINDOW for gate in _in_need(Need.RESETS, gates, kinds)]
    asks_workers = any(_in_need(Need.WORKERS, gates, kinds))
    workers = tuple(await world.workers.sights()) if asks_workers else ()
    looks_back = [gate.window for gate in _in_need(Need.PREFLIGHTS, gates, kinds)]
    asks_jobs = _in_need(Need.CLOUD_SYNC, gates, kinds) and SyncMode.CLOUD in sync_modes(workers)
    return Measurements(
        people={
            (state, flagged): count
            for (name, state, flagged), count in totals.by_wave.items()
            if wave and name == wave.name
        },
        in_scope=sum(n for state, n in totals.by_state.items() if state.is_in_scope),
        resets=await _resets(max(windows), world, now) if windows else (),
        workers=workers,
        cloud_jobs=tuple(await _cloud_jobs(rollout, world, now)) if asks_jobs else (),
        foretold=(
            await foresee(rollout, max(looks_back), world, now) if looks_back else Foretold()
        ),
        needs_worker=world.tenant_rules.topology is not Topology.CLOUD,
        overdue=sum(
            count
            for (_, state, flagged), count in totals.by_wave.items()
            if flagged and state.is_to_write
        ),
    )


def _in_need(need: Need, gates: Sequence[Gate], kinds: GateKinds) -> list[Gate]:
    return [gate for gate in gates if need in kind_of(gate.kind, kinds).needs]


async def _cloud_jobs(rollout: Rollout, world: World, now: datetime) -> Sequence[SyncJob]:
    """Reads the jobs, with the log of the last hour; not of before this phase."""
    return await world.cloud_sync.jobs(max(rollout.since, now - _LOG))


async def _resets(window: timedelta, world: World, now: datetime) -> tuple[Reset, ...]:
    resets: Sequence[Reset] = await world.directory.resets(now - window)
    known = await world.ledger.load({one.object_id for one in resets})
    return tuple(
        one for one in resets if one.object_id in known and known[one.object_id].state.is_in_scope
    )
