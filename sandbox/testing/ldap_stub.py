"""An LDAPS server that answers as it is told to: a code, a referral, garbage.

It is for what no real domain controller does on demand. Everything else is tested against Samba.
"""

import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from sandbox.certificates import ServerCertificate
from sandbox.testing.ldap_wire import SUCCESS, Request, message_parts, read_message, result

GARBAGE = b"\x30\x03\x02\x01"


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
        code = self.codes.get(request, SUCCESS)
        return result(message_id, request, code, referral=self.referral)


class _Handler(socketserver.StreamRequestHandler):
    server: "_Server"

    def handle(self) -> None:
        with suppress(OSError, IndexError):
            while message := read_message(self.rfile):
                message_id, operation = message_parts(message)
                if operation not in set(Request):
                    return  # an unbind
                self.wfile.write(self.server.answers.to(Request(operation), message_id))


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
