"""What a Connect host remembers of its cycles and of their run profiles."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from sandbox.company import AD_DOMAIN

AD_CONNECTOR = AD_DOMAIN
TENANT_CONNECTOR = "contoso.onmicrosoft.com - AAD"

_KEPT = 1000


@dataclass
class Run:
    """One run profile of one connector, as Get-ADSyncRunProfileResult shows it."""

    connector: str
    profile: str
    number: int
    start: datetime = field(default_factory=lambda: datetime.now(UTC))
    end: datetime | None = None
    result: str = "in-progress"
    identifier: UUID = field(default_factory=uuid4)

    def finish(self, result: str) -> None:
        """Set the end, and `success` or one of the engine's error results."""
        self.end = datetime.now(UTC)
        self.result = result


@dataclass
class Cycle:
    """One synchronisation cycle."""

    number: int
    policy_type: str
    trigger: str
    """`initial`, `cmdlet`, `schedule` or `control`."""
    start: datetime = field(default_factory=lambda: datetime.now(UTC))
    end: datetime | None = None
    result: str = "in-progress"
    counts: dict[str, int] = field(default_factory=dict)
    """Objects imported, users, deletedUsers, addMembers and removeMembers exported."""

    def described(self) -> dict[str, Any]:
        """The cycle as the control API shows it."""
        return {
            "number": self.number,
            "policyType": self.policy_type,
            "trigger": self.trigger,
            "start": self.start.isoformat(),
            "end": self.end and self.end.isoformat(),
            "result": self.result,
            "counts": self.counts,
        }


class RunHistory:
    """Cycles and runs, oldest first; runs beyond a thousand are forgotten."""

    def __init__(self) -> None:
        self.cycles: list[Cycle] = []
        self.runs: list[Run] = []
        self._cycles_begun = 0
        self._runs_begun = 0

    def begin_cycle(self, policy_type: str, trigger: str) -> Cycle:
        """Note that a cycle has begun."""
        self._cycles_begun += 1
        cycle = Cycle(self._cycles_begun, policy_type, trigger)
        self.cycles.append(cycle)
        return cycle

    def begin_run(self, connector: str, profile: str) -> Run:
        """Note that a run profile has begun."""
        self._runs_begun += 1
        run = Run(connector, profile, self._runs_begun)
        self.runs = [*self.runs[1 - _KEPT :], run]
        return run
