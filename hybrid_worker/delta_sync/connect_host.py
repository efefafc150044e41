"""The questions to an Entra Connect host, whatever carries them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

from pydantic import TypeAdapter, ValidationError

from hybrid_worker.delta_sync.decisions import INTERVAL, Run, Scheduler, obstacle
from hybrid_worker.delta_sync.problems import SyncProblem, SyncRefused
from hybrid_worker.delta_sync.writeback import WRITEBACK_FACTS, WritebackFacts, writeback_facts_of

RUNS_AT_ONCE = 100
"""Run results to read: two cycles of a host with a dozen connectors."""
_MOST_RUNS = 1000
_DURATION: TypeAdapter[timedelta] = TypeAdapter(timedelta)
_SHORTEST_INTERVAL, _LONGEST_INTERVAL = timedelta(minutes=1), timedelta(days=1)


FACTS = "Get-SsprConnectFact"
"""A function of ours on the endpoint: the version, and which controllers connectors import from."""


class Cmdlets(Protocol):
    """A session on the host; whoever has it uses it from one thread at a time."""

    def __call__(self, cmdlet: str, **parameters: Any) -> Sequence[Mapping[str, Any]]:
        """Runs one cmdlet and gives its objects' properties; raises `SyncRefused`."""

    def close(self) -> None:
        """Ends the session; the next cmdlet begins another."""


@dataclass(frozen=True, slots=True)
class ConnectFacts:
    """What the host says of itself; an endpoint of an earlier version says nothing."""

    version: tuple[int, ...] | None = None
    controllers: Mapping[str, str] = field(default_factory=dict)
    """Which domain controller was imported from last, by the domain's DNS name in small letters."""

    def controller(self, domain: str) -> str | None:
        """Returns the domain controller that was imported from last, if it is known."""
        return self.controllers.get(domain.lower())


class ConnectHost(Protocol):
    """A session on an Entra Connect host; a call may take seconds and raises `SyncRefused`."""

    def scheduler(self) -> Scheduler:
        """Asks how the scheduler stands."""

    def runs(self, known: frozenset[str] = frozenset()) -> Sequence[Run]:
        """Returns the newest run results, without those that are known."""

    def start(self) -> None:
        """Starts a delta cycle; returns once it has begun."""

    def facts(self) -> ConnectFacts:
        """Asks what the host is and reads from; knows nothing where that cannot be asked."""

    def close(self) -> None:
        """Ends the session; the next question begins another."""


class CmdletHost:
    """A Connect host asked by cmdlets."""

    def __init__(self, cmdlets: Cmdlets) -> None:
        self._cmdlets = cmdlets

    def scheduler(self) -> Scheduler:
        """Does what `ConnectHost.scheduler` says."""
        found = self._one("Get-ADSyncScheduler")
        try:
            return Scheduler(
                staging=bool(found["StagingModeEnabled"]),
                suspended=bool(found["SchedulerSuspended"]),
                in_progress=bool(found["SyncCycleInProgress"]),
                enabled=bool(found["SyncCycleEnabled"]),
                interval=_interval(found.get("CurrentlyEffectiveSyncCycleInterval")),
            )
        except KeyError as error:
            raise SyncRefused(SyncProblem.REFUSED, f"Get-ADSyncScheduler without {error}") from None

    def runs(self, known: frozenset[str] = frozenset()) -> Sequence[Run]:
        """Does what `ConnectHost.runs` says.

        There is no page to turn: more are asked for while nothing known is among them. In steps of
        what was asked for at first, so that no run older than all known ones is taken for new.
        """
        asked = RUNS_AT_ONCE
        while True:
            found = self._runs(asked)
            is_whole = not known or any(run.identifier in known for run in found)
            if is_whole or len(found) < asked or asked >= _MOST_RUNS:
                return [run for run in found if run.identifier not in known]
            asked += RUNS_AT_ONCE

    def start(self) -> None:
        """Does what `ConnectHost.start` says."""
        try:
            found = self._one("Start-ADSyncSyncCycle", PolicyType="Delta")
        except SyncRefused as refused:
            raise self._explained(refused) from refused
        if str(found.get("Result")) != "Success":
            raise SyncRefused(SyncProblem.REFUSED, f"Start-ADSyncSyncCycle: {found.get('Result')}")

    def facts(self) -> ConnectFacts:
        """Does what `ConnectHost.facts` says."""
        try:
            found = self._cmdlets(FACTS)
        except SyncRefused as refused:
            if refused.problem is not SyncProblem.REFUSED:
                raise
            return ConnectFacts()
        told = [
            (str(one.get("Name")), str(one.get("Scope")), str(one.get("Value"))) for one in found
        ]
        return ConnectFacts(
            next((_version(value) for name, _, value in told if name == "Version"), None),
            {_domain(dn): value for name, dn, value in told if name == "LastDomainController"},
        )

    def writeback(self) -> WritebackFacts:
        """Asks how password writeback is, and what it has written to the log of events.

        Raises:
            SyncRefused: the host does not answer; or the endpoint is of an earlier version.
        """
        return writeback_facts_of(self._cmdlets(WRITEBACK_FACTS))

    def close(self) -> None:
        """Does what `ConnectHost.close` says."""
        self._cmdlets.close()

    def _explained(self, refused: SyncRefused) -> SyncRefused:
        """Returns the refusal with a problem, where its words are of an unknown language.

        What the scheduler says of itself is in no language.
        """
        if refused.problem is not SyncProblem.REFUSED:
            return refused
        problem = obstacle(self.scheduler())
        return SyncRefused(problem, refused.detail) if problem else refused

    def _runs(self, number: int) -> list[Run]:
        found = self._cmdlets("Get-ADSyncRunProfileResult", NumberRequested=number)
        return [
            Run(
                str(one.get("RunHistoryId")),
                str(one.get("ConnectorName", "")),
                str(one.get("RunProfileName", "")),
                str(one.get("Result") or ""),
            )
            for one in found
        ]

    def _one(self, cmdlet: str, **parameters: Any) -> Mapping[str, Any]:
        found = self._cmdlets(cmdlet, **parameters)
        if len(found) != 1:
            raise SyncRefused(SyncProblem.REFUSED, f"{cmdlet} gave {len(found)} objects")
        return found[0]


def _version(text: str) -> tuple[int, ...] | None:
    parts = text.split(".")
    return tuple(map(int, parts)) if all(part.isdecimal() for part in parts) else None


def _domain(naming_context: str) -> str:
    """Returns the DNS name of a domain, of which a connector has the distinguished name."""
    labels = [part.strip().partition("=")[2] for part in naming_context.split(",")]
    return ".".join(labels).lower()


def _interval(value: object) -> timedelta:
    """Returns a `TimeSpan` as it comes over the wire, within reason; as shipped if it is none."""
    try:
        return min(max(_DURATION.validate_python(value), _SHORTEST_INTERVAL), _LONGEST_INTERVAL)
    except ValidationError:
        return INTERVAL
