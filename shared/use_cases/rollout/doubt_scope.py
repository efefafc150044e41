"""Doubt the scope: what one look has found leads to a second look, and nobody is touched between.

Graph may answer from a replica that is behind, and know of no group or of no members for a moment.
So the first look is taken as passing. What the next one, a while later, finds again is so.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import structlog

from shared.domain.rollout.scope_groups import ScopeDoubt, ScopeFault, doubted
from shared.ports.world import World

_log = structlog.get_logger(__name__)


@asynccontextmanager
async def looked_at(
    fault: ScopeFault | None, world: World, now: datetime
) -> AsyncIterator[ScopeFault | None]:
    """Has the fault dealt with if the look before found the same, and keeps what was found.

    Whoever dies while they deal with it finds it again: it is kept afterwards.

    Args:
        fault: What was found; None if nothing was wrong.
        world: Where what the look before found is kept.
        now: The time, in UTC.

    Yields:
        The fault, where it is sure.
    """
    before = await world.rollouts.scope_doubt()
    doubt = doubted(before, fault, now)
    yield fault if doubt.is_sure else None
    if doubt.is_open:
        _log.warning("scope-doubted", detail=str(fault))
    await _keep(doubt, before, world)


async def found_right(world: World, now: datetime) -> None:
    """Keeps that nothing was wrong: what is found next is doubted anew."""
    before = await world.rollouts.scope_doubt()
    await _keep(doubted(before, None, now), before, world)


async def _keep(doubt: ScopeDoubt, before: ScopeDoubt | None, world: World) -> None:
    is_right_still = before is None and doubt.fault is None
    if doubt != before and not is_right_still:
        await world.rollouts.keep_scope_doubt(doubt)


async def is_in_doubt(world: World) -> bool:
    """Tells whether a second look is still to come."""
    doubt = await world.rollouts.scope_doubt()
    return doubt is not None and doubt.is_open
