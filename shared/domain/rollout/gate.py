"""Gates: what must be true of a wave before the next one goes out."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Outcome(StrEnum):
    """What one look at a gate says; inconclusive never promotes."""

    PASSED = "passed"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """A condition and how patient it is."""

    kind: str
    """Its name in a rollout document; see the registry of gates."""
    threshold: float
    """A share from 0 to 1, or a number, as the kind has it; 0 where it has none."""
    window: timedelta
    """How far back, or how long after the wave's soak began; see the kind."""
    minimum_sample: int = 1
    """With fewer people or resets than these the result is inconclusive."""
    quiet_passes: bool = False
    """Whether it passes all the same while fewer were seen and none of them failed: so it is where
    the document leaves the sample to the gate."""
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
