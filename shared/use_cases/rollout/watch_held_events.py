"""Watch the held events: who is held is told when it happens, and once a day until it is decided.

Leavers among them can reset their passwords, and nobody else sees to it.
"""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from shared.domain.person.brake import Direction
from shared.domain.signals import EventsHeld
from shared.ports.world import World
from shared.use_cases.signalling import emit

EVERY: Final = timedelta(days=1)
_PAGE = 500


async def watch_held_events(world: World, now: datetime) -> None:
    """Tells whom the brakes hold, where nobody was told for a day."""
    watch = await world.rollouts.watch()
    if watch is None or (watch.held_at and now - watch.held_at < EVERY):
        return
    held = await _held(world, before=now - EVERY)
    await world.rollouts.keep_watch(replace(watch, held_at=now))
    emit(
        EventsHeld(
            source=brake,
            direction=direction,
            people=people,
            most=str(world.brakes.named(brake).rate(direction)),
        )
        for (brake, direction), people in sorted(held.items())
    )


async def _held(world: World, *, before: datetime) -> Counter[tuple[str, Direction]]:
    """Counts whom each brake holds each way; of the last day somebody was told already."""
    held: Counter[tuple[str, Direction]] = Counter()
    after = ""
    while page := await world.held_events.page(after, _PAGE):
        held.update(
            (one.brake, one.direction)
            for one in page
            if not one.is_let_through and one.held_at <= before
        )
        after = page[-1].place
    return held
