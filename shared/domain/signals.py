"""Signals: what somebody, or an alarm, has to hear of; each becomes one line of the log.

No signal names a person. People are told apart by their object id, and who has none yet by a
digest of their key. What operators write in their own words stays in the audit.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from hashlib import sha256
from typing import Any, ClassVar

from shared.domain.person.brake import Direction
from shared.domain.person.enrolment import State
from shared.domain.person.lifecycle import WorkflowOutcome
from shared.domain.person.people import is_object_id
from shared.domain.person.reasons import Reason
from shared.domain.rollout.sspr_finding import SsprFinding
from shared.domain.rollout.sspr_sight import SightSource
from shared.domain.rollout.state import PauseReason, Phase
from shared.domain.rollout.writing import StopReason

_MOST_TEXT = 200
_PLAIN_FIELD = re.compile(r"[A-Za-z0-9_.()\[\]-]{1,100}")
_MAY_NAME_SOMEBODY = re.compile(r"\S*@\S*")


class Severity(StrEnum):
    """How loud a signal is; the values are log levels."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class By(StrEnum):
    """Who brought a change about; which operator it was stands in the audit."""

    CLOCK = "clock"
    OPERATOR = "operator"


class Timer(StrEnum):
    """The timers of the app, by the names of their functions."""

    CLOCK = "clock_timer"
    REGISTRATION = "registration_timer"
    RECONCILE = "reconcile_timer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """Something that happened, once, and is stored by the time it is told of."""

    event: ClassVar[str]
    """The name in the log, which alarms and the workbook look for."""
    severity: ClassVar[Severity] = Severity.WARNING

    def fields(self) -> dict[str, Any]:
        """Returns what is logged beside the name; what is not known is left out."""
        told = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: value for name, value in told.items() if value is not None}


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
class EventsForgotten(Signal):
    """An operator had events forgotten, and what they did undone."""

    event = "events-forgotten"
    events: int
    people: int
    put_in: int
    """People who are wanted again, those among them who wait."""
    taken_out: int


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
class TimerEnded(Signal):
    """A run of one of the app's timers is over; it is told of each, and not at its beginning.

    Of a run that ends with its process nothing is told.
    """

    event = "timer-ended"
    severity = Severity.INFO
    timer: Timer
    succeeded: bool
    """Whether it did what it is for; what it raised is in the log of the functions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanUnsafe(Signal):
    """What was to be done would touch too many people, or cannot be told; nothing was done."""

    event = "plan-unsafe"
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeGroupFault(Signal):
    """The AD group's twin in Entra is not what it has to be; told at every look."""

    event = "scope-group-fault"
    reason: PauseReason


