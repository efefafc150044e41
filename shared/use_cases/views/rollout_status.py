"""The rollout's status: how it stands, and how many people are in each state, for telemetry."""

from shared.domain.signals import RolloutStatus
from shared.ports.rollouts import StoredRollout
from shared.ports.world import World


async def status_of(stored: StoredRollout | None, world: World) -> RolloutStatus:
    """Tells how the rollout stands, in counts and words only."""
    totals = await world.ledger.totals()
    rollout = stored.rollout if stored else None
    writing = await world.write_control.current()
    return RolloutStatus(
        phase=rollout.phase if rollout else None,
        wave=rollout.wave.name if rollout and rollout.wave else None,
        pause=rollout.pause.reason if rollout and rollout.pause else None,
        people=dict(totals.by_state),
        flagged=sum(totals.by_flag.values()),
        refused_messages=totals.refused_messages,
        held_events=await world.held_events.count(),
        stopped=writing is not None and writing.writing.is_stopped,
    )
