"""The three questions to an Entra Connect host, whatever carries them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from hybrid_worker.delta_sync.decisions import Run, Scheduler, SyncProblem, SyncRefused

NEWEST_RUNS = 100
"""Run results to read: two cycles of a host with a dozen connectors."""


class ConnectHost(Protocol):
    """An Entra Connect host; each call may take seconds and raises `SyncRefused`."""

    def scheduler(self) -> Scheduler:
        """Asks how the scheduler stands."""

    def runs(self) -> Sequence[Run]:
        """Returns the newest run results."""

    def start(self) -> None:
        """Starts a delta cycle; returns once it has begun."""


class CmdletHost:
    """A Connect host asked by cmdlets; `call` runs one and gives its objects' properties."""

    def __init__(self, call: Callable[..., Sequence[Mapping[str, Any]]]) -> None:
        self._call = call

    def scheduler(self) -> Scheduler:
        """Does what `ConnectHost.scheduler` says."""
        (found,) = self._one("Get-ADSyncScheduler")
        try:
            return Scheduler(
                staging=bool(found["StagingModeEnabled"]),
                suspended=bool(found["SchedulerSuspended"]),
                in_progress=bool(found["SyncCycleInProgress"]),
            )
        except KeyError as error:
            raise SyncRefused(SyncProblem.REFUSED, f"Get-ADSyncScheduler without {error}") from None

    def runs(self) -> Sequence[Run]:
        """Does what `ConnectHost.runs` says."""
        return [
            Run(
                str(found.get("RunHistoryId")),
                str(found.get("ConnectorName", "")),
                str(found.get("RunProfileName", "")),
                str(found.get("Result") or ""),
            )
            for found in self._call("Get-ADSyncRunProfileResult", NumberRequested=NEWEST_RUNS)
        ]

    def start(self) -> None:
        """Does what `ConnectHost.start` says."""
        (found,) = self._one("Start-ADSyncSyncCycle", PolicyType="Delta")
        if str(found.get("Result")) != "Success":
            raise SyncRefused(SyncProblem.REFUSED, f"Start-ADSyncSyncCycle: {found.get('Result')}")

    def _one(self, cmdlet: str, **parameters: Any) -> Sequence[Mapping[str, Any]]:
        found = self._call(cmdlet, **parameters)
        if len(found) != 1:
            raise SyncRefused(SyncProblem.REFUSED, f"{cmdlet} gave {len(found)} objects")
        return found
