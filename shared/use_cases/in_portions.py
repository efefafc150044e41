"""In portions: a batch is worked through in time for its locks, and what is not done given back.

Nobody renews a batch's locks, and it is completed or abandoned as a whole. So work on it ends at
half a lock. What is not done by then, or what the other side does not take now, is sent to the same
queue again, for later and with its place of before; so waiting costs no delivery, and nobody ends
among the dead letters for somebody else's outage. A crash in between sends some twice: every
handler can take that.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.domain.errors import DirectoryUnavailable, LedgerConflict
from shared.domain.signals import WorkPostponed, plain_text
from shared.ports.world import World
from shared.use_cases.message import Message, given_up
from shared.use_cases.recording import keep_refusals
from shared.use_cases.signalling import emit

PORTION = 1_000
"""Messages that are begun together: a whole batch, since halves of it cost nearly as much each."""
PATIENCE = timedelta(days=3)
"""For how long messages are given back: a permission granted late takes a day to count."""
_PASSING = (DirectoryUnavailable, LedgerConflict)
_STEP = 4
_SHARE_OF_WORK, _SHARE_OF_GIVING_BACK = 0.5, 0.25
"""Of a lock; the rest is for whatever the host does before and after."""
_LATE = "no time was left"

type Take = Callable[[Sequence[Message], World, datetime], Awaitable[None]]


@dataclass(slots=True)
class Portions:
    """How many of the messages to begin together.

    Whoever comes again begins alone, and a failure shortens the next portion: so one message that
    nothing helps does not take its neighbours with it each time, and a batch that was too much for
    its time is done in parts.
    """

    waiting: list[Message]
    size: int = PORTION
    undone: list[Message] = field(default_factory=list)
    problem: str = ""

    def __iter__(self) -> Iterator[Sequence[Message]]:
        while self.waiting:
            portion, self.waiting = self.waiting[: self.size], self.waiting[self.size :]
            yield portion

    def note(self, portion: Sequence[Message], problem: str) -> None:
        """Notes that the portion was done or, in `problem`, what kept it from being done."""
        if problem:
            self.undone += portion
            self.problem = problem
            self.size = max(1, self.size // _STEP)
        else:
            self.size = min(PORTION, self.size * _STEP)


async def in_portions(
    take: Take, queue: str, messages: Sequence[Message], world: World, now: datetime
) -> None:
    """Has the messages taken, portion by portion, until all are done or half the lock is over.

    Raises:
        TimeoutError: not even giving back was possible; the broker delivers the batch again.
        Exception: what nobody foresaw; likewise.
    """
    lock = world.limits.message_lock.total_seconds()
    limit = asyncio.get_running_loop().time() + lock * _SHARE_OF_WORK
    first = Portions([one for one in messages if not one.returns])
    again = Portions([one for one in messages if one.returns], size=1)
    for portions in (first, again):
        for portion in portions:
            portions.note(portion, await _problem(take, portion, world, now, limit))
    undone = first.undone + again.undone
    if undone:
        async with asyncio.timeout(lock * _SHARE_OF_GIVING_BACK):
            await _give_back(undone, again.problem or first.problem, queue, world, now)


async def _problem(
    take: Take, portion: Sequence[Message], world: World, now: datetime, limit: float
) -> str:
    """Returns why the portion has to come again, or an empty text if it is done."""
    if asyncio.get_running_loop().time() >= limit:
        return _LATE
    try:
        async with asyncio.timeout_at(limit) as time:
            await take(portion, world, now)
    except _PASSING as error:
        return str(error)
    except TimeoutError:
        if not time.expired():
            raise
        return _LATE
    return ""


async def _give_back(
    messages: Sequence[Message], problem: str, queue: str, world: World, now: datetime
) -> None:
    """Puts messages on the queue again; those that have come again for days go to the ledger."""
    pause = world.limits.message_lock * _SHARE_OF_WORK
    hopeless = [one for one in messages if one.returns * pause >= PATIENCE]
    await keep_refusals([given_up(one, queue, problem, now) for one in hopeless], world)
    again = [one.returned() for one in messages if one.returns * pause < PATIENCE]
    if again:
        await world.outbox.return_messages(queue, again, pause)
        emit([WorkPostponed(queue=queue, messages=len(again), reason=plain_text(problem))])
