"""The control API: conditions, cycles, one person on demand, and password writeback."""

from http import HTTPStatus
from typing import Any

from ldap3.core.exceptions import LDAPException

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
            "POST /people": self._read_person,
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

    def _read_person(self, body: dict[str, Any]) -> Answer:
        """What the tenant asks for when somebody is provisioned on demand."""
        if self._cycles.conditions.agents != "running":
            return HTTPStatus.SERVICE_UNAVAILABLE, {"message": "no agent listens"}
        try:
            person = self._cycles.read_one(str(body.get("distinguishedName")))
        except LDAPException as error:
            return HTTPStatus.SERVICE_UNAVAILABLE, {"message": str(error)}
        if person is None:
            return HTTPStatus.NOT_FOUND, {"message": "distinguishedName: nobody has this name"}
        return HTTPStatus.OK, person

    def _write_back(self, body: dict[str, Any]) -> Answer:
        return answer_writeback(self._ad, body, self._refusal())

    def _refusal(self) -> WritebackError | None:
        conditions = self._cycles.conditions
        if conditions.agents != "running" or not conditions.writeback:
            return WritebackError(NOT_WORKING, "No agent takes passwords.")
        failure = conditions.writeback_failure
        return None if failure is None else WritebackError(failure)
