"""A TCP relay that can swallow everything, as a firewall that forgot a connection, or hold it."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial

_CHUNK = 65_536


class Relay:
    """Hands bytes on in both directions, until it swallows them; no connection ends by that."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._server = socket.create_server(("127.0.0.1", 0))
        self._sockets = [self._server]
        self._swallows = threading.Event()
        self._flows = threading.Event()
        self._flows.set()
        self._condition: Callable[[], bool] | None = None
        self._caught = threading.Event()

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self._server.getsockname()[1]
        return port

    def swallow(self) -> None:
        """From now on nothing gets through, in either direction, and nobody is told."""
        self._swallows.set()

    def swallow_when(self, condition: Callable[[], bool]) -> threading.Event:
        """Swallow everything from the first bytes of a client's on that come when it is so.

        Returns what is set then.
        """
        self._caught = threading.Event()
        self._condition = condition
        return self._caught

    def hold(self) -> None:
        """From now on bytes wait, in either direction, until they flow again."""
        self._flows.clear()

    def flow(self) -> None:
        """Let bytes through again; those that were swallowed are lost."""
        self._condition = None
        self._swallows.clear()
        self._flows.set()

    def serve(self) -> None:
        """Relay every connection that comes, until closed."""
        with suppress(OSError):
            while True:
                near, _ = self._server.accept()
                far = socket.create_connection(self._target)
                self._sockets += [near, far]
                for pump in (
                    partial(self._pump, near, far, asks=True),
                    partial(self._pump, far, near),
                ):
                    threading.Thread(target=pump, daemon=True).start()

    def close(self) -> None:
        """End every connection."""
        self._flows.set()
        for one in self._sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _pump(self, source: socket.socket, sink: socket.socket, *, asks: bool = False) -> None:
        with suppress(OSError):
            while chunk := source.recv(_CHUNK):
                self._flows.wait()
                if asks and self._condition is not None and self._condition():
                    self._swallows.set()
                    self._caught.set()
                if not self._swallows.is_set():
                    sink.sendall(chunk)
            sink.shutdown(socket.SHUT_WR)


@contextmanager
def relaying(target: tuple[str, int]) -> Iterator[Relay]:
    """A relay to an address, for as long as the context lasts."""
    relay = Relay(target)
    thread = threading.Thread(target=relay.serve, daemon=True)
    thread.start()
    try:
        yield relay
    finally:
        relay.close()
        thread.join()