@dataclass(frozen=True, slots=True, kw_only=True)
class SsprScopeWrong(Signal):
    """SSPR is not on for the scope group alone, or may not be; told at every look."""

    event = "sspr-scope-wrong"
    finding: SsprFinding
    source: SightSource
    since: str
    """Since when, in UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SsprScopeRight(Signal):
    """SSPR is on for the scope group again."""

    event = "sspr-scope-right"
    severity = Severity.INFO
    before: SsprFinding


@dataclass(frozen=True, slots=True, kw_only=True)
class SsprScopeUnseen(Signal):
    """The audit log could not be read for changes of SSPR's settings; told at every look."""

    event = "sspr-scope-unseen"
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleConverted(Signal):
    """The source of authority of people in scope is another than when they were put in."""

    event = "people-converted"
    to_cloud: int
    to_on_premises: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftFound(Signal):
    """Somebody outside the rollout changed memberships; numbers of people."""

    event = "drift-found"
    added_by_hand: int
    removed_by_hand: int
    repaired: int
    held: int = 0
    """Left as they are because they are too many: an operator is asked."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRefused(Signal):
    """A message could not be understood; it is kept whole in the ledger under its key."""

    event = "message-refused"
    queue: str
    key: str
    field: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetterFound(Signal):
    """Dead letters lie in a queue that were not there at the look before; told once of each."""

    event = "dead-letter-found"
    queue: str
    letters: int
    """Of this reason, that are new."""
    reason: str
    """Why they were set aside, in a word: the broker's, or of whoever took them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorUnforeseen(Signal):
    """An error that nobody foresaw; it was dealt with as one that may be a message's own."""

    event = "error-unforeseen"
    severity = Severity.ERROR
    error: str
    """Its type; its text may hold what a message holds."""
    place: str
    """Files, lines and functions, the innermost first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsHeld(Signal):
    """A sender moves more people at once than it may; theirs are held until an operator decides."""

    event = "events-held"
    severity = Severity.ERROR
    source: str
    """The HR source, or `queue` for whatever comes from none."""
    direction: Direction
    people: int
    """Held just now."""
    most: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestsRefused(Signal):
    """Requests were turned away at a door; told of the first, and of those that followed it."""

    event = "requests-refused"
    door: str
    source: str | None
    """The configured source in whose name they came; of no other name is anything kept."""
    proved: bool
    """Whether a secret was known, or a token good: else anybody can bring it about."""
    requests: int
    reasons: Mapping[str, int]
    """How many for which reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LifecycleTold(Signal):
    """A lifecycle workflow has been told what became of somebody."""

    event = "lifecycle-told"
    severity = Severity.INFO
    key: str
    """Of the onboarding event that the workflow made."""
    outcome: WorkflowOutcome
    awaited: bool
    """False where the workflow had stopped waiting."""


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
class EndingSoon(Signal):
    """A certificate, a password or an account ends soon, or has ended; told every hour."""

    event = "ending-soon"
    what: str
    item: str
    """Which one: a server's name, an application's id, an account's SID."""
    whose: str
    """Who works by it."""
    days: int
    """Whole days that are left; less than 0 after the end."""
    ends_at: str
    """In UTC."""
    urgent: bool
    """Whether there is little time left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSilent(Signal):
    """An HR source that has sent before is silent for longer than its file allows."""

    event = "source-silent"
    source: str
    since: str
    """When it has sent last, in UTC, to a quarter of an hour."""
    allowed: str
    """How long it may be silent, such as `8d`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmTested(Signal):
    """An operator wants to see that an alarm reaches somebody; nothing is wrong."""

    event = "alarm-test"
    severity = Severity.INFO
    alarm: str
    """The alarm whose name the message carries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswersIgnored(Signal):
    """A worker's answers changed nobody: nobody had asked, or they are of another account.

    A few come late. Many, or contradictory ones, are somebody who poses as the worker.
    """

    event = "answers-ignored"
    why: str
    answers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeGroupUnwritable(Signal):
    """The scope group is not for the app to write: its kind, or who may; whom it is about waits."""

    event = "scope-group-unwritable"
    reason: Reason
    people: int
    """Whose memberships were to be written."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class DeltaSyncProblem(Signal):
    """A delta sync has failed, or something keeps it from beginning."""

    event = "delta-sync-problem"
    worker: str
    state: str
    problem: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AppMisconfigured(Signal):
    """The app has started with a wrong set-up, and does nothing; told for each thing wrong."""

    event = "app-misconfigured"
    severity = Severity.ERROR
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkPostponed(Signal):
    """Messages could not be dealt with now; they are on their queue again, for later."""

    event = "work-postponed"
    queue: str
    messages: int
    reason: str


SIGNALS: tuple[type[Signal], ...] = (
    AppMisconfigured,
    WorkPostponed,
    PhaseChanged,
    RolloutPaused,
    WritingStopped,
    WritingStarted,
    WaveBegun,
    WaveRolledBack,
    EventsForgotten,
    GateFailed,
    GateInconclusive,
    ConditionFailed,
    TimerEnded,
    PlanUnsafe,
    ScopeGroupFault,
    SsprScopeWrong,
    SsprScopeRight,
    SsprScopeUnseen,
    PeopleConverted,
    DriftFound,
    RolloutStatus,
    MessageRefused,
    DeadLetterFound,
    ErrorUnforeseen,
    EventsHeld,
    RequestsRefused,
    LifecycleTold,
    PersonFailed,
    PersonFlagged,
    ResetsLost,
    HiresProvisioned,
    CommandUnanswered,
    CommandExpired,
    WorkerReported,
    DeltaSyncProblem,
    EndingSoon,
    SourceSilent,
    AlarmTested,
    AnswersIgnored,
    ScopeGroupUnwritable,
)
"""All there are."""


def person_reference(key: str) -> str:
    """Returns what the log may say in the place of a person's key.

    An object id stands as it is; `upn:…` and `employee:…` are names, and become a digest.
    """
    return key if is_object_id(key) else f"provisional-{sha256(key.encode()).hexdigest()[:16]}"


def plain_field(name: str | None) -> str:
    """Returns a field's name as the log may have it.

    Senders may put anything in a property's name.
    """
    return name if name and _PLAIN_FIELD.fullmatch(name) else "(unusual)"


def plain_text(text: str) -> str:
    """Returns a reason without anything that looks like somebody's name, and not too long."""
    return _MAY_NAME_SOMEBODY.sub("…", text)[:_MOST_TEXT]
