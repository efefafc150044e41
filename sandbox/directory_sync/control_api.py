"""A control API: routes that answer JSON over HTTP, and the one for password writeback."""

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from sandbox.directory_sync.active_directory import ActiveDirectory
from sandbox.directory_sync.writeback import NOT_WORKING, SUCCESS, WritebackError, write_back

type Answer = tuple[HTTPStatus, Any]
type Routes = Mapping[str, Callable[[dict[str, Any]], Answer]]
"""By method and path, as in `GET /state`."""

_BODY = TypeAdapter(dict[str, Any])
_WRITEBACK_STATUS = {
    33002: HTTPStatus.NOT_FOUND,
    33003: HTTPStatus.CONFLICT,
    33004: HTTPStatus.FORBIDDEN,
    33005: HTTPStatus.CONFLICT,
    33006: HTTPStatus.LOCKED,
    33008: HTTPStatus.UNPROCESSABLE_ENTITY,
    NOT_WORKING: HTTPStatus.SERVICE_UNAVAILABLE,
}


class _WritebackOrder(BaseModel):
    model_config = ConfigDict(strict=True)

    immutable_id: str = Field(alias="onPremisesImmutableId")
    new_password: str = Field(alias="newPassword", min_length=1)


def answer_writeback(
    ad: ActiveDirectory, body: dict[str, Any], refusal: WritebackError | None
) -> Answer:
    """Write a password back, or answer with the refusal that a condition asks for.

    Raises:
        ValidationError, ValueError: the body is not an order.
    """
    order = _WritebackOrder.model_validate(body)
    try:
        if refusal:
            raise refusal
        write_back(ad, order.immutable_id, order.new_password)
    except WritebackError as error:
        status = _WRITEBACK_STATUS.get(error.event_id, HTTPStatus.BAD_REQUEST)
        return status, {"eventId": error.event_id, "message": str(error)}
    return HTTPStatus.OK, {"eventId": SUCCESS}


def control_handler(routes: Routes) -> type[BaseHTTPRequestHandler]:
    """Return the request handler class that serves these routes."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, answer = _answer(routes, f"{self.command} {self.path}", body)
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = _serve  # noqa: N815  # the standard library's names

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # its signature
            """Say nothing of each request."""

    return Handler


def _answer(routes: Routes, route: str, content: bytes) -> Answer:
    serve = routes.get(route)
    if serve is None:
        return HTTPStatus.NOT_FOUND, {"message": f"{route}: no such route"}
    try:
        return serve(_BODY.validate_json(content or b"{}"))
    except ValidationError as error:
        return HTTPStatus.BAD_REQUEST, {"message": _first_problem(error)}
    except ValueError as error:
        return HTTPStatus.BAD_REQUEST, {"message": str(error)}


def _first_problem(error: ValidationError) -> str:
    problem = error.errors()[0]
    return f"{'.'.join(map(str, problem['loc'])) or 'body'}: {problem['msg']}"
