"""Keeps the app's process alive, and hands it what the listeners want to be run.

As the host's own: whatever ends the process fails every invocation that runs in it, and it is
started anew; one that takes too long ends it. After a few deaths the host gives up. The numbers are
`RpcFunctionInvocationDispatcher`'s and `WorkerProcessCountOptions`'s (azure-functions-host 4.1037).
"""

import asyncio
import logging
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping

from sandbox.functions_host.function import Function, Outcome
from sandbox.functions_host.protocol import TypedData
from sandbox.functions_host.worker_process import WorkerEndedError, WorkerProcess

_log = logging.getLogger(__name__)

MOST_DEATHS = 3
_FORGIVEN_AFTER_SECONDS = 30 * 60
_BETWEEN_RESTARTS_SECONDS = 10


class Dispatcher:
    """Invokes functions in a process that may die.

    Attributes:
        functions: What the app has; nothing where it could not be indexed.
        problem: Why it could not be indexed.
    """

    def __init__(
        self, start: Callable[[], Awaitable[WorkerProcess]], *, timeout: float | None
    ) -> None:
        """Prepare to start.

        Args:
            start: Starts a process.
            timeout: How many seconds a function may take; None is for ever.
        """
        self._start = start
        self._timeout = timeout
        self._worker: asyncio.Future[WorkerProcess] = asyncio.get_running_loop().create_future()
        self._deaths: list[float] = []
        self._not_before = 0.0
        self._timed_out = False
        self._running: dict[asyncio.Future[None], str] = {}
        self.functions: tuple[Function, ...] = ()
        self.problem: str | None = None

    @property
    def running(self) -> frozenset[asyncio.Future[None]]:
        """The invocations that have begun and not ended; each is done when it has."""
        return frozenset(self._running)

    def running_names(self) -> str:
        """Name the functions of those invocations."""
        return ", ".join(sorted(self._running.values())) or "nothing"

    async def start(self) -> None:
        """Start the process for the first time.

        Raises:
            WorkerEndedError: When it does not even live until the app is loaded.
        """
        await self._begin()
        loaded = (await self._worker).loaded
        self.functions, self.problem = loaded.functions, loaded.problem

    async def watch(self) -> None:
        """Start the process again whenever it ends; returns once it has ended too often."""
        while self.functions:
            worker = await self._worker
            await worker.ended.wait()
            self._worker = asyncio.get_running_loop().create_future()
            if not self._may_live_again(await worker.wait()):
                return
            try:
                await self._pause()
                await self._begin()
            except WorkerEndedError:
                return
        await asyncio.Event().wait()

    async def invoke(
        self, function: Function, data: TypedData, metadata: Mapping[str, TypedData]
    ) -> Outcome:
        """Run a function once; its exceptions, its time-out and its process's end are outcomes."""
        invocation_id = str(uuid.uuid4())
        worker = await self._living()
        started = time.monotonic()
        marker = asyncio.get_running_loop().create_future()
        self._running[marker] = function.name
        try:
            outcome = await self._run(worker, invocation_id, function, data, metadata)
        finally:
            del self._running[marker]
            marker.set_result(None)
        _tell(function, invocation_id, outcome, time.monotonic() - started)
        return outcome

    async def kill(self) -> None:
        """End the process, with whatever runs in it."""
        if self._worker.done():
            self._worker.result().kill()
            await self._worker.result().wait()

    async def _living(self) -> WorkerProcess:
        """Wait for a process, as in Azure an invocation does while there is none."""
        worker = await asyncio.shield(self._worker)
        while worker.ended.is_set():
            # Its end has been seen here, and is about to be by the watch.
            await asyncio.sleep(0)
            worker = await asyncio.shield(self._worker)
        return worker

    async def _run(
        self,
        worker: WorkerProcess,
        invocation_id: str,
        function: Function,
        data: TypedData,
        metadata: Mapping[str, TypedData],
    ) -> Outcome:
        try:
            async with asyncio.timeout(self._timeout):
                return await worker.invoke(invocation_id, function.name, data, metadata)
        except TimeoutError:
            self._timed_out = True
            worker.kill()
            return Outcome(error=f"FunctionTimeoutException: exceeded {self._timeout} s")
        except WorkerEndedError:
            return Outcome(error="WorkerProcessExitException: the app's process has ended")

    def _may_live_again(self, status: int) -> bool:
        timed_out, self._timed_out = self._timed_out, False
        if timed_out:
            _log.error("the app's process was ended because a function took too long")
            return True
        return self._forgives_death(f"with status {status}")

    def _forgives_death(self, how: str) -> bool:
        now = time.monotonic()
        if self._deaths and now - self._deaths[-1] > _FORGIVEN_AFTER_SECONDS:
            self._deaths.clear()
        self._deaths.append(now)
        _log.error("the app's process ended %s (%s of %s)", how, len(self._deaths), MOST_DEATHS)
        return len(self._deaths) < MOST_DEATHS

    async def _begin(self) -> None:
        """Start a process, and again until one lives or too many have died."""
        while True:
            try:
                self._worker.set_result(await self._start())
            except WorkerEndedError as error:
                if not self._forgives_death(str(error)):
                    raise
            else:
                return
            await self._pause()

    async def _pause(self) -> None:
        await asyncio.sleep(max(self._not_before - time.monotonic(), 0))
        self._not_before = time.monotonic() + _BETWEEN_RESTARTS_SECONDS


def _tell(function: Function, invocation_id: str, outcome: Outcome, seconds: float) -> None:
    _log.log(
        logging.INFO if outcome.succeeded else logging.ERROR,
        "executed function=%s invocation=%s result=%s duration_ms=%.0f%s",
        function.name,
        invocation_id,
        "succeeded" if outcome.succeeded else "failed",
        seconds * 1000,
        "" if outcome.succeeded else f"\n{outcome.error}",
    )
