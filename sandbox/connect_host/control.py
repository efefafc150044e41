"""The control API: conditions, cycles and password writeback, as JSON over HTTP."""

import json
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from sandbox.connect_host.active_directory import ActiveDirectory
from sandbox.connect_host.conditions import Conditions
from sandbox.connect_host.engine import CycleRefusedError, SyncEngine
from sandbox.connect_host.writeback import NOT_WORKING, SUCCESS, WritebackError, write_back
from sandbox.connect_host.wsman import Wsman

type Answer = tuple[HTTPStatus, Any]

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


class Control:
    """What the control API can do, one method per route."""

    def __init__(self, engine: SyncEngine, ad: ActiveDirectory, wsman: Wsman) -> None:
        self._engine = engine
        self._wsman = wsman
        self._ad = ad
        self.routes = {
            "GET /health": lambda _: (HTTPStatus.OK, {"status": "ok"}),
            "GET /state": self._state,
            "POST /conditions": self._set_conditions,
            "POST /sync": self._sync,
            "GET /cycles": self._cycles,
            "DELETE /cycles": self._forget_cycles,
            "POST /writeback": self._write_back,
        }

    def _state(self, _: dict[str, Any]) -> Answer:
        return HTTPStatus.OK, {
            "conditions": self._engine.conditions.model_dump(by_alias=True),
            "syncCycleInProgress": self._engine.in_progress,
            "cycles": len(self._engine.history.cycles),
            "sessions": self._wsman.sessions,
        }

    def _set_conditions(self, body: dict[str, Any]) -> Answer:
        now = self._engine.conditions.model_dump(by_alias=True)
        self._engine.conditions = Conditions.model_validate({**now, **body})
        return HTTPStatus.OK, self._engine.conditions.model_dump(by_alias=True)

    def _sync(self, _: dict[str, Any]) -> Answer:
        try:
            cycle = self._engine.run("control")
        except CycleRefusedError as refusal:
            return HTTPStatus.CONFLICT, {"message": str(refusal)}
        return HTTPStatus.OK, cycle.described()

    def _cycles(self, _: dict[str, Any]) -> Answer:
        return HTTPStatus.OK, [cycle.described() for cycle in self._engine.history.cycles]

    def _forget_cycles(self, _: dict[str, Any]) -> Answer:
        self._engine.history.cycles.clear()
        return HTTPStatus.OK, []

    def _write_back(self, body: dict[str, Any]) -> Answer:
        order = _WritebackOrder.model_validate(body)
        try:
            write_back(self._ad, self._engine.conditions, order.immutable_id, order.new_password)
        except WritebackError as error:
            status = _WRITEBACK_STATUS.get(error.event_id, HTTPStatus.BAD_REQUEST)
            return status, {"eventId": error.event_id, "message": str(error)}
        return HTTPStatus.OK, {"eventId": SUCCESS}


def control_handler(control: Control) -> type[BaseHTTPRequestHandler]:
    """Return the request handler class that serves `control`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, answer = _answer(control, f"{self.command} {self.path}", body)
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


def _answer(control: Control, route: str, content: bytes) -> Answer:
    serve = control.routes.get(route)
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
