"""The control API: conditions, cycles and password writeback, as JSON over HTTP."""

import json
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from sandbox.connect_host.active_directory import ActiveDirectory
from sandbox.connect_host.conditions import Conditions
from sandbox.connect_host.engine import CycleRefusedError, SyncEngine
from sandbox.connect_host.event_log import (
    RESET_FAILED,
    RESET_STARTED,
    RESET_SUCCEEDED,
    SERVICE_STARTED,
    SERVICE_STOPPED,
)
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


class _EventsOrder(BaseModel):
    event_id: int = Field(alias="eventId", ge=0, le=65_535)
    count: int = Field(default=1, ge=1, le=10_000)
    at: AwareDatetime | None = None


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
            "POST /events": self._write_events,
            "DELETE /events": self._forget_events,
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
        before = self._engine.conditions
        now = before.model_dump(by_alias=True)
        self._engine.conditions = Conditions.model_validate({**now, **body})
        if self._engine.conditions.service_stopped != before.service_stopped:
            self._engine.log.write(SERVICE_STARTED if before.service_stopped else SERVICE_STOPPED)
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

    def _write_events(self, body: dict[str, Any]) -> Answer:
        order = _EventsOrder.model_validate(body)
        self._engine.log.write(*[order.event_id] * order.count, at=order.at)
        return HTTPStatus.OK, {}

    def _forget_events(self, _: dict[str, Any]) -> Answer:
        self._engine.log.forget()
        return HTTPStatus.OK, {}

    def _write_back(self, body: dict[str, Any]) -> Answer:
        order = _WritebackOrder.model_validate(body)
        log = self._engine.log
        if not self._engine.conditions.is_deaf:
            log.write(RESET_STARTED)
        try:
            write_back(self._ad, self._engine.conditions, order.immutable_id, order.new_password)
        except WritebackError as error:
            if not self._engine.conditions.is_deaf:
                # What a person's own failure is, is told by an event beside the one that says so.
                log.write(error.event_id, RESET_FAILED)
            status = _WRITEBACK_STATUS.get(error.event_id, HTTPStatus.BAD_REQUEST)
            return status, {"eventId": error.event_id, "message": str(error)}
        log.write(RESET_SUCCEEDED)
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
