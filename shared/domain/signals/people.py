"""People: who could not be put in, who can no longer reset, and hires asked of Cloud Sync."""

from dataclasses import dataclass

from shared.domain.person.enrolment import State
from shared.domain.person.reasons import Reason
from shared.domain.signals.signal import Severity, Signal


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonFailed(Signal):
    """Somebody could not be put in."""

    event = "person-failed"
    person: str
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonFlagged(Signal):
    """Somebody does not move as they should, and a person has to look."""

    event = "person-flagged"
    person: str
    state: State
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetsLost(Signal):
    """People in scope who could reset a password, and no longer can; told once for each reading."""

    event = "resets-lost"
    reason: Reason
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HiresProvisioned(Signal):
    """Entra Cloud Sync was asked for new hires, one by one, ahead of its next cycle."""

    event = "hires-provisioned"
    severity = Severity.INFO
    provisioned: int
    failed: int
    left: int
    """Left to the ordinary cycle unasked: too many at once, or after one that failed."""
    problem: str | None
    """Why the first of them failed."""
