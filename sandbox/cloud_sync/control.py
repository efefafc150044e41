"""The control API of Cloud Sync's agents; beside what both syncs have, single people."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from ldap3.core.exceptions import LDAPException

from sandbox.cloud_sync.conditions import Conditions
from sandbox.cloud_sync.cycles import NO_AGENT, UNREADABLE, Cycle, CycleRunsError, Cycles
from sandbox.directory_sync.active_directory import ActiveDirectory
from sandbox.directory_sync.connector_space import ConnectorSpace
from sandbox.directory_sync.control import SyncControl
from sandbox.directory_sync.control_api import Answer
from sandbox.directory_sync.writeback import NOT_WORKING, WritebackError

_NOT_FOUND = "EntryNotFound"
"""Ours: which code the original has for a DN that leads to nobody is not documented."""


class Control(SyncControl[Conditions]):
    """What the control API can do, one method per route."""

    def __init__(self, cycles: Cycles, ad: ActiveDirectory) -> None:
        """Serve these cycles, which nobody can start in a tenant."""
        super().__init__(ad, cycles.run, CycleRunsError)
        self._of = cycles
        self.routes["POST /provision"] = self._read_person

    @property
    def _conditions(self) -> Conditions:
        return self._of.conditions

    def _change_conditions(self, wanted: Conditions) -> None:
        self._of.conditions = wanted

    @property
    def _cycles(self) -> Sequence[Cycle]:
        return self._of.history

    def _state(self) -> dict[str, Any]:
        return {"read": self._of.has_read}

    def _read_person(self, body: dict[str, Any]) -> Answer:
        """Read one person in AD for the tenant, wherever below the people's unit they are."""
        if code := NO_AGENT.get(self._conditions.agents):
            return HTTPStatus.SERVICE_UNAVAILABLE, {"code": code}
        try:
            change = self._ad.read(str(body.get("distinguishedName")))
        except LDAPException:
            return HTTPStatus.BAD_GATEWAY, {"code": UNREADABLE}
        space = ConnectorSpace("")
        space.apply([change] if change and "user" in change.classes else [], b"")
        for person in space.people.values():
            return HTTPStatus.OK, person.graph_fields()
        return HTTPStatus.NOT_FOUND, {"code": _NOT_FOUND}

    def _refusal(self) -> WritebackError | None:
        conditions = self._conditions
        if conditions.agents != "running" or not conditions.writeback:
            return WritebackError(NOT_WORKING, "No agent takes passwords.")
        failure = conditions.writeback_failure
        return None if failure is None else WritebackError(failure)
