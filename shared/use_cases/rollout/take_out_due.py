"""Take out who is due: before the first rollout nothing else sees to a last day that is over.

HR's message of that day comes again by itself, and may be lost; an operator's --until has none.
"""

from datetime import datetime
from itertools import batched

from shared.domain.plan.due_out import due_out
from shared.ports.world import World
from shared.use_cases.ledger_age import why_older
from shared.use_cases.rollout.carry_out import CHUNK, take_out_all
from shared.use_cases.write_control import is_stopped


async def take_out_due(world: World, now: datetime) -> None:
    """Takes out whom nothing that was said holds in any more, in chunks, unless all is stopped."""
    if await why_older(world):
        return
    due = [
        removal
        async for page in world.ledger.summaries()
        for one in page
        if (removal := due_out(one, now))
    ]
    for chunk in batched(due, CHUNK, strict=False):
        if await is_stopped(world):
            return
        await take_out_all(chunk, world, now)
