"""A small real HTTP server that answers as the operator API does, and `sspr` run against it."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, override

from typer.testing import CliRunner, Result

from cli.main import app

KEY = "a-function-key"
LOST = (0, None)
"""The request is taken, and the connection closed without an answer."""
NOT_KNOWN = (404, {"error": {"reason": "nobody and nothing is known by that name"}})

type Answer = tuple[int, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came in; of a path the part behind /api/."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Api(ThreadingHTTPServer):
    """Answers each path with what it was given, one after the other, the last one for ever.

    A path is looked for with its query, then without.
    """

    daemon_threads = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, list[Answer]] = {}
        self.asked: list[Asked] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/api"

    @property
    def paths(self) -> list[str]:
        return [one.path for one in self.asked]

    @property
    def posts(self) -> list[Asked]:
        return [one for one in self.asked if one.method == "POST"]

    def answer(self, path: str, *answers: Answer) -> None:
        self.answers[path] = list(answers)

    def next_answer(self, path: str) -> Answer:
        waiting = self.answers.get(path) or self.answers.get(path.partition("?")[0], [])
        return waiting.pop(0) if len(waiting) > 1 else waiting[0] if waiting else (404, None)


class _Handler(BaseHTTPRequestHandler):
    server: Api
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def _answer(self, method: str) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", "0")))
        asked = Asked(method, self.path.removeprefix("/api/"), headers, body)
        self.server.asked.append(asked)
        code, value = self.server.next_answer(asked.path)
        if headers.get("x-functions-key") != KEY and "authorization" not in headers:
            code, value = 401, None
        if code == 0:
            self.close_connection = True
            return
        content = _content(value, asked)
        self.send_response(code)
        self.send_header("content-length", str(len(content)))
        if code == 307:
            self.send_header("location", "https://elsewhere.test/api/status")
        self.end_headers()
        self.wfile.write(content)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Nothing: a test's output is for its failures."""


def _content(value: Any, asked: Asked) -> bytes:
    if value is None:
        return b""
    if value == "keys":
        value = {"keys": [f"k{number}" for number, _ in enumerate(asked.json, start=1)]}
    return value.encode() if isinstance(value, str) else json.dumps(value).encode()


@contextmanager
def serving() -> Iterator[Api]:
    """The server, for as long as the test takes."""
    server = Api()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def sspr(api: Api | None, *arguments: str, stdin: str | None = None, **env: str) -> Result:
    """Run a command; without `api` nothing is set."""
    known = {"SSPR_URL": api.url if api else "", "SSPR_KEY": KEY if api else "", "SSPR_TOKEN": ""}
    wide = {"COLUMNS": "200"}
    return CliRunner().invoke(app, list(arguments), input=stdin, env=wide | known | env)


def refusal(reason: str, **more: Any) -> dict[str, Any]:
    """The body of every answer that is not a success."""
    return {"error": {"reason": reason, **more}}
