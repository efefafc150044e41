"""Messages and requests from outside: refused, held, taken back."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.domain.person.brake import Direction
from shared.domain.person.lifecycle import WorkflowOutcome
from shared.domain.signals.signal import Severity, Signal


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
class EventsHeld(Signal):
    """A sender moves more people at once than it may; theirs are held until an operator decides."""

    event = "events-held"
    severity = Severity.ERROR
    source: str
    """The HR source, or `queue` for whatever comes from none."""
    direction: Direction
    people: int
    """Held just now or, as it is told again once a day, held for longer than that."""
    most: str


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
class SourceSilent(Signal):
    """An HR source that has sent before is silent for longer than its file allows."""

    event = "source-silent"
    source: str
    since: str
    """When it has sent last, in UTC, to a quarter of an hour."""
    allowed: str
    """How long it may be silent, such as `8d`."""
