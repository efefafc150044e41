"""The control API: conditions, cycles, events and password writeback, as JSON over HTTP."""

from http import HTTPStatus
from typing import Any

from pydantic import AwareDatetime, BaseModel, Field

from sandbox.connect_host.conditions import Conditions
from sandbox.connect_host.engine import CycleRefusedError, SyncEngine
from sandbox.connect_host.event_log import (
    RESET_FAILED,
    RESET_STARTED,
    RESET_SUCCEEDED,
    SERVICE_STARTED,
    SERVICE_STOPPED,
)
from sandbox.connect_host.wsman import Wsman
from sandbox.directory_sync.active_directory import ActiveDirectory
from sandbox.directory_sync.control_api import Answer, answer_writeback
from sandbox.directory_sync.writeback import NOT_WORKING, WritebackError


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
        status, answer = answer_writeback(self._ad, body, self._refusal())
        if status == HTTPStatus.OK:
            self._engine.log.write(RESET_STARTED, RESET_SUCCEEDED)
        elif not self._engine.conditions.is_deaf:
            # What a person's own failure is, is told by an event beside the one that says so.
            self._engine.log.write(RESET_STARTED, answer["eventId"], RESET_FAILED)
        return status, answer

    def _refusal(self) -> WritebackError | None:
        conditions = self._engine.conditions
        if conditions.staging:
            return WritebackError(NOT_WORKING, "This server is in staging mode.")
        if conditions.is_deaf:
            return WritebackError(NOT_WORKING, "The password reset service does not listen.")
        failure = conditions.writeback_failure
        return None if failure is None else WritebackError(failure)
