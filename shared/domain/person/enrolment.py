"""A person's way into scope: its states, its steps and how one follows another."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from shared.domain.person.commands import NO_COMMANDS, AskedCommands
from shared.domain.person.methods import HeldMethods
from shared.domain.person.people import UserRef
from shared.domain.person.policy import SourceOfAuthority
from shared.domain.person.reasons import Reason
from shared.domain.person.writes import ScopeAction

MOST_STEPS = 60
"""Steps kept per person: the first one and the newest; a table property holds 64 KiB."""


class State(StrEnum):
    """Where a person is."""

    REQUESTED = "requested"
    WAITING = "waiting"
    APPLIED = "applied"
    VISIBLE = "visible"
    EFFECTIVE = "effective"
    REGISTERED = "registered"
    RESETTABLE = "resettable"
    """Could reset a password today."""
    LOST = "lost"
    """Could reset a password once, and no longer can."""
    EXCLUDED = "excluded"
    FAILED = "failed"
    WITHDRAWING = "withdrawing"
    WITHDRAWN = "withdrawn"

    @property
    def is_in_scope(self) -> bool:
        """Whether the membership has been written."""
        return self is State.APPLIED or self.is_seen

    @property
    def is_seen(self) -> bool:
        """Whether Entra has shown the membership."""
        return self in {
            State.VISIBLE,
            State.EFFECTIVE,
            State.REGISTERED,
            State.RESETTABLE,
            State.LOST,
        }

    @property
    def is_enrolled(self) -> bool:
        """Whether the person is in scope or about to be."""
        return self is State.REQUESTED or self.is_in_scope

    @property
    def is_coming(self) -> bool:
        """Whether the person is in scope, or on the way into it."""
        return self is State.WAITING or self.is_enrolled

    @property
    def has_to_end_first(self) -> bool:
        """Whether the person cannot be put in before this state has ended."""
        return self in {State.WAITING, State.WITHDRAWING}

    @property
    def is_to_write(self) -> bool:
        """Whether a write is still owed."""
        return self in {State.REQUESTED, State.WITHDRAWING}

    @property
    def is_chased(self) -> bool:
        """Whether somebody has to look, before long, whether the person moves."""
        return self is State.APPLIED or self.is_to_write

    @property
    def is_settled(self) -> bool:
        """Whether the way has ended as far as the product takes it.

        What becomes of a registration afterwards is up to the person, the helpdesk and Microsoft.
        """
        return self in {
            State.REGISTERED,
            State.RESETTABLE,
            State.LOST,
            State.EXCLUDED,
            State.FAILED,
            State.WITHDRAWN,
        }


ENROLLED = frozenset(state for state in State if state.is_enrolled)


class Provenance(StrEnum):
    """Who put the person into the group: only what is ours is ever taken out again."""

    UNKNOWN = "unknown"
    OURS = "ours"
    PREEXISTING = "preexisting"


class CauseKind(StrEnum):
    """What made the product touch somebody."""

    EVENT = "event"
    NEW_HIRE = "new-hire"
    """The rollout document's rule, where no event came."""
    WAVE = "wave"
    OVERRIDE = "override"
    FOUND = "found"
    """Seen in the group; nobody here asked for them."""


@dataclass(frozen=True, slots=True)
class Cause:
    """The cause of a change and who is behind it."""

    kind: CauseKind
    reference: str
    """The event's key, the wave's name or the operator's reason."""
    actor: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A cause that wants the person in scope; whoever nothing claims is taken out again.

    A person has at most one of each kind: the wave is the first that selected them.
    """

    cause: Cause
    until: datetime | None = None

    def is_over(self, now: datetime) -> bool:
        """Tells whether the claim's time has passed."""
        return self.until is not None and self.until <= now


@dataclass(frozen=True, slots=True)
class Exclusion:
    """What keeps a person out, whoever wants them in: they left, or an operator said so."""

    reason: Reason
    actor: str
    text: str = ""
    until: datetime | None = None
    begins: datetime | None = None
    """From when on it keeps them out, where that is ahead: the end of a leaver's last day."""

    def is_over(self, now: datetime) -> bool:
        """Tells whether the exclusion's time has passed."""
        return self.until is not None and self.until <= now

    def is_ahead(self, now: datetime) -> bool:
        """Tells whether the exclusion's time has not come yet."""
        return self.begins is not None and now < self.begins

    def holds(self, now: datetime) -> bool:
        """Tells whether it keeps the person out now."""
        return not self.is_over(now) and not self.is_ahead(now)


