"""Processes on one stage: one that dies, one during which another acts, and two in step."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count, cycle
from typing import Any

from shared.adapters.memory.turns import Pause
from shared.ports.world import World
from tests.support.stage import Stage


def process(stage: Stage, pause: Pause) -> World:
    """The stage's world as one more process reaches it, with points of its own."""
    return stage._world(stage.world.tenant_rules, pause)


class ProcessDied(BaseException):
    """The process is no more: nothing of it is done from here on, no tidying up either."""


@dataclass(slots=True)
class Death:
    """A `Pause` of a process that dies at one of its points, counted from 0."""

    number: int
    passed: list[str] = field(default_factory=list)
    came: bool = False

    async def __call__(self, point: str) -> None:
        if len(self.passed) == self.number:
            self.came = True
            raise ProcessDied(point)
        self.passed.append(point)


def deaths() -> Iterator[Death]:
    """A death at each point of the same work in turn; the last comes too late, and is none."""
    for number in count():
        death = Death(number)
        yield death
        if not death.came:
            return


@dataclass(slots=True)
class Meanwhile:
    """A `Pause` at one of whose points, counted from 0, something else is done first."""

    number: int
    act: Callable[[], Awaitable[object]] | None = None
    came: bool = False
    _passed: int = 0

    async def __call__(self, _: str) -> None:
        self._passed += 1
        if self._passed == self.number + 1 and self.act:
            self.came = True
            await self.act()


def meanwhiles() -> Iterator[Meanwhile]:
    """One for each point of the same work in turn; the last has its act come too late."""
    for number in count():
        meanwhile = Meanwhile(number)
        yield meanwhile
        if not meanwhile.came:
            return


@dataclass(slots=True)
class Footstep:
    """A `Pause` that goes on from one point to the next when it is told."""

    _waiting: deque[asyncio.Future[None]] = field(default_factory=deque)

    async def __call__(self, _: str) -> None:
        here = asyncio.get_running_loop().create_future()
        self._waiting.append(here)
        await here

    def go_on(self) -> None:
        """Let whoever has stood at a point for longest go on."""
        if self._waiting:
            self._waiting.popleft().set_result(None)


async def in_step(
    pattern: Sequence[int], *works: Callable[[Pause], Coroutine[Any, Any, object]]
) -> None:
    """Do the works at once: whose turn it is to go on to the next point, the pattern says.

    It is repeated until all are done; what a work raises is raised once they are.
    """
    steps = [Footstep() for _ in works]
    tasks = [asyncio.create_task(work(step)) for work, step in zip(works, steps, strict=True)]
    for turn in cycle((*pattern, *range(len(works)))):
        if all(task.done() for task in tasks):
            break
        steps[turn].go_on()
        await asyncio.sleep(0)
    for task in tasks:
        task.result()
