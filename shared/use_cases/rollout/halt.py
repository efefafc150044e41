"""Halt: a rollout pauses by itself, and says why."""

from datetime import datetime

from shared.domain.rollout.state import ACTIVE, PUTS_IN, PauseReason, pause
from shared.ports.rollouts import StoredRollout
from shared.ports.world import World
from shared.use_cases.recording import save_rollout
from shared.use_cases.rollout.carry_out import ACTOR


async def halt(
    stored: StoredRollout, why: PauseReason, detail: str, world: World, now: datetime
) -> None:
    """Pauses a rollout that puts people in; one that stands still is left as it is.

    An unsafe plan is of the waves alone: it pauses none that is completed.

    Raises:
        LedgerConflict: somebody else has changed the rollout.
    """
    phases = ACTIVE if why is PauseReason.UNSAFE_PLAN else PUTS_IN
    if stored.rollout.phase in phases:
        halted = pause(stored.rollout, why, now, actor=ACTOR, detail=detail)
        await save_rollout(world, stored, halted, action="pause", now=now)
