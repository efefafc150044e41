"""In portions: a batch is worked through in time for its locks, and what is not done given back.

A group of messages comes to one end: all who are in it wait for the slowest, and fail together. So
work on it ends at half a lock. What is not done by then, or what the other side does not take now,
is sent to the same queue again, for later and with its place of before; so waiting costs no
delivery, and nobody ends among the dead letters for somebody else's outage. A crash in between
sends some twice: every handler can take that.

What nobody foresaw may be one message's doing. The portion is halved until that one is alone; the
others are done, and it is kept whole. Where nothing succeeds at all it is taken for an outage.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.domain.errors import DirectoryUnavailable, LedgerConflict, ServiceUnavailable
from shared.domain.signals import WorkPostponed, plain_text
from shared.ports.world import World
from shared.use_cases.message import Message, given_up
from shared.use_cases.recording import keep_refusals
from shared.use_cases.signalling import emit, say_unforeseen

PORTION = 1_000
"""Messages that are begun together: a whole batch, since halves of it cost nearly as much each."""
PATIENCE = timedelta(days=3)
"""For how long messages are given back: a permission granted late takes a day to count."""
MOST_STUMBLES = 12
"""Portions in a row that fail for reasons that nobody foresaw, before all is taken for an outage:
one more than it takes to find one message in the largest portion, and another beside it."""
SECOND_CHANCES = 3
"""How often a message comes again that fails alone, while nothing shows that others can be done."""
_PASSING = (LedgerConflict, ServiceUnavailable)
_LONGEST_WAIT = timedelta(hours=1)
"""What is asked for beyond it is not believed."""
_STEP = 4
_SHARE_OF_WORK, _SHARE_OF_GIVING_BACK = 0.5, 0.25
"""Of a lock; the rest is for whatever the host does before and after."""
_WHILE_RENEWED = timedelta(minutes=25)
"""The host renews the lock of a message that came alone, and ends its function after 30 minutes."""
_LATE = "no time was left"

type Take = Callable[[Sequence[Message], World, datetime], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a portion was not done."""

    problem: str
    is_foreseen: bool = True
    wait: timedelta = timedelta()
    """For how long the other side asks to be left alone."""


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
    wait: timedelta = timedelta()
    culprits: list[tuple[Message, str]] = field(default_factory=list)
    """Messages that failed alone for a reason that nobody foresaw, each with the reason."""
    done: int = 0
    _stumbles: int = 0

    def __iter__(self) -> Iterator[Sequence[Message]]:
        while self.waiting:
            portion, self.waiting = self.waiting[: self.size], self.waiting[self.size :]
            yield portion

    def note(self, portion: Sequence[Message], trouble: Trouble | None) -> None:
        """Notes that the portion was done, or what kept it from being done."""
        if trouble is None:
            self.done += len(portion)
            self._stumbles = 0
            self.size = min(PORTION, self.size * _STEP)
        elif trouble.is_foreseen:
            self._leave(portion, trouble.problem)
            self.wait = max(self.wait, trouble.wait)
            self.size = max(1, self.size // _STEP)
        else:
            self._stumble(portion, trouble.problem)

    def _leave(self, portion: Sequence[Message], problem: str) -> None:
        self.undone += portion
        self.problem = problem

    def _stumble(self, portion: Sequence[Message], problem: str) -> None:
        """Halves the portion, or has found the culprit."""
        self._stumbles += 1
        if len(portion) > 1:
            self.size = (len(portion) + 1) // 2
            self.waiting = [*portion, *self.waiting]
        else:
            self.culprits.append((portion[0], problem))
        if self._stumbles >= MOST_STUMBLES:
            self._leave(self.waiting, problem)
            self.waiting = []


async def in_portions(
    take: Take,
    queue: str,
    messages: Sequence[Message],
    world: World,
    now: datetime,
    *,
    is_renewed: bool = False,
) -> None:
    """Has the messages taken, portion by portion, until all are done or half the lock is over.

    Args:
        take: What deals with them; it may be called again for the same message.
        queue: Where they came from, and are given back to.
        messages: The batch.
        world: Where to.
        now: The time, in UTC.
        is_renewed: Whether the host renews their lock, so that the work may take longer.

    Raises:
        TimeoutError: not even giving back was possible; the broker delivers the batch again.
        Exception: likewise. It is raised late, so that the broker's deliveries are not used up
            within seconds of an outage.
    """
    lock = world.limits.message_lock.total_seconds()
    began = asyncio.get_running_loop().time()
    half = began + lock * _SHARE_OF_WORK
    limit = began + _WHILE_RENEWED.total_seconds() if is_renewed else half
    first = Portions([one for one in messages if not one.comes_again])
    again = Portions(_from_the_other_end([one for one in messages if one.comes_again]), size=1)
    for portions in (first, again):
        for portion in portions:
            portions.note(portion, await _trouble(take, portion, world, now, limit))
    try:
        async with asyncio.timeout(lock * _SHARE_OF_GIVING_BACK):
            await _settle(first, again, queue, world, now)
    except Exception:
        await asyncio.sleep(half - asyncio.get_running_loop().time())
        raise


def _from_the_other_end(messages: list[Message]) -> list[Message]:
    """Turns the order round at every second time that the broker delivers them again.

    So nobody stays behind one that ends the process each time.
    """
    turn = max((one.deliveries for one in messages), default=1)
    return messages[::-1] if turn > 1 and turn % 2 else messages


async def _trouble(
    take: Take, portion: Sequence[Message], world: World, now: datetime, limit: float
) -> Trouble | None:
    """Returns why the portion has to come again, or None if it is done."""
    if asyncio.get_running_loop().time() >= limit:
        return Trouble(_LATE)
    try:
        async with asyncio.timeout_at(limit) as time:
            await take(portion, world, now)
    except DirectoryUnavailable as error:
        asked = timedelta(seconds=min(error.retry_after, _LONGEST_WAIT.total_seconds()))
        return Trouble(str(error), wait=asked)
    except _PASSING as error:
        return Trouble(str(error))
    except TimeoutError:
        # Ours, or somebody else's who waited for an answer: either passes.
        return Trouble(_LATE if time.expired() else "somebody did not answer in time")
    except Exception as error:  # noqa: BLE001  # the log says where
        return Trouble(say_unforeseen(error), is_foreseen=False)
    return None


async def _settle(
    first: Portions, again: Portions, queue: str, world: World, now: datetime
) -> None:
    """Keeps what is known to be hopeless, and gives the rest of what is not done back."""
    undone = first.undone + again.undone
    problem = again.problem or first.problem
    culprits = first.culprits + again.culprits
    others_can = first.done + again.done > 0
    kept = [each for each in culprits if others_can or each[0].returns >= SECOND_CHANCES]
    await keep_refusals([given_up(one, queue, why, now) for one, why in kept], world)
    undone += [one for one, why in culprits if (one, why) not in kept]
    if undone:
        pause = max(world.limits.message_lock * _SHARE_OF_WORK, first.wait, again.wait)
        trouble = Trouble(problem or culprits[-1][1], wait=pause)
        await _give_back(undone, trouble, queue, world, now)


async def _give_back(
    messages: Sequence[Message], trouble: Trouble, queue: str, world: World, now: datetime
) -> None:
    """Puts messages on the queue again; those that have come again for days go to the ledger."""
    shortest = world.limits.message_lock * _SHARE_OF_WORK
    hopeless = [one for one in messages if one.returns * shortest >= PATIENCE]
    await keep_refusals([given_up(one, queue, trouble.problem, now) for one in hopeless], world)
    again = [one.returned() for one in messages if one.returns * shortest < PATIENCE]
    if again:
        await world.outbox.return_messages(queue, again, trouble.wait)
        reason = plain_text(trouble.problem)
        emit([WorkPostponed(queue=queue, messages=len(again), reason=reason)])
