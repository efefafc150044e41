"""Measure: gather the facts that a wave's gates are decided by, and no others."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from shared.domain.person.policy import Topology
from shared.domain.rollout.gate import GateKind
from shared.domain.rollout.measurements import Measurements
from shared.domain.rollout.resets import Reset
from shared.domain.rollout.state import Rollout
from shared.ports.world import World

_BY_RESETS = {GateKind.WRITEBACK_FAILURES, GateKind.BLOCKED_RESETS}


async def measure(rollout: Rollout, world: World, now: datetime) -> Measurements:
    """What is known of the current wave and of the machinery.

    Raises:
        DirectoryUnavailable: Graph did not tell of the resets.
    """
    wave = rollout.wave
    totals = await world.ledger.totals()
    windows = [gate.window for gate in wave.gates if gate.kind in _BY_RESETS] if wave else []
    return Measurements(
        people={
            (state, flagged): count
            for (name, state, flagged), count in totals.by_wave.items()
            if wave and name == wave.name
        },
        in_scope=sum(n for state, n in totals.by_state.items() if state.is_in_scope),
        resets=await _resets(max(windows), world, now) if windows else (),
        workers=tuple(await world.workers.sights()),
        needs_worker=world.tenant_rules.topology is not Topology.CLOUD,
        overdue=sum(
            count
            for (_, state, flagged), count in totals.by_wave.items()
            if flagged and state.is_to_write
        ),
    )


async def _resets(window: timedelta, world: World, now: datetime) -> tuple[Reset, ...]:
    resets: Sequence[Reset] = await world.directory.resets(now - window)
    known = await world.ledger.load({one.object_id for one in resets})
    return tuple(
        one for one in resets if one.object_id in known and known[one.object_id].state.is_in_scope
    )
