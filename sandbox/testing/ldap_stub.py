"""An LDAPS server that answers as it is told to: a code, a referral, garbage.

It is for what no real domain controller does on demand. Everything else is tested against Samba.
"""

import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import IntEnum

from sandbox.certificates import ServerCertificate

SUCCESS, REFERRAL = 0, 10
GARBAGE = b"\x30\x03\x02\x01"


class Request(IntEnum):
    """The operations that it knows, by their tags in RFC 4511; an answer's tag is one more."""

    BIND = 0x60
    SEARCH = 0x63
    MODIFY = 0x66


@dataclass
class Answers:
    """What it answers to each operation; a success without anything else if nothing is said."""

    codes: dict[Request, int] = field(default_factory=dict)
    referral: str = ""
    """Where it sends the client on, with each code that is a referral."""
    garbage: set[Request] = field(default_factory=set)
    """What it answers with bytes that are no LDAP message."""

    def to(self, request: Request, message_id: bytes) -> bytes:
        """The answer's bytes."""
        if request in self.garbage:
            return GARBAGE * 40
        tag = {Request.BIND: 0x61, Request.SEARCH: 0x65, Request.MODIFY: 0x67}[request]
        code = self.codes.get(request, SUCCESS)
        result = _ber(0x0A, bytes([code])) + _ber(0x04, b"") + _ber(0x04, b"")
        if code == REFERRAL:
            result += _ber(0xA3, _ber(0x04, self.referral.encode()))
        return _ber(0x30, message_id + _ber(tag, result))


def _ber(tag: int, content: bytes) -> bytes:
    size = len(content)
    length = bytes([size]) if size < 128 else bytes([0x82]) + size.to_bytes(2)
    return bytes([tag]) + length + content


class _Handler(socketserver.StreamRequestHandler):
    server: "_Server"

    def handle(self) -> None:
        with suppress(OSError, IndexError):
            while message := self._message():
                size = message[1]
                message_id, operation = message[: 2 + size], message[2 + size]
                if operation not in set(Request):
                    return  # an unbind
                self.wfile.write(self.server.answers.to(Request(operation), message_id))

    def _message(self) -> bytes:
        tag, first = self.rfile.read(2)
        assert tag == 0x30
        more = first - 0x80
        size = int.from_bytes(self.rfile.read(more)) if more > 0 else first
        return self.rfile.read(size)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, certificate: ServerCertificate, answers: Answers) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers = answers
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.certificate, certificate.key)
        self.socket = context.wrap_socket(self.socket, server_side=True)

    def handle_error(self, *_: object) -> None:
        """Say nothing of clients that go away."""


@contextmanager
def answering(certificate: ServerCertificate, answers: Answers) -> Iterator[int]:
    """A server for as long as the context lasts; gives its port."""
    with _Server(certificate, answers) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield int(server.server_address[1])
        server.shutdown()
        thread.join()
