"""The worker and the sync: commands, and what the worker reports of itself."""

from dataclasses import dataclass

from shared.domain.signals.signal import Severity, Signal


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandUnanswered(Signal):
    """The worker has not answered a command for somebody, however often it was issued again."""

    event = "command-unanswered"
    person: str
    command: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandExpired(Signal):
    """A command reached the worker after its time; it is issued again."""

    event = "command-expired"
    person: str
    command: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerReported(Signal):
    """A sign of life of a hybrid worker's; about one a minute."""

    event = "worker-reported"
    severity = Severity.INFO
    worker: str
    directory_answers: bool
    sync: str
    """How its newest delta sync stands."""
    set_aside: int | None = None
    """How many commands and rows of its journal it could not digest."""
    clock_ahead: int | None = None
    """Seconds by which its clock is ahead of Service Bus, or behind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswersIgnored(Signal):
    """A worker's answers changed nobody: nobody had asked, or they are of another account.

    A few come late. Many, or contradictory ones, are somebody who poses as the worker.
    """

    event = "answers-ignored"
    why: str
    answers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeltaSyncProblem(Signal):
    """A delta sync has failed, or something keeps it from beginning."""

    event = "delta-sync-problem"
    worker: str
    state: str
    problem: str | None
