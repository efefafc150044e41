"""The sync engine: imports from AD, waits, exports to the tenant, one cycle at a time."""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from ldap3.core.exceptions import LDAPException

from sandbox.connect_host.conditions import Conditions
from sandbox.connect_host.event_log import EventLog
from sandbox.connect_host.run_history import AD_CONNECTOR, TENANT_CONNECTOR, Cycle, RunHistory
from sandbox.directory_sync.active_directory import ActiveDirectory
from sandbox.directory_sync.export import Exported
from sandbox.directory_sync.kept_state import read_state, write_state

_log = logging.getLogger(__name__)

_EXPORT_TIMEOUT_SECONDS = 60


class CycleRefusedError(Exception):
    """A cycle cannot be started now; the text is Entra Connect's own."""


class SyncEngine:
    """Runs cycles when it is told to, never two at once."""

    def __init__(
        self,
        ad: ActiveDirectory,
        tenant: str,
        scope_group: str,
        state: Path,
        conditions: Conditions,
    ) -> None:
        self.conditions = conditions
        self.history = RunHistory()
        self.log = EventLog()
        self._ad = ad
        self._tenant = tenant.rstrip("/")
        self._file = state / "connector_space.json"
        self._state = read_state(self._file, scope_group)
        self._running = threading.Lock()
        self._stopping = threading.Event()

    @property
    def in_progress(self) -> bool:
        """Whether a cycle runs, or a condition pretends so."""
        return self.conditions.busy or self._running.locked()

    @property
    def needs_initial_sync(self) -> bool:
        """Whether nothing has ever been exported from this state folder."""
        return self._state.exported is None

    def start(self, trigger: str) -> threading.Thread:
        """Begin a delta cycle and return without waiting for it.

        Raises:
            CycleRefusedError: a cycle runs already, or a condition forbids it.
        """
        self._claim()
        cycle = self.history.begin_cycle("Delta", trigger)
        thread = threading.Thread(target=self._run_claimed, args=(cycle,), daemon=True)
        thread.start()
        return thread

    def run(self, trigger: str, policy_type: str = "Delta") -> Cycle:
        """Run a cycle to its end; how it went is in its `result`.

        Raises:
            CycleRefusedError: as for `start`.
        """
        self._claim()
        cycle = self.history.begin_cycle(policy_type, trigger)
        self._run_claimed(cycle)
        return cycle

    def stop(self) -> None:
        """End a running cycle early; it exports nothing any more."""
        self._stopping.set()
        self._running.acquire(timeout=5)

    def _claim(self) -> None:
        if self.conditions.suspended:
            raise self._refused("Scheduler is already suspended via global parameters.")
        if self.conditions.connector_busy:
            raise self._refused(f"Connector: {TENANT_CONNECTOR} is busy.")
        if self.conditions.busy or not self._running.acquire(blocking=False):
            raise self._refused(
                "Sync is already running. Cannot start a new run till this one completes."
            )

    def _refused(self, text: str) -> CycleRefusedError:
        foreign = "Der Vorgang kann zurzeit nicht ausgeführt werden."
        return CycleRefusedError(foreign if self.conditions.foreign_language else text)

    def _run_claimed(self, cycle: Cycle) -> None:
        try:
            self._carry_out(cycle)
            cycle.result = "success"
        except (LDAPException, httpx.HTTPError) as error:
            _log.exception("cycle %d failed", cycle.number)
            cycle.result = f"failed: {error}"
        finally:
            cycle.end = datetime.now(UTC)
            self._running.release()

    def _carry_out(self, cycle: Cycle) -> None:
        due = cycle.start + timedelta(seconds=self._seconds(cycle))
        kind = "Full" if cycle.policy_type == "Initial" else "Delta"
        self._run_others(f"{kind} Import")
        self._run(
            AD_CONNECTOR, f"{kind} Import", "stopped-connectivity", lambda: self._import(cycle)
        )
        self._run_others(f"{kind} Synchronization")
        wanted = Exported.wanted(self._state.space, self._held_back(cycle))
        self._run(AD_CONNECTOR, f"{kind} Synchronization", "stopped-error", lambda: None)
        self._stopping.wait((due - datetime.now(UTC)).total_seconds())
        if not self._stopping.is_set() and not self.conditions.staging:
            self._run_others("Export")
            # What goes back to AD; to the tenant goes the next.
            self._run(AD_CONNECTOR, "Export", "stopped-error", lambda: None)
            self._run(
                TENANT_CONNECTOR,
                "Export",
                "stopped-extension-dll-exception",
                lambda: self._export(wanted, cycle),
            )
        write_state(self._file, self._state)

    def _import(self, cycle: Cycle) -> None:
        changes, cookie = self._ad.changes(self._state.space.cookie)
        self._state.space.apply(changes, cookie)
        cycle.counts["imported"] = len(changes)

    def _run_others(self, profile: str) -> None:
        for name, result in self.conditions.connectors.items():
            if name not in {AD_CONNECTOR, TENANT_CONNECTOR}:
                self.history.begin_run(name, profile).finish(result)

    def _seconds(self, cycle: Cycle) -> float:
        return 0 if cycle.policy_type == "Initial" else self.conditions.cycle_seconds

    def _held_back(self, cycle: Cycle) -> set[str]:
        """Brand-new hires count as created after the initial sync: the next delta brings them."""
        if cycle.policy_type != "Initial":
            return set()
        return {guid for guid, person in self._state.space.people.items() if person.new_hire}

    def _export(self, wanted: Exported, cycle: Cycle) -> None:
        if not self.conditions.exports:
            return
        body = (self._state.exported or Exported()).difference(wanted)
        url = f"{self._tenant}/sandbox/sync"
        httpx.post(url, json=body, timeout=_EXPORT_TIMEOUT_SECONDS).raise_for_status()
        self._state.exported = wanted
        cycle.counts |= _counts(body)

    def _run(self, connector: str, profile: str, failure: str, work: Callable[[], None]) -> None:
        """Run a profile; where a condition has it fail, the cycle goes on."""
        run = self.history.begin_run(connector, profile)
        result = self.conditions.connectors.get(connector, "success")
        if not result.startswith(("success", "completed")):
            run.finish(result)
            return
        try:
            work()
        except BaseException:
            run.finish(failure)
            raise
        run.finish(result)


def _counts(body: dict[str, Any]) -> dict[str, int]:
    groups = body["groups"]
    return {
        "users": len(body["users"]),
        "deletedUsers": len(body["deletedUsers"]),
        "addMembers": sum(len(group["addMembers"]) for group in groups),
        "removeMembers": sum(len(group["removeMembers"]) for group in groups),
    }
