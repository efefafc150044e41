"""One life of the app's process, as the host sees it."""

import asyncio
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from sandbox.functions_host.channel import Channel, Invocation, Loaded
from sandbox.functions_host.function import Outcome
from sandbox.functions_host.protocol import TypedData

START_SECONDS = 60


class WorkerEndedError(Exception):
    """The process has ended, and with it whatever ran in it."""


class WorkerProcess:
    """A running process that has loaded the app, or has said why it could not.

    Attributes:
        loaded: What it said of the app.
        ended: Set once the process has ended.
    """

    def __init__(
        self, process: asyncio.subprocess.Process, channel: Channel, loaded: Loaded
    ) -> None:
        self._process = process
        self._channel = channel
        self._waiting: dict[str, asyncio.Future[Outcome]] = {}
        self.loaded = loaded
        self.ended = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def start(cls, app: Path, clock: Path | None) -> Self:
        """Start the process and wait until it has loaded the app.

        Raises:
            WorkerEndedError: When it ends before, or takes too long.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            process = await _launch(app, clock, theirs)
        channel = await Channel.over(ours)
        try:
            async with asyncio.timeout(START_SECONDS):
                return cls(process, channel, await channel.receive())
        except (EOFError, TimeoutError):
            _kill(process)
            status = await process.wait()
            raise WorkerEndedError(f"ended with status {status} while it loaded the app") from None
        except asyncio.CancelledError:
            _kill(process)
            raise

    async def invoke(
        self,
        invocation_id: str,
        function: str,
        data: TypedData,
        metadata: Mapping[str, TypedData],
    ) -> Outcome:
        """Run a function once.

        Raises:
            WorkerEndedError: When the process ends before the function does.
        """
        if self.ended.is_set():
            raise WorkerEndedError
        answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting[invocation_id] = answer
        try:
            await self._channel.send(Invocation(invocation_id, function, data, metadata))
            return await answer
        except ConnectionError as error:
            raise WorkerEndedError from error
        finally:
            del self._waiting[invocation_id]

    def kill(self) -> None:
        """End the process at whatever line it is."""
        _kill(self._process)

    async def wait(self) -> int:
        """Wait for the end of the process, and give its status."""
        await self.ended.wait()
        return await self._process.wait()

    async def _read(self) -> None:
        try:
            while True:
                finished = await self._channel.receive()
                answer = self._waiting.get(finished.invocation)
                if answer is not None and not answer.done():
                    answer.set_result(finished.outcome)
        except EOFError:
            self.ended.set()
            for answer in self._waiting.values():
                if not answer.done():
                    answer.set_exception(WorkerEndedError())


async def _launch(
    app: Path, clock: Path | None, channel: socket.socket
) -> asyncio.subprocess.Process:
    command = [sys.executable, "-m", "sandbox.functions_host.worker", "--app", str(app)]
    if clock:
        command += ["--clock", str(clock)]
    # Functions may print; standard output is for the one line that says where the host listens.
    return await asyncio.create_subprocess_exec(
        *command,
        "--channel",
        str(channel.fileno()),
        stdin=asyncio.subprocess.PIPE,
        stdout=sys.stderr,
        pass_fds=[channel.fileno()],
    )


def _kill(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
