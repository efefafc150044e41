"""An event loop whose time is put forward by the test, for what ends after minutes."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

_TOO_LONG = 5
"""Seconds: whoever waits for them all has forgotten to give up."""


class OwnTime(asyncio.SelectorEventLoop):
    """Time passes in it as everywhere, and faster when it is told so."""

    def __init__(self) -> None:
        super().__init__()
        self._ahead = 0.0

    def time(self) -> float:
        return super().time() + self._ahead

    def put_forward(self, time: timedelta) -> None:
        """Let so much time be over."""
        self._ahead += time.total_seconds()

    async def stand_still(self, time: timedelta) -> None:
        """Take so much time, and then more than anybody here waits for."""
        self.put_forward(time)
        await asyncio.sleep(_TOO_LONG)


def in_own_time(work: Callable[[OwnTime], Awaitable[None]]) -> None:
    """Run the work on a loop of its own."""
    loop = OwnTime()

    async def working() -> None:
        await work(loop)

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(working())
