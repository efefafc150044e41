"""From the first request to the last line that a function gets to run.

After SIGTERM the real host goes on as before, in this order: HTTP takes no more requests and lets
running ones end; what runs at that moment may end, while listeners go on taking messages and firing
timers; then they stop and let what they have begun end. All but the HTTP part has ten seconds
together. Then the app's process is killed at whatever line it is; nothing is settled, no lease is
given back. Source: `WebJobsScriptHostService.StopAsync` and
`FunctionInvocationDispatcherShutdownManager` in azure-functions-host; seen at host 4.1037.
"""

import asyncio
import logging
import signal
from collections.abc import Callable, Iterable, Sequence

from sandbox.functions_host.dispatcher import Dispatcher
from sandbox.functions_host.grace import GRACE_SECONDS
from sandbox.functions_host.http_listener import HttpServer
from sandbox.functions_host.listener import Listener, attend

_log = logging.getLogger(__name__)


class Lifetime:
    """Runs everything, and ends it as the real host does."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        server: HttpServer,
        listeners: Sequence[Listener],
        draining: asyncio.Event,
        grace: float = GRACE_SECONDS,
    ) -> None:
        """Prepare to run.

        Args:
            dispatcher: Whose process is killed in the end.
            server: Serves HTTP.
            listeners: Invoke functions until they are told to stop.
            draining: Tells the listeners to stop; set here, or before by an operator.
            grace: Seconds that functions have after SIGTERM.
        """
        self._dispatcher = dispatcher
        self._server = server
        self._listeners = listeners
        self._draining = draining
        self._grace = grace

    async def run(self, ready: Callable[[int], None]) -> bool:
        """Run until SIGTERM or SIGINT.

        Args:
            ready: Called with the port once HTTP is served.

        Returns:
            False when the app's process has died too often.
        """
        stop = _stop_signal()
        leave = asyncio.Event()
        try:
            async with asyncio.TaskGroup() as group:
                serving = group.create_task(self._server.run(leave))
                listening = [
                    group.create_task(attend(listener, self._draining))
                    for listener in self._listeners
                ]
                watching = group.create_task(self._dispatcher.watch())
                await self._server.started_serving.wait()
                ready(self._server.port)
                stopped = await _first(stop, watching)
                _log.info("stopping")
                leave.set()
                await serving
                await self._wind_down(listening)
                watching.cancel()
        finally:
            await self._dispatcher.kill()
        return stopped

    async def _wind_down(self, listening: Sequence[asyncio.Task[None]]) -> None:
        try:
            async with asyncio.timeout(self._grace):
                await _all(self._dispatcher.running)
                self._draining.set()
                await _all(listening)
        except TimeoutError:
            _log.warning("cut off after %s s: %s", self._grace, self._dispatcher.running_names())
            for task in listening:
                task.cancel()


def _stop_signal() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


async def _first(stop: asyncio.Event, watching: asyncio.Task[None]) -> bool:
    """Wait for either; True when it was the signal."""
    waiting = asyncio.create_task(stop.wait())
    await asyncio.wait((waiting, watching), return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    return stop.is_set()


async def _all(those: Iterable[asyncio.Future[None]]) -> None:
    """Wait for all of them, and cancel none."""
    chosen = list(those)
    if chosen:
        await asyncio.wait(chosen)
