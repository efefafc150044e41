"""What the rollout did, and what its gates and plans say."""

from dataclasses import dataclass

from shared.domain.person.enrolment import State
from shared.domain.rollout.state import PauseReason, Phase
from shared.domain.rollout.writing import StopReason
from shared.domain.signals.signal import By, Severity, Signal


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseChanged(Signal):
    """The rollout has entered another phase."""

    event = "phase-changed"
    severity = Severity.INFO
    before: Phase | None
    phase: Phase
    wave: str | None
    pause: PauseReason | None
    who: By


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutPaused(Signal):
    """The rollout waits for an operator."""

    event = "rollout-paused"
    reason: PauseReason
    wave: str | None
    who: By


@dataclass(frozen=True, slots=True, kw_only=True)
class WritingStopped(Signal):
    """Nothing is written until somebody starts it again; told every minute while that lasts."""

    event = "writing-stopped"
    reason: StopReason
    who: By
    since: str
    """In UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WritingStarted(Signal):
    """Everything that writes goes on."""

    event = "writing-started"
    severity = Severity.INFO
    who: By


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveBegun(Signal):
    """A wave's people are being put in."""

    event = "wave-begun"
    severity = Severity.INFO
    wave: str
    number: int
    """From 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveRolledBack(Signal):
    """A wave's people have been asked out."""

    event = "wave-rolled-back"
    wave: str
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GateFailed(Signal):
    """A look at a gate came out badly."""

    event = "gate-failed"
    wave: str
    gate: str
    value: float | None
    threshold: float
    sample_size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GateInconclusive(Signal):
    """A look at a gate had too little to go by."""

    event = "gate-inconclusive"
    severity = Severity.INFO
    wave: str
    gate: str
    value: float | None
    threshold: float
    sample_size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionFailed(Signal):
    """What a gate asks of the machinery does not hold; told at every look while that lasts.

    It is watched in every phase, and where there is no rollout.
    """

    event = "condition-failed"
    gate: str
    phase: Phase | None
    """None where there is no rollout."""
    value: float | None
    threshold: float
    sample_size: int
    since: str
    """Since when it fails, in UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanUnsafe(Signal):
    """What was to be done would touch too many people, or cannot be told; nothing was done."""

    event = "plan-unsafe"
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutStatus(Signal):
    """How things stand, told at every reconciliation."""

    event = "rollout-standing"
    severity = Severity.INFO
    phase: Phase | None
    """None before the first document was applied."""
    wave: str | None
    pause: PauseReason | None
    people: dict[State, int]
    flagged: int
    refused_messages: int
    held_events: int = 0
    stopped: bool = False
    """Whether everything that writes is stopped."""
