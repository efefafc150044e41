"""The Connect host: the endpoint answers, shows the needed cmdlets and no more, and may export."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hybrid_worker.check.outcome import Check, CheckFailed, NotApplicable
from hybrid_worker.delta_sync.connect_host import FACTS, CmdletHost, Cmdlets, ConnectFacts
from hybrid_worker.delta_sync.decisions import OLDEST_VERSION, Carrier, Scheduler, version_text
from hybrid_worker.delta_sync.problems import SyncProblem, SyncRefused
from hybrid_worker.delta_sync.writeback import WRITEBACK_FACTS
from hybrid_worker.settings import SyncSettings

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


def connect_host_checks(
    settings: SyncSettings, cmdlets: Cmdlets | None, carrier: Carrier, writes_to: Sequence[str]
) -> Sequence[Check]:
    """Returns everything that can be asked of the host; without `cmdlets` nothing can be asked.

    Args:
        settings: How the host is asked.
        cmdlets: A session on it.
        carrier: What is known of the connector that reads the group.
        writes_to: The domain controllers that the worker may write to; while it runs it prefers
            the one that is imported from.
    """
    host = _Host(settings, cmdlets, carrier, writes_to)
    answers = "connect-host"
    return (
        Check(answers, host.answers),
        Check("connect-host-cmdlets", host.exposes_no_more, answers),
        Check("connect-host-staging", host.is_active, answers),
        Check("connect-host-scheduler", host.is_not_suspended, answers),
        Check("connect-host-version", host.is_new_enough, answers),
        Check("connect-host-connector", host.reads_the_group, answers),
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
    allowed = _LOWERED | {
        name.lower() for name in (*NEEDED, READS_WRITEBACK, FACTS, WRITEBACK_FACTS)
    }
    more = sorted(name for lowered, name in shown.items() if lowered not in allowed)
    if more:
        raise CheckFailed(
            f"the endpoint also shows {', '.join(more)}",
            "Take them out of the role capability SsprDeltaSync.psrc and register it again.",
        )
    return f"{', '.join(sorted(NEEDED))}; beside what every JEA session shows, no more"


class _Host:
    """Asks the host, and says what its answers mean."""

    def __init__(
        self,
        settings: SyncSettings,
        cmdlets: Cmdlets | None,
        carrier: Carrier,
        writes_to: Sequence[str],
    ) -> None:
        self._settings = settings
        self._cmdlets = cmdlets
        self._carrier = carrier
        self._writes_to = writes_to

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
        if not scheduler.enabled:
            raise CheckFailed(
                "the scheduler is switched off (SyncCycleEnabled), so the worker starts nothing",
                "Whoever changes filters or rules there switches it on again when that is done: "
                "Set-ADSyncScheduler -SyncCycleEnabled $true.",
            )
        if scheduler.suspended:
            raise CheckFailed(
                "the scheduler is suspended",
                "Close the Entra Connect wizard, also in disconnected sessions; if that was not "
                "it: Set-ADSyncScheduler -SchedulerSuspended $false.",
            )
        return "not suspended" + ("; a cycle is running" if scheduler.in_progress else "")

    def is_new_enough(self) -> str:
        by_hand = "On the Connect host: the version of Microsoft Entra Connect among its programs."
        version = self._facts(by_hand).version
        if version is None:
            raise NotApplicable("the host does not say which version it is", by_hand)
        if version < OLDEST_VERSION:
            raise CheckFailed(
                f"version {version_text(version)}: versions before {version_text(OLDEST_VERSION)} "
                "synchronize nothing since 30 September 2026, and say Success",
                "Upgrade Entra Connect on the host.",
            )
        return f"version {version_text(version)}"

    def reads_the_group(self) -> str:
        names = {run.connector for run in CmdletHost(self._session()).runs()}
        of_ad = sorted(name for name in names if not name.endswith(_TENANT_CONNECTOR))
        connector = self._carrier.among(names)
        if connector is None or (of_ad and connector.lower() not in map(str.lower, of_ad)):
            raise CheckFailed(
                f"no connector of the host is known to read {self._carrier.domain}; it has "
                f"{', '.join(of_ad) or 'none to AD'}",
                "Name the one that does in SSPR_WORKER_SYNC_CONNECTOR: by its runs a delta sync "
                "is judged.",
            )
        return f"{connector} reads the group{self._from_which_controller()}"

    def _from_which_controller(self) -> str:
        try:
            controller = self._facts("").controller(self._carrier.domain)
        except (NotApplicable, CheckFailed):
            return ""
        if controller is None:
            return ""
        if controller.rstrip(".").lower() in {name.rstrip(".").lower() for name in self._writes_to}:
            return f", from {controller}"
        return (
            f", from {controller} of late, while the worker writes to "
            f"{' or '.join(self._writes_to)}: what is written has to get there first"
        )

    def _facts(self, by_hand: str) -> ConnectFacts:
        if self._settings.through == "psrp":
            shown = {str(one.get("Name")).lower() for one in self._ask("Get-Command")}
            if FACTS.lower() not in shown:
                raise NotApplicable(
                    f"the endpoint does not show {FACTS}",
                    f"{by_hand} Register the endpoint again with Register-SsprJeaEndpoint.ps1.",
                )
        return CmdletHost(self._session()).facts()

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
        runs = CmdletHost(self._session()).runs()
        names = {run.connector for run in runs if run.connector.endswith(_TENANT_CONNECTOR)}
        if len(names) != 1:
            raise NotApplicable("the run history does not name the connector to Entra", by_hand)
        return names.pop()

    def _scheduler(self) -> Scheduler:
        return CmdletHost(self._session()).scheduler()

    def _ask(self, cmdlet: str, **parameters: Any) -> Sequence[Mapping[str, Any]]:
        return self._session()(cmdlet, **parameters)

    def _session(self) -> Cmdlets:
        if self._cmdlets is None:
            raise NotApplicable(_LEFT_TO[self._settings.mode])
        return _Explaining(self._cmdlets, self._settings)


class _Explaining:
    """The same session, which says what to do about what the host refuses."""

    def __init__(self, cmdlets: Cmdlets, settings: SyncSettings) -> None:
        self._cmdlets = cmdlets
        self._settings = settings

    def __call__(self, cmdlet: str, **parameters: Any) -> Sequence[Mapping[str, Any]]:
        try:
            return self._cmdlets(cmdlet, **parameters)
        except SyncRefused as refused:
            remedy = _remedy(self._settings, refused.problem)
            raise CheckFailed(refused.detail or str(refused), remedy) from refused

    def close(self) -> None:
        self._cmdlets.close()


def _remedy(settings: SyncSettings, problem: SyncProblem) -> str:
    if settings.through == "subprocess":
        return (
            "Run the worker on the Connect host, by an account in ADSyncOperators; "
            "SSPR_WORKER_SYNC_MODULE may be the path of the module."
        )
    if problem is SyncProblem.HANGS:
        return (
            "Look at the host: its load, the service ADSync, the database that it keeps; a cycle "
            "by hand there (Get-ADSyncScheduler) has to answer in seconds."
        )
    if problem is not SyncProblem.UNREACHABLE:
        return (
            "Register the endpoint again with Register-SsprJeaEndpoint.ps1; if it is there, try "
            "the cmdlet on the host itself: the scheduler's settings lie in Entra."
        )
    return (
        "Open WinRM over HTTPS (5986) from here, name the authority of its certificate in "
        "SSPR_WORKER_SYNC_CA_FILE, and register the endpoint for the worker's account "
        "(Register-SsprJeaEndpoint.ps1). By Kerberos, SSPR_WORKER_SYNC_HOST has to be the "
        "name that the host has in AD."
    )
