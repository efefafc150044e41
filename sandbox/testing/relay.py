"""A TCP relay that can swallow everything, as a firewall does that has forgotten a connection."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_CHUNK = 65_536


class Relay:
    """Hands bytes on in both directions, until it swallows them; no connection ends by that."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._server = socket.create_server(("127.0.0.1", 0))
        self._sockets = [self._server]
        self._swallows = threading.Event()

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self._server.getsockname()[1]
        return port

    def swallow(self) -> None:
        """From now on nothing gets through, in either direction, and nobody is told."""
        self._swallows.set()

    def flow(self) -> None:
        """Let new bytes through again; those that were swallowed are lost."""
        self._swallows.clear()

    def serve(self) -> None:
        """Relay every connection that comes, until closed."""
        with suppress(OSError):
            while True:
                near, _ = self._server.accept()
                far = socket.create_connection(self._target)
                self._sockets += [near, far]
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def close(self) -> None:
        """End every connection."""
        for one in self._sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while chunk := source.recv(_CHUNK):
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
