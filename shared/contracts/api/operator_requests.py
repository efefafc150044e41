"""What the operator API takes: who asks, query parameters, bodies, a document's text."""

from typing import Annotated, Self

from pydantic import Field, StringConstraints, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from shared.contracts.api.view import View
from shared.contracts.messages.contract import LARGEST_BODY, Contract, Moment, Name, Text
from shared.contracts.messages.onboarding_event import ObjectId
from shared.domain.rollout.sspr_policy import SsprScope

Why = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=500)]

ACTOR_HEADER = "x-sspr-actor"
"""Where operators are let in by key: who asks, percent-encoded where it is not ASCII.

It is but claimed; the audit says so.
"""
LONGEST_ACTOR = 100
READER = "Rollout.Reader"
OPERATOR = "Rollout.Operator"
"""App roles, where Entra lets operators in; an operator may read as well."""
MOST_EVALUATIONS = 100
MOST_HELD_EVENTS = 100
"""That are told on a page, or decided about at once."""
MOST_DEAD_LETTERS = 100
"""That are told on a page, or dealt with at once."""


MOST_FORGOTTEN = 5_000
"""Events and people that are named at once; a source and a time name any number."""
EventKey = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class Nothing(Contract):
    """No query parameters."""


class Newest(Contract):
    """How many to answer, newest first."""

    limit: Annotated[int, Field(ge=1, le=MOST_EVALUATIONS)] = 20
    """So many."""


class Page(Contract):
    """Which page to answer."""

    page: Annotated[int, Field(ge=0)] = 0
    """From 0; `nextPage` of the answer before."""


class After(Contract):
    """Where to go on."""

    after: Annotated[int, Field(ge=0)] = 0
    """The number of the last record that is known already."""


class Version(Contract):
    """Which version of the document to answer."""

    version: Annotated[int, Field(ge=1)] | None = None
    """The one in force, where it is left out."""


class Apply(Contract):
    """Apply a plan that was shown; refused if anything changed since."""

    plan: Name
    """The plan's fingerprint."""
    force: bool = False
    """Apply it even if it is unsafe; needs a reason."""
    reason: Text = ""


class Steer(Contract):
    """Pause, resume, abort or restart."""

    reason: Why


class TryAlarm(Contract):
    """Have an alarm come as a test."""

    reason: Why
    alarm: Name | None = None
    """The alarm whose name the message is to carry."""


class Start(Contract):
    """Let everything that writes go on."""

    reason: Why
    group: Name | None = None
    """The scope group that is meant, where it is another than was written before."""


class Promote(Contract):
    """Start the next wave now, without waiting for the gates."""

    reason: Why
    skip_soak: bool = False


class RollBack(Contract):
    """Remove exactly whom a wave added; without `plan` only show who that would be."""

    wave: Name
    reason: Why
    plan: Name | None = None
    """The fingerprint of the rollback that was shown."""


class Recover(Contract):
    """Go on with a ledger that is older than the world; without `plan` only show what differs."""

    reason: Why
    plan: Name | None = None
    """The fingerprint of what was shown."""


class Forget(Contract):
    """Forget what events did; without `plan` only show what becomes of whom.

    What is given narrows: of the events that are named, or of all events of the people who are
    named, those of the source and of the time. At least one of these has to be given.
    """

    reason: Why
    keys: tuple[EventKey, ...] = ()
    """The events' own keys."""
    people: tuple[Name, ...] = ()
    """People whose events are meant: by object id, UPN or employee id."""
    source: Name | None = None
    """The events' source, or an HR source's name."""
    since: Moment | None = None
    """Only events that were taken then or later."""
    until: Moment | None = None
    """Only events that were taken before then."""
    plan: Name | None = None
    """The fingerprint of what was shown."""

    @model_validator(mode="after")
    def _says_which(self) -> Self:
        if not (self.keys or self.people or self.source or self.since):
            raise PydanticCustomError("which", "name events, people, a source or since when")
        if len(self.keys) + len(self.people) > MOST_FORGOTTEN:
            raise PydanticCustomError("length", f"name at most {MOST_FORGOTTEN:,} at once")
        return self


