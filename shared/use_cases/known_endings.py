"""Known endings: everything of which it is known when it ends, by whomever it is told."""

from shared.domain.rollout.endings import Ending, Notice
from shared.domain.rollout.told_endings import endings_of_workers
from shared.ports.world import World


async def known_endings(world: World) -> tuple[Ending, ...]:
    """Returns what ends, and what is known not to."""
    return (*endings_of_workers(await world.workers.sights()), *world.dated_endings)


def notice_of(world: World) -> Notice:
    """Returns how long before its end something is told."""
    return Notice(early=world.limits.ending_notice, urgent=world.limits.ending_urgent)
