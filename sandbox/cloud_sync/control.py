"""The control API: conditions, cycles and password writeback."""

from http import HTTPStatus
from typing import Any

from sandbox.cloud_sync.conditions import Conditions
from sandbox.cloud_sync.cycles import CycleRunsError, Cycles
from sandbox.directory_sync.active_directory import ActiveDirectory
from sandbox.directory_sync.control_api import Answer, answer_writeback
from sandbox.directory_sync.writeback import NOT_WORKING, WritebackError


class Control:
    """What the control API can do, one method per route."""

    def __init__(self, cycles: Cycles, ad: ActiveDirectory) -> None:
        self._cycles = cycles
        self._ad = ad
        self.routes = {
            "GET /health": lambda _: (HTTPStatus.OK, {"status": "ok"}),
            "GET /state": self._state,
            "POST /conditions": self._set_conditions,
            "POST /sync": self._sync,
            "GET /cycles": self._list_cycles,
            "POST /writeback": self._write_back,
        }

    def _state(self, _: dict[str, Any]) -> Answer:
        conditions = self._cycles.conditions.model_dump(by_alias=True)
        count, has_read = len(self._cycles.history), self._cycles.has_read
        return HTTPStatus.OK, {"conditions": conditions, "cycles": count, "read": has_read}

    def _set_conditions(self, body: dict[str, Any]) -> Answer:
        now = self._cycles.conditions.model_dump(by_alias=True)
        self._cycles.conditions = Conditions.model_validate({**now, **body})
        return HTTPStatus.OK, self._cycles.conditions.model_dump(by_alias=True)

    def _sync(self, _: dict[str, Any]) -> Answer:
        """Run a cycle now, which nobody can in a tenant."""
        try:
            cycle = self._cycles.run("control")
        except CycleRunsError as refusal:
            return HTTPStatus.CONFLICT, {"message": str(refusal)}
        return HTTPStatus.OK, cycle.described()

    def _list_cycles(self, _: dict[str, Any]) -> Answer:
        return HTTPStatus.OK, [cycle.described() for cycle in self._cycles.history]

    def _write_back(self, body: dict[str, Any]) -> Answer:
        return answer_writeback(self._ad, body, self._refusal())

    def _refusal(self) -> WritebackError | None:
        conditions = self._cycles.conditions
        if conditions.agents != "running" or not conditions.writeback:
            return WritebackError(NOT_WORKING, "No agent takes passwords.")
        failure = conditions.writeback_failure
        return None if failure is None else WritebackError(failure)