def what_keeps_out(
    exclusion: Exclusion | None,
    set_aside: Exclusion | None,
    claims: Iterable[Claim],
    now: datetime,
) -> Exclusion | None:
    """Returns what keeps a person out now, or None; for the arguments see `Enrolment`."""
    if exclusion is not None and exclusion.holds(now):
        return exclusion
    if set_aside is None or not set_aside.holds(now):
        return None
    included = any(one.cause.kind is CauseKind.OVERRIDE and not one.is_over(now) for one in claims)
    return None if included else set_aside


@dataclass(frozen=True, slots=True)
class Said:
    """What events have said of a person, up to one of them."""

    event_time: datetime
    """When the newest of them happened."""
    claim: Claim | None = None
    exclusion: Exclusion | None = None
    """A leaver's."""
    day: datetime | None = None
    """The first day that was told of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRecord:
    """One event that was taken of a person, with what it takes to undo it. Times are in UTC."""

    key: str
    leaves: bool
    """Whether it offboards; otherwise it onboards."""
    occurred_at: datetime
    taken_at: datetime
    """When it was first taken off the queue."""
    source: str = ""
    """Who says so, as a CloudEvent names it; empty for a plain event."""
    reference: str
    actor: str
    day: datetime | None = None
    """The first or last day."""
    day_ends: datetime | None = None
    joins_by_day: bool = False
    dropped: tuple[Claim, ...] = ()
    """Of an offboarding: what else wanted the person in until then, and no longer does."""
    replaced: Exclusion | None = None
    """Of an offboarding: the operator's exclusion in whose place its own came."""
    forgotten: bool = False
    """Whether an operator has had it forgotten: it counts as if it had never come."""
    unanswered: bool = False
    """Of an offboarding: whether no operator has spoken of the person since; False of before that
    was remembered."""


