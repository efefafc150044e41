"""Cycles of the job: what has changed in AD goes to the tenant, as far as the job lets it.

Level-triggered: what a cycle could not bring stays a difference, and goes with the next one.
"""

import logging
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from ldap3.core.exceptions import LDAPException

from sandbox.clock import Clock
from sandbox.cloud_sync.conditions import Conditions
from sandbox.directory_sync.active_directory import ActiveDirectory
from sandbox.directory_sync.export import Exported
from sandbox.directory_sync.kept_state import read_state, write_state

_log = logging.getLogger(__name__)

_EXPORT_TIMEOUT_SECONDS = 60
_POLL_SECONDS = 0.05
_KEPT = 1000
NO_AGENT = {
    "away": "HybridIdentityServiceNoActiveAgents",
    "removed": "HybridIdentityServiceNoAgentsAssigned",
}
UNREADABLE = "HybridSynchronizationActiveDirectoryInternalServerError"
# "Microsoft Entra Cloud Sync error codes and descriptions", Microsoft Learn, read on 29 Nov 2026.


class CycleRunsError(Exception):
    """A cycle runs already; there are never two at once."""


@dataclass
class Cycle:
    """One cycle, and what became of it."""

    number: int
    trigger: str
    """`initial`, `schedule` or `control`."""
    start: datetime
    end: datetime | None = None
    result: str = "in-progress"
    """`success`, `stopped` where the job carries nothing now, or `failed: ` and why."""
    counts: dict[str, int] = field(default_factory=dict)

    def described(self) -> dict[str, Any]:
        """The cycle as the control API shows it."""
        end = self.end and self.end.isoformat()
        start = self.start.isoformat()
        words = {"number": self.number, "trigger": self.trigger, "result": self.result}
        return {**words, "start": start, "end": end, "counts": self.counts}


class Cycles:
    """Runs one cycle at a time, when it is told to."""

    def __init__(
        self,
        ad: ActiveDirectory,
        tenant: str,
        scope_group: str,
        *,
        state: Path,
        conditions: Conditions,
        clock: Clock,
    ) -> None:
        self.conditions = conditions
        self.history: list[Cycle] = []
        self.clock = clock
        self._ad = ad
        self._tenant = tenant.rstrip("/")
        self._file = state / "cloud_sync.json"
        self._state = read_state(self._file, scope_group)
        self._begun = 0
        self.has_read = False
        """Whether the running cycle has read AD, so that what follows is for the next one."""
        self._running = threading.Lock()
        self._stopping = threading.Event()

    @property
    def needs_initial_cycle(self) -> bool:
        """Whether nothing has ever been exported from this state folder."""
        return self._state.exported is None

    def run(self, trigger: str) -> Cycle:
        """Run a cycle to its end; how it went is in its `result`.

        Raises:
            CycleRunsError: another one has not ended.
        """
        if not self._running.acquire(blocking=False):
            raise CycleRunsError("a cycle runs already")
        try:
            self._begun += 1
            self.has_read = False
            cycle = Cycle(self._begun, trigger, self.clock.now())
            self.history = [*self.history[1 - _KEPT :], cycle]
            try:
                cycle.result = self._carry_out(cycle)
            except httpx.HTTPError as error:
                _log.exception("cycle %d failed", cycle.number)
                cycle.result = f"failed: {error}"
            cycle.end = self.clock.now()
            return cycle
        finally:
            self._running.release()

    def stop(self) -> None:
        """End a running cycle early; it exports nothing any more."""
        self._stopping.set()
        self._running.acquire(timeout=5)

    def _carry_out(self, cycle: Cycle) -> str:
        if code := NO_AGENT.get(self.conditions.agents):
            return self._fail(code)
        try:
            changes, cookie = self._ad.changes(self._state.space.cookie)
        except LDAPException:
            _log.exception("AD cannot be read")
            return self._fail(UNREADABLE)
        self._state.space.apply(changes, cookie)
        self.has_read = True
        wanted = self._wanted(cycle)
        if not self._waited(cycle.start + timedelta(seconds=self.conditions.cycle_seconds)):
            return "stopped"
        return self._export(wanted, cycle)

    def _wanted(self, cycle: Cycle) -> Exported:
        """What Entra should hold; who is outside of the scoping filter is as good as deleted."""
        space, in_scope = self._state.space, self.conditions.in_scope
        outside = {guid for guid, person in space.people.items() if not in_scope(person.dn)}
        if cycle.trigger == "initial":
            outside |= {guid for guid, person in space.people.items() if person.new_hire}
        wanted = Exported.wanted(space, outside)
        if space.group and not in_scope(space.group.dn):
            wanted.groups.clear()
        return wanted

    def _waited(self, due: datetime) -> bool:
        while self.clock.now() < due:
            if self._stopping.wait(_POLL_SECONDS):
                return False
        return not self._stopping.is_set()

    def _export(self, wanted: Exported, cycle: Cycle) -> str:
        known = self._state.exported or Exported()
        body = known.difference(wanted)
        answer = self._post(body)
        if answer["exported"] is None:
            return "stopped"
        unresolved = set(answer["exported"]["unresolvedMembers"])
        for group in wanted.groups.values():
            group.members -= unresolved
        if not answer["groups"]:
            wanted.groups = known.groups
        self._state.exported = wanted
        write_state(self._file, self._state)
        cycle.counts = {"users": len(body["users"]), "deletedUsers": len(body["deletedUsers"])}
        return "success"

    def _fail(self, code: str) -> str:
        self._post({"error": code})
        return f"failed: {code}"

    def _post(self, body: dict[str, Any]) -> dict[str, Any]:
        url = f"{self._tenant}/sandbox/cloud-sync/runs"
        answer = httpx.post(url, json=body, timeout=_EXPORT_TIMEOUT_SECONDS).raise_for_status()
        value: dict[str, Any] = answer.json()
        return value
