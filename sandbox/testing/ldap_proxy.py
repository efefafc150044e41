"""A proxy between the worker and a real domain controller, with faults on demand.

It speaks LDAPS on both sides, hands messages on as they are, and answers those itself for which a
fault is switched on: with any result code, a referral or an entry of its own, after a while or
never. It sees what is asked, and so tells what a test would otherwise have to believe.
"""

import contextlib
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.certificates import ServerCertificate
from sandbox.testing.ldap_wire import (
    SUCCESS,
    Request,
    entry,
    message_parts,
    read_message,
    result,
)

_CHUNK = 65_536


@dataclass(kw_only=True)
class Fault:
    """What becomes of the requests that it is for."""

    request: Request
    containing: bytes = b""
    """Only of those in whose bytes this stands, as a member's GUID in the text of a DN."""
    code: int = SUCCESS
    words: str = ""
    """The server's message, as `80090308: … data 775, v4563`."""
    referral: str = ""
    entry: Mapping[str, Sequence[bytes]] | None = None
    """An entry that a search is answered with, and nothing else."""
    hangs: bool = False
    """It is never answered, and the connection stays open."""
    resets: bool = False
    """The connection is reset at once."""
    times: int | None = None
    """After how many requests it is over; None: never."""
    met: int = 0
    """How many requests it was for so far."""

    def is_for(self, request: int, message: bytes) -> bool:
        """Whether it is for this one."""
        over = self.times is not None and self.met >= self.times
        return not over and request == self.request and self.containing in message

    def answer(self, message_id: bytes) -> bytes:
        """What is answered in the controller's place."""
        found = entry(message_id, "", self.entry) if self.entry is not None else b""
        return found + result(
            message_id, self.request, self.code, words=self.words, referral=self.referral
        )


@dataclass
class Proxy:
    """The faults that are switched on, and what was asked so far."""

    port: int
    faults: list[Fault] = field(default_factory=list)
    requests: list[tuple[int, bytes]] = field(default_factory=list)
    """Of each message its operation's tag and its bytes, in the order in which they came."""

    def asked(self, request: Request, containing: bytes = b"") -> int:
        """How many requests of a kind have come, with these bytes in them."""
        return sum(tag == request and containing in message for tag, message in self.requests)

    def fault_for(self, request: int, message: bytes) -> Fault | None:
        """The first fault that is for the message; it counts as met."""
        self.requests.append((request, message))
        for fault in self.faults:
            if fault.is_for(request, message):
                fault.met += 1
                return fault
        return None


class _Handler(socketserver.StreamRequestHandler):
    server: "_Server"

    def setup(self) -> None:
        self.request = self.server.context.wrap_socket(self.request, server_side=True)
        super().setup()

    def handle(self) -> None:
        with contextlib.suppress(OSError, IndexError), self.server.far() as far:
            threading.Thread(target=self._hand_back, args=(far,), daemon=True).start()
            while message := read_message(self.rfile):
                message_id, operation = message_parts(message)
                fault = self.server.proxy.fault_for(operation, message)
                if fault is None:
                    far.sendall(message)
                elif fault.resets:
                    # With no time to linger, closing is a reset.
                    linger = b"\x01\0\0\0\0\0\0\0"
                    self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                    return
                elif not fault.hangs:
                    self.request.sendall(fault.answer(message_id))

    def _hand_back(self, far: ssl.SSLSocket) -> None:
        with contextlib.suppress(OSError, ValueError):
            while chunk := far.recv(_CHUNK):
                self.request.sendall(chunk)
            self.request.shutdown(socket.SHUT_RDWR)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(
        self,
        certificate: ServerCertificate,
        target: tuple[str, int],
        name: str,
        authority: Path,
        at: tuple[str, int],
    ) -> None:
        super().__init__(at, _Handler)
        self.proxy = Proxy(int(self.server_address[1]))
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate.certificate, certificate.key)
        self._target, self._name = target, name
        self._trusting = ssl.create_default_context(cafile=str(authority))

    @contextlib.contextmanager
    def far(self) -> Iterator[ssl.SSLSocket]:
        """A connection to the real controller."""
        with (
            socket.create_connection(self._target) as plain,
            self._trusting.wrap_socket(plain, server_hostname=self._name) as secured,
        ):
            yield secured

    def handle_error(self, *_: object) -> None:
        """Say nothing of clients that go away."""


@contextlib.contextmanager
def proxying(
    certificate: ServerCertificate,
    target: tuple[str, int],
    name: str,
    authority: Path,
    at: tuple[str, int] = ("127.0.0.1", 0),
) -> Iterator[Proxy]:
    """A proxy in front of the controller at an address, for as long as the context lasts.

    Args:
        certificate: What the proxy shows itself by.
        target: Where the controller is.
        name: The controller's, as in its certificate.
        authority: Who signed that.
        at: Where the proxy listens; at any free port where none is said.
    """
    with _Server(certificate, target, name, authority, at) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.proxy
        server.shutdown()
        thread.join()
