"""The HTTP side of the WS-Management endpoint: `POST /wsman`, with and without TLS."""

import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import socket
from typing import Any

from sandbox.certificates import ServerCertificate
from sandbox.connect_host.authentication import ENCRYPTED_TYPE, ConnectionLogon, Unauthorized
from sandbox.connect_host.conditions import Conditions
from sandbox.connect_host.wsman import Wsman
from sandbox.directory_sync.active_directory import ActiveDirectory

_GLANCE_SECONDS = 0.1
_PLAIN_TYPE = "application/soap+xml;charset=UTF-8"


class WsmanServer(ThreadingHTTPServer):
    """The endpoint on one port; with a certificate it speaks TLS."""

    def __init__(
        self,
        address: tuple[str, int],
        wsman: Wsman,
        ad: ActiveDirectory,
        conditions: Callable[[], Conditions],
        certificate: ServerCertificate | None = None,
    ) -> None:
        super().__init__(address, _Handler)
        self.wsman = wsman
        self.conditions = conditions
        self._ad = ad
        self._tls: ssl.SSLContext | None = None
        if certificate:
            self._tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self._tls.load_cert_chain(certificate.certificate, certificate.key)

    def new_logon(self) -> ConnectionLogon:
        """Return the logon of a new connection."""
        return ConnectionLogon(self._ad, tls=self._tls is not None)

    def get_request(self) -> tuple[socket, Any]:
        """Accept a connection; its first read does the handshake, in a thread of its own."""
        connection, address = super().get_request()
        if self._tls:
            connection = self._tls.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        return connection, address


class _Handler(BaseHTTPRequestHandler):
    """Serves one connection, which has one logon."""

    protocol_version = "HTTP/1.1"
    server: WsmanServer

    def setup(self) -> None:
        super().setup()
        self._logon = self.server.new_logon()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.rstrip("/") != "/wsman":
            self._reply(HTTPStatus.NOT_FOUND)
            return
        content_type = self.headers.get("Content-Type") or ""
        try:
            token = self._logon.admit(self.headers.get("Authorization"))
            envelope = self._logon.decrypt(content_type, body)
        except Unauthorized as unauthorized:
            challenges = [("WWW-Authenticate", one) for one in unauthorized.challenges]
            self._reply(HTTPStatus.UNAUTHORIZED, headers=challenges)
        except PermissionError:
            self._reply(HTTPStatus.FORBIDDEN)
        else:
            headers = [("WWW-Authenticate", token)] if token else []
            self._answer(envelope, headers, encrypted=content_type.startswith("multipart/"))

    def _answer(self, envelope: bytes, headers: list[tuple[str, str]], *, encrypted: bool) -> None:
        if not envelope:
            self._reply(HTTPStatus.OK, headers=headers)
            return
        try:
            succeeded, answer = self.server.wsman.answer(envelope)
        except ValueError as error:
            self._reply(HTTPStatus.BAD_REQUEST, str(error).encode(), headers)
            return
        status = HTTPStatus.OK if succeeded else HTTPStatus.INTERNAL_SERVER_ERROR
        content = self._logon.encrypt(answer) if encrypted else answer
        kind = ENCRYPTED_TYPE if encrypted else _PLAIN_TYPE
        self._reply(status, content, [*headers, ("Content-Type", kind)])

    def _reply(
        self,
        status: HTTPStatus,
        content: bytes = b"",
        headers: list[tuple[str, str]] | None = None,
    ) -> None:
        while self.server.conditions().hang == "answer":
            time.sleep(_GLANCE_SECONDS)
        self.send_response(status)
        for name, value in headers or []:
            self.send_header(name, value)
        content = self._left_of(content)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self._write(content)

    def _left_of(self, content: bytes) -> bytes:
        """What a condition leaves of an answer."""
        answers = self.server.conditions().answers
        return {"whole": content, "cut": content[: len(content) // 2], "empty": b""}[answers]

    def _write(self, content: bytes) -> None:
        """Write all at once, unless a condition has it trickle."""
        while content and self.server.conditions().hang == "trickle":
            self.wfile.write(content[:1])
            self.wfile.flush()
            content = content[1:]
            time.sleep(1)
        self.wfile.write(content)

    def handle(self) -> None:
        # Whoever has waited long enough is gone when the answer comes.
        with suppress(ConnectionError):
            super().handle()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # its signature
        """Say nothing of each request."""
