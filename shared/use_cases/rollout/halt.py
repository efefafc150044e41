"""Halt: a rollout pauses by itself, and says why."""

from datetime import datetime

from shared.domain.errors import LedgerConflict
from shared.domain.rollout.state import ACTIVE, PUTS_IN, PauseReason, Rollout, pause
from shared.ports.rollouts import StoredRollout
from shared.ports.world import World
from shared.use_cases.recording import save_rollout
from shared.use_cases.rollout.carry_out import ACTOR
from shared.use_cases.until_kept import until_kept


async def halt(
    stored: StoredRollout, why: PauseReason, detail: str, world: World, now: datetime
) -> None:
    """Pauses a rollout that puts people in; one that stands still is left as it is.

    An unsafe plan is of the waves alone: it pauses none that is completed. A look at the gates or a
    lease that was renewed since is no reason to go on.

    Args:
        stored: The rollout as it was when the look began that found it.
        why: What was found.
        detail: The same in words.
        world: Where.
        now: The time, in UTC.

    Raises:
        LedgerConflict: somebody has made another rollout of it meanwhile, of which nobody has found
            that; or others kept changing it.
    """
    phases = ACTIVE if why is PauseReason.UNSAFE_PLAN else PUTS_IN
    if stored.rollout.phase not in phases:
        return
    async for attempt in until_kept():
        with attempt:
            current = await world.rollouts.current()
            if current is None or current.rollout.phase not in phases:
                return
            if not _holds(why, stored.rollout, current.rollout):
                break
            halted = pause(current.rollout, why, now, actor=ACTOR, detail=detail)
            await save_rollout(world, current, halted, action="pause", now=now)
            return
    raise LedgerConflict("the rollout was changed meanwhile; the next look finds it again")


def _holds(why: PauseReason, found_of: Rollout, current: Rollout) -> bool:
    """Tells whether what was found of one rollout holds of the other.

    A plan depends on the phase as well, everything else on what the document says alone.
    """
    if why is PauseReason.UNSAFE_PLAN:
        return current.basis == found_of.basis
    return current.document.digest == found_of.document.digest
