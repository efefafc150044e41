"""The Connect host: the endpoint answers, shows the needed cmdlets and no more, and may export."""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.util import find_spec
from typing import Any

from hybrid_worker.check.outcome import Check, CheckFailed, NotApplicable
from hybrid_worker.delta_sync.connect_host import CmdletHost
from hybrid_worker.delta_sync.decisions import Scheduler, SyncProblem, SyncRefused
from hybrid_worker.settings import SyncSettings

type Call = Callable[..., Sequence[Mapping[str, Any]]]
"""Runs one cmdlet on the host; raises `SyncRefused`."""

NEEDED = frozenset({"Get-ADSyncScheduler", "Get-ADSyncRunProfileResult", "Start-ADSyncSyncCycle"})
"""What the worker calls."""
READS_WRITEBACK = "Get-ADSyncAADPasswordResetConfiguration"
"""What only this check calls; it changes nothing."""
SHOWN_BY_JEA = frozenset(
    {
        *("Clear-Host", "Exit-PSSession", "Get-Command", "Get-FormatData", "Get-Help"),
        *("Measure-Object", "Out-Default", "Select-Object"),
        *("clear", "cls", "exit", "exsn", "gcm", "measure", "select"),
    }
)
"""What every session of type RestrictedRemoteServer shows, with its aliases.

Source: "JEA session configurations" and "JEA role capabilities", Microsoft Learn.
"""
_LOWERED = {name.lower() for name in SHOWN_BY_JEA}
_TENANT_CONNECTOR = " - AAD"
"""How the name of the connector to Entra ends."""
_LEFT_TO = {
    "cloud": "SSPR_WORKER_SYNC_MODE=cloud: Entra Cloud Sync runs by itself; `sspr status` shows it",
    "none": "SSPR_WORKER_SYNC_MODE=none leaves syncing to the scheduler",
}


def connect_host_checks(settings: SyncSettings, call: Call | None) -> Sequence[Check]:
    """Returns everything that can be asked of the host; without a `call` nothing can be asked."""
    host = _Host(settings, call)
    answers = "connect-host"
    return (
        Check(answers, host.answers),
        Check("connect-host-cmdlets", host.exposes_no_more, answers),
        Check("connect-host-staging", host.is_active, answers),
        Check("connect-host-scheduler", host.is_not_suspended, answers),
        Check("writeback", host.writes_back, answers),
    )


def judge_cmdlets(names: Iterable[str]) -> str:
    """Checks that a JEA endpoint shows exactly what is needed, and says what it shows."""
    shown = {name.lower(): name for name in names}
    missing = sorted(name for name in NEEDED if name.lower() not in shown)
    if missing:
        raise CheckFailed(
            f"the endpoint does not show {', '.join(missing)}",
            "Register it again with Register-SsprJeaEndpoint.ps1.",
        )
    allowed = _LOWERED | {name.lower() for name in (*NEEDED, READS_WRITEBACK)}
    more = sorted(name for lowered, name in shown.items() if lowered not in allowed)
    if more:
        raise CheckFailed(
            f"the endpoint also shows {', '.join(more)}",
            "Take them out of the role capability SsprDeltaSync.psrc and register it again.",
        )
    return f"{', '.join(sorted(NEEDED))}; beside what every JEA session shows, no more"


class _Host:
    """Asks the host, and says what its answers mean."""

    def __init__(self, settings: SyncSettings, call: Call | None) -> None:
        self._settings = settings
        self._call = call

    def answers(self) -> str:
        settings = self._settings
        self._scheduler()
        if settings.through == "subprocess":
            return f"Get-ADSyncScheduler by {settings.powershell}"
        return f"Get-ADSyncScheduler on {settings.host}:{settings.port}, {settings.configuration}"

    def exposes_no_more(self) -> str:
        if self._settings.through == "subprocess":
            raise NotApplicable("there is no endpoint: the script runs three cmdlets by itself")
        found = self._ask("Get-Command")
        return judge_cmdlets(str(one.get("Name")) for one in found)

    def is_active(self) -> str:
        if self._scheduler().staging:
            raise CheckFailed(
                "the host is in staging mode: it exports nothing and writes no password back",
                "Name the active host in SSPR_WORKER_SYNC_HOST.",
            )
        return "not in staging mode"

    def is_not_suspended(self) -> str:
        scheduler = self._scheduler()
        if scheduler.suspended:
            raise CheckFailed(
                "the scheduler is suspended",
                "Close the Entra Connect wizard, also in disconnected sessions; if that was not "
                "it: Set-ADSyncScheduler -SchedulerSuspended $false.",
            )
        return "not suspended" + ("; a cycle is running" if scheduler.in_progress else "")

    def writes_back(self) -> str:
        by_hand = f"On the Connect host: {READS_WRITEBACK} -Connector '<tenant> - AAD'."
        if self._settings.through == "subprocess":
            raise NotApplicable("the script does not ask for it", by_hand)
        shown = {str(one.get("Name")).lower() for one in self._ask("Get-Command")}
        if READS_WRITEBACK.lower() not in shown:
            raise NotApplicable(f"the endpoint does not show {READS_WRITEBACK}", by_hand)
        found = self._ask(READS_WRITEBACK, Connector=self._tenant_connector(by_hand))
        enabled = found[0].get("Enabled") if len(found) == 1 else None
        if enabled is None:
            raise NotApplicable(f"{READS_WRITEBACK} does not say whether it is enabled", by_hand)
        if not enabled:
            raise CheckFailed(
                "password writeback is not enabled",
                "Enable it in the Entra Connect wizard, under optional features.",
            )
        return "password writeback is enabled"

    def _tenant_connector(self, by_hand: str) -> str:
        runs = CmdletHost(self._ask).runs()
        names = {run.connector for run in runs if run.connector.endswith(_TENANT_CONNECTOR)}
        if len(names) != 1:
            raise NotApplicable("the run history does not name the connector to Entra", by_hand)
        return names.pop()

    def _scheduler(self) -> Scheduler:
        return CmdletHost(self._ask).scheduler()

    def _ask(self, cmdlet: str, **parameters: Any) -> Sequence[Mapping[str, Any]]:
        if self._call is None:
            raise NotApplicable(_LEFT_TO[self._settings.mode])
        try:
            return self._call(cmdlet, **parameters)
        except SyncRefused as refused:
            remedy = _remedy(self._settings, refused.problem)
            raise CheckFailed(refused.detail or str(refused), remedy) from refused


def _remedy(settings: SyncSettings, problem: SyncProblem) -> str:
    if settings.through == "subprocess":
        return (
            "Run the worker on the Connect host, by an account in ADSyncOperators; "
            "SSPR_WORKER_SYNC_MODULE may be the path of the module."
        )
    if problem is not SyncProblem.UNREACHABLE:
        return (
            "Register the endpoint again with Register-SsprJeaEndpoint.ps1; if it is there, try "
            "the cmdlet on the host itself: the scheduler's settings lie in Entra."
        )
    if sys.platform != "win32" and not settings.user and find_spec("krb5") is None:
        return (
            "The worker's packages for Linux bring no Kerberos for WinRM: give "
            "SSPR_WORKER_SYNC_USER with SSPR_WORKER_SYNC_PASSWORD_FILE, or leave syncing to the "
            "scheduler with SSPR_WORKER_SYNC_MODE=none."
        )
    return (
        "Open WinRM over HTTPS (5986) from here, name the authority of its certificate in "
        "SSPR_WORKER_SYNC_CA_FILE, and register the endpoint for the worker's account "
        "(Register-SsprJeaEndpoint.ps1)."
    )