class Adopt(Contract):
    """Come from SSPR for all, none or a group; without `plan` only show who would lose it."""

    document: Annotated[str, StringConstraints(min_length=1, max_length=LARGEST_BODY)]
    """The rollout document, as its author wrote it."""
    came_from: Annotated[SsprScope, WithJsonSchema({"type": "string", "enum": [*SsprScope]})]
    """Whom SSPR is on for now: `all`, `none` or `group`."""
    group: ObjectId | None = None
    """The object id of the group that is selected now, if it is not the document's; dynamic or
    not."""
    accept_losing: Annotated[int, Field(ge=0)] = 0
    """How many people may lose SSPR by it."""
    reason: Text = ""
    plan: Name | None = None
    """The fingerprint of what was shown."""

    @model_validator(mode="after")
    def _only_from_a_group(self) -> Self:
        if self.group is not None and self.came_from is not SsprScope.GROUP:
            raise PydanticCustomError("group", "a group was selected only where you come from one")
        return self


class Leave(Contract):
    """Go back to SSPR for all; without `plan` only show the next step."""

    reason: Why
    empty_group: bool = False
    """Take out of the group whom the product put in, once SSPR is on for all."""
    all_selected: bool = False
    """Say that All is selected, where the audit log has been silent for an hour."""
    cancel: bool = False
    """Call the leaving off that is under way; nothing else is done."""
    plan: Name | None = None
    """The fingerprint of what was shown."""


class ByHand(Contract):
    """Include or exclude one person whatever the waves say."""

    reason: Why
    until: Moment | None = None
    """When this ceases to hold; never, where it is left out."""


class Exclude(ByHand):
    """Exclude one person, for a time or for good."""

    never: bool = False
    """For good: nothing but an operator's opposite word lifts it."""
    take_out: bool = False
    """Take them out even where somebody else put them in."""

    @model_validator(mode="after")
    def _for_good_has_no_end(self) -> Self:
        if self.never and self.until:
            raise PydanticCustomError("never", "for good has no end; leave out until")
        return self


class Release(Steer):
    """Forget what was said of one person by hand."""

    never: bool = False
    """Also that they are kept out for good."""


class TheseDeadLetters(Contract):
    """Which dead letters of the queue, and why."""

    numbers: Annotated[
        tuple[Annotated[int, Field(ge=0, lt=2**63)], ...],
        Field(min_length=1, max_length=MOST_DEAD_LETTERS),
    ]
    """Their sequence numbers."""
    reason: Why


class HeldAfter(Contract):
    """Where to go on among held events."""

    after: Annotated[str, StringConstraints(max_length=200, pattern=r"^[A-Za-z0-9|-]*$")] = ""
    """`next` of the page before."""


class TheseHeldEvents(Contract):
    """Which held events, and why."""

    keys: Annotated[
        tuple[Annotated[str, StringConstraints(min_length=1, max_length=64)], ...],
        Field(min_length=1, max_length=MOST_HELD_EVENTS),
    ]
    """The events' own."""
    reason: Why


class DocumentBody(Contract):
    """A rollout document as it came in: YAML, checked by whoever reads it."""

    content: bytes

    @classmethod
    def read(cls, body: bytes | str) -> Self:
        """Take the body as it is."""
        return cls(content=body if isinstance(body, bytes) else body.encode())


class EventsSent(Contract):
    """Onboarding events as an operator sends them: one or a list, each checked by itself."""

    content: bytes

    @classmethod
    def read(cls, body: bytes | str) -> Self:
        """Take the body as it is."""
        return cls(content=body if isinstance(body, bytes) else body.encode())


class DocumentText(View):
    """A rollout document as its author wrote it."""

    text: str
