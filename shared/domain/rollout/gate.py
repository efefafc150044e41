"""Gates: what must be true of a wave before the next one goes out."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class GateKind(StrEnum):
    """What a gate looks at; the value is its name in a rollout document."""

    VISIBLE = "visible"
    """The share of the wave's people whose membership Entra shows, each within their deadline."""
    EFFECTIVE = "effective"
    """The share of the wave's people whom the registration report shows as enabled."""
    REGISTERED = "registered"
    """The share of the wave's people who have registered, judged once the window is over."""
    WRITEBACK_FAILURES = "writebackFailures"
    """The share of self-service resets that could not be written to AD, within the window."""
    BLOCKED_RESETS = "blockedResets"
    """The share of people in scope who were refused a reset all the same, within the window."""
    WORKER_ALIVE = "workerAlive"
    """How long the hybrid worker may be silent: the window."""
    DELTA_SYNC = "deltaSync"
    """Whether the newest delta sync ended well, and not before the window."""
    BACKLOG = "backlog"
    """How many people's writes may be overdue."""

    @property
    def is_floor(self) -> bool:
        """Whether the value has to reach the threshold; else it must not go beyond it."""
        return self in {GateKind.VISIBLE, GateKind.EFFECTIVE, GateKind.REGISTERED}


class Outcome(StrEnum):
    """What one look at a gate says; inconclusive never promotes."""

    PASSED = "passed"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """A condition and how patient it is."""

    kind: GateKind
    threshold: float
    """A share from 0 to 1; people for `backlog`; without meaning for the two of the worker."""
    window: timedelta
    """How far back, or how long after the wave's soak began; see the kind."""
    minimum_sample: int = 1
    """With fewer people or resets than these the result is inconclusive."""
    failure_limit: int = 1
    """So many failures in a row pause the rollout."""
    inconclusive_limit: int | None = None
    """So many inconclusive results in a row, after the soak, pause it; None: never."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One look at one gate, in numbers and in a sentence."""

    gate: Gate
    outcome: Outcome
    value: float | None
    """None where there is nothing to measure."""
    sample: int
    text: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One look at all gates of a wave, and what was made of it."""

    at: datetime
    wave: str
    results: tuple[Result, ...]
    decision: str = ""
    """What the rollout did because of it; empty where it went on as before."""

    @property
    def outcome(self) -> Outcome:
        """Failed where any gate failed, passed where all did."""
        outcomes = {result.outcome for result in self.results}
        if Outcome.FAILED in outcomes:
            return Outcome.FAILED
        return Outcome.INCONCLUSIVE if Outcome.INCONCLUSIVE in outcomes else Outcome.PASSED
