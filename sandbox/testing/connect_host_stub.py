"""What the tenant sees of a Connect host, where a test wants a writeback to end in its own way."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass
class ConnectHost:
    """One endpoint that answers as it is told."""

    url: str
    status: int = 200
    answer: dict[str, Any] = field(default_factory=lambda: {"eventId": 31002})
    received: list[dict[str, Any]] = field(default_factory=list)

    def refuse(self) -> None:
        """From now on answer what a host says whose account may not reset the password."""
        self.status, self.answer = 403, {"eventId": 33004, "message": "Access is denied."}


@contextmanager
def listening() -> Iterator[ConnectHost]:
    """A host on a free port, gone at the end."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            host.received.append({"path": self.path, **json.loads(body)})
            self.send_response(host.status)
            self.end_headers()
            self.wfile.write(json.dumps(host.answer).encode())

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        host = ConnectHost(f"http://127.0.0.1:{server.server_port}")
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield host
        finally:
            server.shutdown()
            thread.join()
