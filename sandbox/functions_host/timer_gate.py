"""Holds the timers back while the sandbox's clock moves, so that nobody judges half-way."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

LONGEST_HOLD_SECONDS = 120
"""Whoever holds the timers may die; then they go on by themselves."""


class TimerGate:
    """Open, or held: then no timer function begins, and none is running."""

    def __init__(self) -> None:
        self._open = asyncio.Event()
        self._open.set()
        self._running = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._expiry: asyncio.TimerHandle | None = None

    @asynccontextmanager
    async def passage(self) -> AsyncIterator[None]:
        """Wait until the gate is open; whoever holds it meanwhile waits for the end of this."""
        await self._open.wait()
        self._running += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._running -= 1
            if not self._running:
                self._idle.set()

    async def hold(self, patience_seconds: float) -> None:
        """Let no timer begin, and wait for those that run.

        Raises:
            TimeoutError: one of them runs on; the gate is open again.
        """
        self.release()
        self._open.clear()
        self._expiry = asyncio.get_running_loop().call_later(LONGEST_HOLD_SECONDS, self.release)
        try:
            await asyncio.wait_for(self._idle.wait(), patience_seconds)
        except TimeoutError:
            self.release()
            raise

    def release(self) -> None:
        """Open the gate; what has come due meanwhile begins."""
        if self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None
        self._open.set()
