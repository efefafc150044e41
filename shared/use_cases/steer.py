"""Steer: an operator's word on the rollout; it is heeded at once and audited."""

from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

import stamina

from shared.domain import progress, rollout
from shared.domain.errors import LedgerConflict, NotPossible
from shared.domain.rollout import PauseReason, Phase, Rollout
from shared.ports import World
from shared.use_cases.call_off import call_off_if_aborted

_MOST_TRIES = 20
"""An expansion renews its lease between any two chunks, and each renewal is a conflict."""


async def pause(world: World, now: datetime, *, actor: str, reason: str) -> None:
    """Stop until somebody resumes.

    Raises:
        NotPossible: the rollout is not on its way.
        LedgerConflict: others kept changing it.
    """

    def decide(current: Rollout) -> Rollout:
        return rollout.pause(current, PauseReason.BY_HAND, now, actor=actor, detail=reason)

    await _change(world, decide, "pause", now)


async def resume(world: World, now: datetime, *, actor: str, reason: str) -> None:
    """Go on; raises as `pause` does."""
    await _change(
        world,
        lambda current: rollout.resume(current, now, actor=actor, reason=reason),
        "resume",
        now,
    )


async def abort(world: World, now: datetime, *, actor: str, reason: str) -> None:
    """End the rollout for good, and undo what nobody has written yet; raises as `pause` does."""
    await _change(
        world, lambda current: rollout.abort(current, now, actor=actor, reason=reason), "abort", now
    )
    with suppress(LedgerConflict):
        # It is aborted all the same; the timers undo what is left.
        await call_off_if_aborted(world, now)


async def restart(world: World, now: datetime, *, actor: str, reason: str) -> None:
    """Begin anew with the first wave; raises as `pause` does."""
    await _change(
        world,
        lambda current: rollout.restart(current, now, actor=actor, reason=reason),
        "restart",
        now,
    )


async def promote(world: World, now: datetime, *, actor: str, reason: str, skip_soak: bool) -> None:
    """Let the next wave begin without the gates, at the calendar's next opening.

    Raises:
        NotPossible: there is nothing to promote, or the soak is not over.
        LedgerConflict: others kept changing the rollout.
    """

    def decide(current: Rollout) -> Rollout:
        progress.promote(current, now, actor=actor, reason=reason, skip_soak=skip_soak)
        soaking = current.entered(Phase.SOAKING, now, actor=actor, reason=reason)
        return replace(soaking, promoted=True)

    await _change(world, decide, "promote", now)


async def _change(
    world: World, decide: Callable[[Rollout], Rollout], action: str, now: datetime
) -> None:
    """Change the rollout as it stands, again where somebody else was first."""
    async for attempt in _until_undisturbed():
        with attempt:
            stored = await world.rollouts.current()
            if stored is None:
                raise NotPossible("there is no rollout; apply a plan first")
            # Whoever holds the lease finds the rollout changed and stops.
            changed = replace(decide(stored.rollout), lease=None)
            await world.rollouts.replace(stored, changed, action=action, now=now)


def _until_undisturbed() -> AsyncIterator[stamina.Attempt]:
    return aiter(
        stamina.retry_context(
            on=LedgerConflict, attempts=_MOST_TRIES, timeout=None, wait_initial=0.02, wait_max=0.5
        )
    )
