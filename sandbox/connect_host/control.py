"""The control API of the Connect host; beside what both syncs have, its events and sessions."""

from collections.abc import Sequence
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
from sandbox.connect_host.run_history import Cycle
from sandbox.connect_host.wsman import Wsman
from sandbox.directory_sync.active_directory import ActiveDirectory
from sandbox.directory_sync.control import SyncControl
from sandbox.directory_sync.control_api import Answer
from sandbox.directory_sync.writeback import NOT_WORKING, WritebackError


class _EventsOrder(BaseModel):
    event_id: int = Field(alias="eventId", ge=0, le=65_535)
    count: int = Field(default=1, ge=1, le=10_000)
    at: AwareDatetime | None = None


class Control(SyncControl[Conditions]):
    """What the control API can do, one method per route."""

    def __init__(self, engine: SyncEngine, ad: ActiveDirectory, wsman: Wsman) -> None:
        """Serve this engine and tell of the sessions of its endpoint."""
        super().__init__(ad, engine.run, CycleRefusedError)
        self._engine = engine
        self._wsman = wsman
        self.routes |= {
            "DELETE /cycles": self._forget_cycles,
            "POST /events": self._write_events,
            "DELETE /events": self._forget_events,
        }

    @property
    def _conditions(self) -> Conditions:
        return self._engine.conditions

    def _change_conditions(self, wanted: Conditions) -> None:
        before = self._engine.conditions
        self._engine.conditions = wanted
        if wanted.service_stopped != before.service_stopped:
            self._engine.log.write(SERVICE_STARTED if before.service_stopped else SERVICE_STOPPED)

    @property
    def _cycles(self) -> Sequence[Cycle]:
        return self._engine.history.cycles

    def _state(self) -> dict[str, Any]:
        return {
            "syncCycleInProgress": self._engine.in_progress,
            "sessions": self._wsman.sessions,
        }

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
        status, answer = super()._write_back(body)
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
