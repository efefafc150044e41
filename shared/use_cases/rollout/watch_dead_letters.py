"""Watch the dead letters: each that is new is told, whatever lies there already."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from shared.contracts.messages import queues
from shared.domain.signals import DeadLetterFound, plain_field
from shared.ports.dead_letters import LARGEST_PAGE, DeadLetter
from shared.ports.world import World
from shared.use_cases.signalling import emit

EVERY = timedelta(minutes=15)
"""Each look opens a connection for each queue."""


async def watch_dead_letters(world: World, now: datetime) -> None:
    """Tells of dead letters that were not there at the look before, where a look is due.

    An alarm on their number alone stays raised while one lies there, and hides the next. Of each
    queue the oldest are looked at, as many as a page has; what lies behind
    them is told once these are dealt with.

    Raises:
        ServiceUnavailable: Service Bus did not answer; the next look tells of them.
    """
    watch = await world.rollouts.watch()
    if watch is None or (watch.letters_at and now - watch.letters_at < EVERY):
        return
    found = await asyncio.gather(*(_peek(one, world) for one in queues.DEAD_LETTERS_OF))
    letters = dict(zip(queues.DEAD_LETTERS_OF, found, strict=True))
    seen = {queue: tuple(one.sequence_number for one in of) for queue, of in letters.items() if of}
    await world.rollouts.keep_watch(replace(watch, letters=seen, letters_at=now))
    for queue, of in letters.items():
        emit(_new(queue, of, watch.letters.get(queue, ())))


async def _peek(queue: str, world: World) -> Sequence[DeadLetter]:
    return await world.dead_letters.peek(queue, after=0, limit=LARGEST_PAGE)


def _new(queue: str, found: Sequence[DeadLetter], seen: Sequence[int]) -> Iterator[DeadLetterFound]:
    reasons = Counter(
        plain_field(one.reason) for one in found if one.sequence_number not in set(seen)
    )
    for reason, letters in sorted(reasons.items()):
        yield DeadLetterFound(queue=queue, letters=letters, reason=reason)
