"""The directory of the Azure CLI's stand-in, by REST, for scripts that ask with the CLI's token.

Lists come in pages of two, and every request has to bring the token.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, override
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.support.azure_cli import TOKEN, Refused, change, read

_PAGE = 2


@contextmanager
def serving(file: Path) -> Iterator[str]:
    """Serve the directory that is kept in the file; its address without a version."""

    class Handler(_Handler):
        state_file = file

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    state_file: Path

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PATCH(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def _serve(self) -> None:
        length = int(self.headers.get("content-length", "0"))
        content = json.loads(self.rfile.read(length)) if length else {}
        try:
            code, answer = self._answer(content)
        except Refused as refused:
            code, answer = 400, {"error": {"code": "Refused", "message": str(refused)}}
        body = json.dumps(answer).encode() if answer is not None else b""
        self.send_response(code)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _answer(self, content: Any) -> tuple[int, Any]:
        if self.headers.get("authorization") != f"Bearer {TOKEN}":
            return 401, {"error": {"code": "InvalidAuthenticationToken", "message": "no token"}}
        parts = urlsplit(self.path)
        path, query = parts.path.removeprefix("/v1.0/").split("/"), dict(parse_qsl(parts.query))
        state = json.loads(self.state_file.read_text())
        if self.command == "GET":
            return 200, self._page(read(path, query, state), parts.path, query)
        state["changes"].append(f"{self.command.lower()} {'/'.join(path)}")
        answer = change(self.command.lower(), path, content, state)
        self.state_file.write_text(json.dumps(state))
        return (204, None) if answer is None else (201, answer)

    def _page(self, answer: Any, path: str, query: dict[str, str]) -> Any:
        if "value" not in answer:
            return answer
        begin = int(query.pop("$skiptoken", "0"))
        page = {"value": answer["value"][begin : begin + _PAGE]}
        if begin + _PAGE < len(answer["value"]):
            more = urlencode({**query, "$skiptoken": begin + _PAGE})
            address = f"http://{self.headers['host']}"
            return {**page, "@odata.nextLink": f"{address}{path}?{more}"}
        return page

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Nothing: a test's output is for its failures."""
