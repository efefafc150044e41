"""A stand-in for Application Insights' ingestion endpoint, on the wire."""

import gzip
import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from sandbox.certificates import server_certificate

_KEY = "00000000-0000-0000-0000-0000000000a1"


@dataclass
class Ingestion:
    """What has been sent, and by whom."""

    port: int
    authority: Path
    envelopes: list[dict[str, Any]] = field(default_factory=list)
    authorizations: set[str] = field(default_factory=set)
    paths: set[str] = field(default_factory=set)

    @property
    def connection_string(self) -> str:
        address = f"https://127.0.0.1:{self.port}/"
        return f"InstrumentationKey={_KEY};IngestionEndpoint={address};LiveEndpoint={address}"

    def told(self, event: str) -> list[dict[str, Any]]:
        """The log lines of that name."""
        messages = [one["data"]["baseData"]["message"] for one in self.envelopes]
        lines = [json.loads(one) for one in messages if one.startswith("{")]
        return [line for line in lines if line.get("event") == event]

    def text(self) -> str:
        """Everything that was sent, as it was."""
        return json.dumps(self.envelopes, ensure_ascii=False)


@contextmanager
def ingestion(folder: Path) -> Iterator[Ingestion]:
    """The endpoint, under a certificate of an authority of its own."""
    certificate = server_certificate(folder, "ingestion", ["127.0.0.1"])
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler()) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.certificate, certificate.key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        seen = Ingestion(server.server_address[1], certificate.authority)
        server.RequestHandlerClass.seen = seen  # type: ignore[attr-defined]
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield seen
        finally:
            server.shutdown()


def _handler() -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        seen: Ingestion

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            items = json.loads(body)
            self.seen.paths.add(self.path)
            self.seen.authorizations.add(self.headers.get("Authorization", ""))
            self.seen.envelopes += items
            answer = {"itemsReceived": len(items), "itemsAccepted": len(items), "errors": []}
            text = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
