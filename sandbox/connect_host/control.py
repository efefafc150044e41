"""The control API: conditions, cycles and password writeback, as JSON over HTTP."""

from http import HTTPStatus
from typing import Any

from sandbox.connect_host.conditions import Conditions
from sandbox.connect_host.engine import CycleRefusedError, SyncEngine
from sandbox.connect_host.wsman import Wsman
from sandbox.directory_sync.active_directory import ActiveDirectory
from sandbox.directory_sync.control_api import Answer, answer_writeback
from sandbox.directory_sync.writeback import NOT_WORKING, WritebackError


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
        return answer_writeback(self._ad, body, self._refusal())

    def _refusal(self) -> WritebackError | None:
        conditions = self._engine.conditions
        if conditions.staging:
            return WritebackError(NOT_WORKING, "This server is in staging mode.")
        failure = conditions.writeback_failure
        return None if failure is None else WritebackError(failure)