@dataclass(frozen=True, slots=True)
class EventHistory:
    """The newest events of a person, and what had been said before the first of them."""

    base: Said
    records: tuple[EventRecord, ...]
    """In the order in which they were first taken; of one at least."""

    def find(self, key: str) -> EventRecord | None:
        """Returns the record of that event, or None if there is none."""
        return next((one for one in self.records if one.key == key), None)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a person's way; `state` is the state after it."""

    at: datetime
    state: State
    reason: Reason
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """All that is remembered of one person's way.

    `key` is the object id, or `employee:…` / `upn:…` for somebody who is not in Entra yet.
    Times are aware datetimes in UTC.
    """

    key: str
    user: UserRef
    state: State
    reason: Reason
    cause: Cause
    since: datetime
    """When this state was reached."""
    event_time: datetime
    """When the newest event that was considered happened: an older one changes nothing."""
    source_of_authority: SourceOfAuthority | None = None
    """Where the membership is written, and taken out again."""
    account: SourceOfAuthority | None = None
    """The account's own source of authority, where it was converted since; None: the same."""
    provenance: Provenance = Provenance.UNKNOWN
    command_key: str | None = None
    """The directory command that is out for this request; None when none is."""
    commands: AskedCommands = NO_COMMANDS
    """The last directory commands that went out to this person: only they can be answered."""
    effective_date: datetime | None = None
    due: datetime | None = None
    """When to look again, for those who wait."""
    deadline: datetime | None = None
    removed_at: datetime | None = None
    """Of somebody on the way out: since when nothing more is to be written, because the membership
    was removed or is somebody else's; they are out once Entra no longer shows them."""
    attempts: int = 0
    """How often somebody who waits was looked for."""
    reissues: int = 0
    """How often a write was issued again because nothing came of it."""
    flag: Reason | None = None
    held: HeldMethods | None = None
    """The methods that the registration report named last; None where none was read yet."""
    claims: tuple[Claim, ...] = ()
    exclusion: Exclusion | None = None
    set_aside: Exclusion | None = None
    """A leaver's exclusion while an operator's word counts in its place: it keeps them out again
    as soon as that word is over or taken back."""
    events: EventHistory | None = None
    """The events that were taken; None where none was since these are kept."""
    steps: tuple[Step, ...] = ()

    def claim(self, kind: CauseKind) -> Claim | None:
        """Returns the claim of that kind, or None if there is none."""
        return next((one for one in self.claims if one.cause.kind is kind), None)

    def with_claim(self, claim: Claim) -> Self:
        """Returns the same person with that claim in the place of any other of its kind."""
        others = tuple(one for one in self.claims if one.cause.kind is not claim.cause.kind)
        return replace(self, claims=(*others, claim))

    def released(self, *kinds: CauseKind) -> Self:
        """Returns the same person without the claims of these kinds."""
        kept = tuple(one for one in self.claims if one.cause.kind not in kinds)
        return replace(self, claims=kept)

    def step_of(self, event_key: str) -> Step | None:
        """Returns the first step that an event brought about, or None if it changed nothing."""
        return next((step for step in self.steps if step.detail == event_key), None)

    def kept_out_by(self, now: datetime) -> Exclusion | None:
        """Returns what keeps the person out now, or None if nothing does."""
        return what_keeps_out(self.exclusion, self.set_aside, self.claims, now)

    def is_kept_out(self, now: datetime) -> bool:
        """Tells whether something keeps the person out now."""
        return self.kept_out_by(now) is not None

    @property
    def leaving(self) -> Exclusion | None:
        """A leaver's exclusion, whether it counts or an operator's word does in its place."""
        return self.set_aside if self.word_out or self.exclusion is None else self.exclusion

    @property
    def word_out(self) -> Exclusion | None:
        """By what an operator keeps the person out, or did until its time was over."""
        one = self.exclusion
        return one if one is not None and one.reason is not Reason.OFFBOARDED else None

    @property
    def is_barred(self) -> bool:
        """Whether an operator keeps the person out for good."""
        return self.exclusion is not None and self.exclusion.reason is Reason.EXCLUDED_FOR_GOOD

    @property
    def awaits_confirmation(self) -> bool:
        """Whether all is written that takes the person out, and Entra is yet to show it."""
        if self.state is not State.WITHDRAWING:
            return False
        # A row of an older version says it by its last step alone.
        unsure = bool(self.steps) and self.steps[-1].reason is Reason.REMOVAL_UNCONFIRMED
        return self.removed_at is not None or unsure

    @property
    def awaits_write(self) -> bool:
        """Whether a write is still owed."""
        return self.state.is_to_write and not self.awaits_confirmation

    @property
    def is_provisional(self) -> bool:
        """Whether the person was not in Entra when last looked for."""
        return self.user.object_id is None

    def moved(
        self, state: State, reason: Reason, now: datetime, *, detail: str = "", **changes: Any
    ) -> Self:
        """Returns the enrolment one step further; a new state clears what belonged to the old one.

        It does not ask which state may follow on which: decisions go through `transitions`.
        """
        steps = (*self.steps, Step(now, state, reason, detail))
        if len(steps) > MOST_STEPS:
            steps = (steps[0], *steps[-(MOST_STEPS - 1) :])
        if state is not self.state:
            changes = {
                "since": now,
                "flag": None,
                "due": None,
                "command_key": None,
                "removed_at": None,
            } | changes
        return replace(self, state=state, reason=reason, steps=steps, **changes)

    def commanded(self, key: str, action: ScopeAction, now: datetime) -> Self:
        """Returns the same person with that directory command out to them."""
        noted = self.noted(Reason.COMMAND_ISSUED, now, detail=key)
        return replace(noted, command_key=key, commands=self.commands.asking(key, action))

    def noted(self, reason: Reason, now: datetime, *, detail: str = "") -> Self:
        """Adds a step to show, in the same state; a repetition of the last step adds nothing."""
        if self.steps and (self.steps[-1].reason, self.steps[-1].detail) == (reason, detail):
            return self
        moved = self.moved(self.state, reason, now, detail=detail)
        return replace(moved, reason=self.reason)


def merged(known: UserRef, found: UserRef) -> UserRef:
    """Merges what both know of one user; the newer finding wins where it has something to say."""
    return UserRef(
        object_id=found.object_id or known.object_id,
        user_principal_name=found.user_principal_name or known.user_principal_name,
        employee_id=found.employee_id or known.employee_id,
        source_anchor=found.source_anchor or known.source_anchor,
        sid=found.sid or known.sid,
    )


def filled(known: UserRef, found: UserRef) -> UserRef:
    """Returns what is known, and of what was found only that of which nothing was known."""
    return merged(found, known)
