"""A TCP relay in front of the tenant that makes it as far away as Graph is."""

import asyncio
import threading
from types import TracebackType
from typing import Self

_CHUNK = 64 * 1024


class Relay:
    """Passes bytes both ways, each half of `round_trip` later; runs in a thread of its own.

    A delay of the transport and not of the server: a request with twenty items waits once, as it
    does on the way to Graph.
    """

    def __init__(self, port: int) -> None:
        """Relay to a port on the loopback address."""
        self._target = port
        self.round_trip = 0.0
        """Seconds added to every round trip; may change at any time."""
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._connections: set[asyncio.Task[None]] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task:
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)
        to_reader, to_writer = await asyncio.open_connection("127.0.0.1", self._target)
        try:
            await asyncio.gather(self._pass(reader, to_writer), self._pass(to_reader, writer))
        except (OSError, asyncio.CancelledError):
            writer.close()
            to_writer.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(_CHUNK):
            self._loop.call_later(self.round_trip / 2, writer.write, chunk)
        self._loop.call_later(self.round_trip / 2, writer.close)
