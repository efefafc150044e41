"""Steer: an operator's word on the rollout; it is heeded at once and audited."""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from shared.domain.errors import LedgerConflict
from shared.domain.rollout import progress
from shared.domain.rollout import state as rollout
from shared.domain.rollout.state import PauseReason, Phase, Rollout
from shared.ports.world import World
from shared.use_cases.awaited import awaited
from shared.use_cases.rollout.call_off import call_off_if_aborted
from shared.use_cases.rollout.change_rollout import change_rollout


async def pause(world: World, now: datetime, *, actor: str, reason: str) -> None:
    """Stops the rollout until somebody resumes it.

    Raises:
        NotPossible: there is no rollout.
        LedgerConflict: others kept changing it.
    """

    def decide(current: Rollout) -> Rollout:
        return rollout.pause(current, PauseReason.BY_OPERATOR, now, actor=actor, detail=reason)

    await change_rollout(world, decide, action="pause", now=now)


async def resume(world: World, now: datetime, *, actor: str, reason: str) -> None:
    """Lets the rollout go on; raises as `pause` does, and `NotPossible` where it is not paused."""
    await change_rollout(
        world,
        lambda current: rollout.resume(current, now, actor=actor, reason=reason),
        action="resume",
        now=now,
    )


async def abort(world: World, now: datetime, *, actor: str, reason: str) -> None:
    """Ends the rollout for good, and takes back what is not yet written; raises as `pause` does."""
    await change_rollout(
        world,
        lambda current: rollout.abort(current, now, actor=actor, reason=reason),
        action="abort",
        now=now,
    )
    with suppress(LedgerConflict):
        # It is aborted all the same; the timers undo what is left.
        await call_off_if_aborted(world, now)


async def restart(world: World, now: datetime, *, actor: str, reason: str) -> None:
    """Begins anew with the first wave; raises as `pause` does."""
    await change_rollout(
        world,
        lambda current: rollout.restart(current, now, actor=actor, reason=reason),
        action="restart",
        now=now,
    )


async def promote(world: World, now: datetime, *, actor: str, reason: str, skip_soak: bool) -> None:
    """Lets the next wave begin without the gates, at the calendar's next opening.

    Raises:
        NotPossible: there is nothing to promote, or the soak is not over.
        LedgerConflict: others kept changing the rollout.
    """
    found = await world.rollouts.reconciliation()

    def decide(current: Rollout) -> Rollout:
        progress.promote(
            current,
            now,
            actor=actor,
            reason=reason,
            skip_soak=skip_soak,
            awaited=awaited(current, found),
        )
        soaking = current.entered(Phase.SOAKING, now, actor=actor, reason=reason)
        return replace(soaking, promoted=True)

    await change_rollout(world, decide, action="promote", now=now)
