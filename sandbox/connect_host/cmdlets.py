"""The cmdlets that the JEA endpoint exposes, and PowerShell's own refusals of anything else.

Names, properties and texts are those of the ADSync module and of Windows PowerShell 5.1.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psrpcore.types import (
    ErrorCategory,
    PSDateTime,
    PSDuration,
    PSGuid,
    PSInt,
    PSNoteProperty,
    PSObject,
)

from sandbox.connect_host.engine import CycleRefusedError, SyncEngine
from sandbox.connect_host.event_log import HEARTBEAT, SERVICE_STARTED, SERVICE_STOPPED, by_hour
from sandbox.connect_host.run_history import TENANT_CONNECTOR, Run
from sandbox.connect_host.scheduler import SHORTEST_INTERVAL, Scheduler
from sandbox.domain_controller import domain

_TYPES = "Microsoft.IdentityManagement.PowerShell.ObjectModel"
_CMDLETS = "Microsoft.IdentityManagement.PowerShell.Cmdlet"
_AUTOMATION = "System.Management.Automation"
_SHOWN_BY_JEA = (
    *("Clear-Host", "Exit-PSSession", "Get-Command", "Get-FormatData", "Get-Help"),
    *("Measure-Object", "Out-Default", "Select-Object"),
)
_ALIASES_OF_JEA = ("clear", "cls", "exit", "exsn", "gcm", "measure", "select")
"""What every session of type RestrictedRemoteServer shows: "JEA session configurations"."""
_RUNS_SHOWN = 100
_PURGE_INTERVAL = timedelta(days=7)
_POLICY_TYPES = ("Delta",)
"""The role capability allows no other, though the cmdlet itself knows more."""
_ERROR_ACTIONS = ("Continue", "Stop")
"""Nobody calls a remote cmdlet to ignore its errors."""

_SECONDS = "%Y-%m-%dT%H:%M:%SZ"

type Parameters = dict[str, Any]


@dataclass
class CmdletError(Exception):
    """An error as PowerShell reports it."""

    message: str
    identifier: str
    """FullyQualifiedErrorId."""
    exception: str
    """The .NET type of the exception."""
    category: ErrorCategory
    target: str = ""
    terminating: bool = True


class Cmdlets:
    """The allow-listed cmdlets of one Connect host."""

    def __init__(self, engine: SyncEngine, scheduler: Scheduler) -> None:
        self._engine = engine
        self._scheduler = scheduler
        self._allowed = {
            "Start-ADSyncSyncCycle": self._start_cycle,
            "Get-ADSyncScheduler": self._get_scheduler,
            "Get-ADSyncRunProfileResult": self._get_run_results,
            "Get-ADSyncAADPasswordResetConfiguration": self._get_writeback,
            "Get-SsprConnectFact": self._get_facts,
            "Get-SsprWritebackFact": self._get_writeback_facts,
            "Get-Command": self._get_commands,
        }
        self._parameters = {
            "Start-ADSyncSyncCycle": ("PolicyType",),
            "Get-ADSyncRunProfileResult": ("NumberRequested",),
            "Get-ADSyncAADPasswordResetConfiguration": ("Connector",),
        }

    @property
    def hang(self) -> bool:
        """Whether no cmdlet ends now."""
        return self._engine.conditions.hang == "cmdlet"

    def invoke(self, name: str, arguments: list[tuple[str | None, Any]]) -> list[PSObject]:
        """Run a cmdlet and return its output.

        Raises:
            CmdletError: it is not exposed, was called wrongly, or failed.
        """
        allowed = self._exposed()
        known = next((one for one in allowed if one.lower() == name.lower()), None)
        if known is None:
            raise _not_recognized(name)
        parameters = _bind(known, ("ErrorAction", *self._parameters.get(known, ())), arguments)
        action = str(parameters.get("ErrorAction", "Continue"))
        _validate_set(known, "ErrorAction", action, _ERROR_ACTIONS)
        try:
            return allowed[known](parameters)
        except CmdletError as error:
            error.terminating = error.terminating or action.lower() == "stop"
            raise

    def _exposed(self) -> dict[str, Callable[[Parameters], list[PSObject]]]:
        if not self._engine.conditions.exposes_more:
            return self._allowed
        return {**self._allowed, "Get-ADSyncConnectorRunStatus": self._get_run_status}

    def _get_commands(self, _: Parameters) -> list[PSObject]:
        """What the session shows; each of these is a function or an alias in a JEA session."""
        ours = ("Get-SsprConnectFact", "Get-SsprWritebackFact")
        cmdlets = [name for name in self._exposed() if name not in {*_SHOWN_BY_JEA, *ours}]
        functions = (*_SHOWN_BY_JEA, *ours)
        kinds = {"Alias": _ALIASES_OF_JEA, "Cmdlet": cmdlets, "Function": functions}
        return [
            _object(f"{_AUTOMATION}.{kind}Info", Name=name, CommandType=kind)
            for kind, names in kinds.items()
            for name in names
        ]

    def _get_writeback(self, parameters: Parameters) -> list[PSObject]:
        if parameters.get("Connector") != TENANT_CONNECTOR:
            raise _binding_error(
                "Get-ADSyncAADPasswordResetConfiguration",
                f"There is no connector '{parameters.get('Connector')}'.",
                "ConnectorNotFound",
            )
        enabled = self._engine.conditions.writeback
        return [_object(f"{_TYPES}.AADPasswordResetConfiguration", Enabled=enabled)]

    def _get_facts(self, _: Parameters) -> list[PSObject]:
        """What the function of the role capability tells, whose objects are custom ones."""
        conditions = self._engine.conditions
        facts = [
            {"Name": "Version", "Scope": "", "Value": conditions.version},
            {
                "Name": "LastDomainController",
                "Scope": domain.BASE,
                "Value": conditions.last_controller,
            },
        ]
        return [_custom_object(**fact) for fact in facts]

    def _get_writeback_facts(self, _: Parameters) -> list[PSObject]:
        """What the other function tells: never what an event says."""
        conditions, log = self._engine.conditions, self._engine.log
        if not conditions.is_deaf:
            log.beat()
        facts = [("Enabled", "", str(conditions.writeback)), ("Service", "", conditions.service)]
        if conditions.log_unreadable:
            problem = "System.UnauthorizedAccessException,Microsoft.PowerShell.Commands"
            facts.append(("EventsProblem", "", f"{problem}.GetWinEventCommand"))
        else:
            since, entries = log.read()
            facts.append(("EventsSince", "", f"{since:{_SECONDS}}"))
            facts += [
                ("Events", f"{number} {hour:{_SECONDS}}", str(count))
                for (number, hour), count in by_hour(entries).items()
            ]
            newest = dict(entries)
            facts += [
                ("Newest", str(number), f"{newest[number]:{_SECONDS}}")
                for number in (SERVICE_STARTED, SERVICE_STOPPED, HEARTBEAT)
                if number in newest
            ]
        return [_custom_object(Name=name, Scope=scope, Value=value) for name, scope, value in facts]

    def _start_cycle(self, parameters: Parameters) -> list[PSObject]:
        policy_type = str(parameters.get("PolicyType", "Delta"))
        _validate_set("Start-ADSyncSyncCycle", "PolicyType", policy_type, _POLICY_TYPES)
        try:
            self._engine.start("cmdlet")
        except CycleRefusedError as refusal:
            raise _cycle_refused(str(refusal)) from refusal
        return [_object(f"{_TYPES}.SchedulerOperationResult", Result="Success")]

    def _get_scheduler(self, _: Parameters) -> list[PSObject]:
        conditions = self._engine.conditions
        interval = PSDuration(seconds=self._scheduler.interval.total_seconds())
        return [
            _object(
                f"{_TYPES}.SchedulerSettings",
                AllowedSyncCycleInterval=PSDuration(seconds=SHORTEST_INTERVAL.total_seconds()),
                CurrentlyEffectiveSyncCycleInterval=interval,
                CustomizedSyncCycleInterval=None,
                NextSyncCyclePolicyType="Delta",
                NextSyncCycleStartTimeInUTC=_moment(self._scheduler.next_start),
                PurgeRunHistoryInterval=PSDuration(seconds=_PURGE_INTERVAL.total_seconds()),
                SyncCycleEnabled=not conditions.scheduler_off,
                MaintenanceEnabled=True,
                StagingModeEnabled=conditions.staging,
                SchedulerSuspended=conditions.suspended,
                SyncCycleInProgress=self._engine.in_progress,
            )
        ]

    def _get_run_status(self, _: Parameters) -> list[PSObject]:
        running = [run for run in self._engine.history.runs if run.end is None]
        connectors = [run.connector for run in running]
        if self._engine.conditions.connector_busy:
            connectors.append(TENANT_CONNECTOR)
        type_name = f"{_TYPES}.ConnectorRunStatus"
        return [_object(type_name, RunState="Busy", ConnectorName=name) for name in connectors]

    def _get_run_results(self, parameters: Parameters) -> list[PSObject]:
        wanted = parameters.get("NumberRequested", _RUNS_SHOWN)
        if not isinstance(wanted, int):
            raise _binding_error(
                "Get-ADSyncRunProfileResult",
                f"Cannot bind parameter 'NumberRequested'. Cannot convert value \"{wanted}\" to "
                'type "System.Int32".',
                "CannotConvertArgumentNoMessage",
            )
        return [_run_result(run) for run in self._engine.history.runs[::-1][:wanted]]


def scripts_refused() -> CmdletError:
    """What a JEA endpoint (no-language mode) says to a script."""
    return CmdletError(
        "The syntax is not supported by this runspace. This can occur if the runspace is in "
        "no-language mode.",
        "ScriptsNotAllowed",
        "System.Management.Automation.RemoteException",
        ErrorCategory.ParserError,
    )


def _not_recognized(name: str) -> CmdletError:
    return CmdletError(
        f"The term '{name}' is not recognized as the name of a cmdlet, function, script file, or "
        "operable program. Check the spelling of the name, or if a path was included, verify "
        "that the path is correct and try again.",
        "CommandNotFoundException",
        "System.Management.Automation.CommandNotFoundException",
        ErrorCategory.ObjectNotFound,
        name,
    )


def _cycle_refused(text: str) -> CmdletError:
    exception = "System.InvalidOperationException"
    return CmdletError(
        f"System.Management.Automation.CmdletInvocationException: {exception}: {text}\r\n   at "
        "Microsoft.MetadirectoryServices.Scheduler.Scheduler.StartSyncCycle(String "
        "overridePolicy, Boolean interactiveMode)",
        f"{exception},{_CMDLETS}.StartADSyncSyncCycle",
        exception,
        ErrorCategory.WriteError,
        terminating=False,
    )


def _bind(
    cmdlet: str, known: tuple[str, ...], arguments: list[tuple[str | None, Any]]
) -> Parameters:
    parameters = {}
    for name, value in arguments:
        # The first parameter of each of these cmdlets is also its first positional one.
        wanted = known[-1] if name is None else name.rstrip(":")
        found = next((one for one in known if one.lower() == wanted.lower()), None)
        if found is None:
            raise _binding_error(
                cmdlet,
                f"A parameter cannot be found that matches parameter name '{name}'.",
                "NamedParameterNotFound",
            )
        parameters[found] = value
    return parameters


def _validate_set(cmdlet: str, parameter: str, value: str, allowed: tuple[str, ...]) -> None:
    if value.lower() in {one.lower() for one in allowed}:
        return
    raise _binding_error(
        cmdlet,
        f"Cannot validate argument on parameter '{parameter}'. The argument \"{value}\" does not "
        f'belong to the set "{",".join(allowed)}" specified by the ValidateSet attribute. Supply '
        "an argument that is in the set and then try the command again.",
        "ParameterArgumentValidationError",
    )


def _binding_error(cmdlet: str, message: str, identifier: str) -> CmdletError:
    return CmdletError(
        message,
        f"{identifier},{_CMDLETS}.{cmdlet.replace('-', '')}",
        "System.Management.Automation.ParameterBindingException",
        ErrorCategory.InvalidArgument,
        cmdlet,
    )


def _run_result(run: Run) -> PSObject:
    return _object(
        f"{_TYPES}.RunProfileResult",
        RunHistoryId=PSGuid(run.identifier),
        ConnectorName=run.connector,
        RunProfileName=run.profile,
        RunNumber=PSInt(run.number),
        IsRunComplete=run.end is not None,
        Result=run.result,
        StartDate=_moment(run.start),
        EndDate=run.end and _moment(run.end),
    )


def _moment(moment: datetime) -> PSDateTime:
    return PSDateTime.fromtimestamp(moment.timestamp(), moment.tzinfo)


def _custom_object(**properties: Any) -> PSObject:
    """An object made in PowerShell, whose properties reach a client as extended ones."""
    made = PSObject()
    made.PSObject.type_names = [f"{_AUTOMATION}.PSCustomObject", "System.Object"]
    made.PSObject.extended_properties = [
        PSNoteProperty(name, value=value) for name, value in properties.items()
    ]
    return made


def _object(type_name: str, **properties: Any) -> PSObject:
    """A .NET object, whose properties reach a client as adapted ones."""
    made = PSObject()
    made.PSObject.type_names = [type_name, "System.Object"]
    made.PSObject.adapted_properties = [
        PSNoteProperty(name, value=value) for name, value in properties.items()
    ]
    return made
