"""Turns: where a port would wait for the network, somebody else may act first."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

type Pause = Callable[[str], Awaitable[object]]
"""Is handed the name of the point at which a port stands, and may do anything before it goes on.

A method has at least the points `PORT.METHOD` before it begins and, where it changes something,
`PORT.METHOD done` after that: `ledger.amend`, `ledger.amend done`. An error that is raised at the
first is a request that never arrived; at the second, an answer that was lost.
"""


async def straight_on(_: str) -> None:
    """Goes on at once, at every point."""


@dataclass(slots=True)
class Halt:
    """Somebody who was made to stand still at a point."""

    point: str
    _reached: asyncio.Event = field(default_factory=asyncio.Event)
    _released: asyncio.Event = field(default_factory=asyncio.Event)

    async def reached(self) -> None:
        """Waits until somebody stands at the point."""
        await self._reached.wait()

    def release(self) -> None:
        """Lets whoever stands there go on."""
        self._released.set()

    async def _stand(self) -> None:
        self._reached.set()
        await self._released.wait()


@dataclass(slots=True)
class Turns:
    """A `Pause` with which a race is written down: what happens at which point, in which order.

    `points` are all that were passed, in their order.
    """

    points: list[str] = field(default_factory=list)
    _acts: dict[str, list[Callable[[], Awaitable[object]]]] = field(default_factory=dict)

    async def __call__(self, point: str) -> None:
        """Passes the point, after whatever is to be done there first."""
        self.points.append(point)
        acts = self._acts.get(point)
        if acts:
            await acts.pop(0)()

    def at(self, point: str, act: Callable[[], Awaitable[object]], *, skip: int = 0) -> None:
        """Does `act` when the point is passed next, once; what it raises is raised from there.

        Args:
            point: see `Pause`.
            act: may call the same ports; acts that wait for this point then have their turns.
            skip: how many passages go on undisturbed before that.
        """
        undisturbed: list[Callable[[], Awaitable[object]]] = [_nothing] * skip
        self._acts.setdefault(point, []).extend([*undisturbed, act])

    def fail(self, point: str, error: Exception, *, times: int = 1, skip: int = 0) -> None:
        """Raises the error at the next passages of the point, `times` times."""

        async def raising() -> None:
            raise error

        self.at(point, raising, skip=skip)
        for _ in range(times - 1):
            self.at(point, raising)

    def halt(self, point: str, *, skip: int = 0) -> Halt:
        """Makes whoever passes the point next stand still there until they are released."""
        halt = Halt(point)
        self.at(point, halt._stand, skip=skip)  # noqa: SLF001  # its other half
        return halt

    def unused(self) -> list[str]:
        """Returns the points at which something was to happen and nobody came by, once for each."""
        return [point for point, acts in self._acts.items() for _ in acts]


async def _nothing() -> None:
    pass
