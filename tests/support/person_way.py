"""One person's way: all that can happen to them, and whether they are in the group."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from shared.domain.person.enrolment import Cause, CauseKind, Enrolment, Exclusion, Provenance, State
from shared.domain.person.event_history import take_event
from shared.domain.person.membership import found, found_again, put_in, roll_back, take
from shared.domain.person.overrides import keep_out, let_go, take_out_all_the_same
from shared.domain.person.people import Candidate, Memberships, Person
from shared.domain.person.policy import Policy, SourceOfAuthority
from shared.domain.person.reasons import Reason
from shared.domain.person.request import Action, Lookup
from shared.domain.person.verification import Observation, verify
from shared.domain.person.write_results import record
from shared.domain.person.writes import ScopeAction, WriteOutcome, WriteResult
from shared.domain.plan.forgetting import Forgetting
from tests.support.enrolments import ANNA_ID, NOW, POLICY, SCOPE, request

WAVE = Cause(CauseKind.WAVE, "early", "clock")
INCLUDED = Cause(CauseKind.OVERRIDE, "lead", "olga")
STEP = timedelta(hours=2)
"""Longer than Entra still shows what was removed."""


@dataclass
class Course:
    """One person's way, and whether they are in the group, which Entra shows at once."""

    person: Person
    member: bool = False
    policy: Policy = POLICY
    current: Enrolment | None = None
    now: datetime = NOW
    on_its_way: list[WriteResult] = field(default_factory=list)
    """The answers of the worker, who has done what they tell of."""
    _keys: int = 0

    @property
    def lookup(self) -> Lookup:
        groups = frozenset({SCOPE}) if self.member else frozenset[str]()
        return Lookup((self.person,), Memberships(groups))

    @property
    def candidate(self) -> Candidate:
        return Candidate(self.person, self.lookup.memberships)

    def hears(self, action: Action, day: datetime | None = None) -> None:
        """An event of HR's is taken, which may tell of a first or last day."""
        self._keys += 1
        key = f"event-{self._keys}"
        asked = replace(
            request(action, identifier=ANNA_ID, cause=Cause(CauseKind.EVENT, key, "hr")),
            key=key,
            occurred_at=self.now,
            effective_date=day,
        )
        self.current = take_event(asked, self.lookup, self.current, self.policy, self.now)

    def wanted(self, cause: Cause) -> None:
        """A wave or an operator wants them in."""
        if cause is INCLUDED or not (self.current and self.current.is_kept_out(self.now)):
            self.current = put_in(self.candidate, cause, self.current, self.policy, self.now)

    def excluded(self, reason: Reason) -> None:
        """An operator keeps them out."""
        said = Exclusion(reason, "olga", "on leave")
        self.current = keep_out(self.person, self.current, said, self.policy, self.now)

    def becomes(self, decision: Callable[[Enrolment], Enrolment]) -> None:
        """Somebody who is remembered is decided about."""
        if self.current:
            self.current = decision(self.current)

    def found(self) -> None:
        """The first rollout, or a recovery, finds them in the group."""
        if self.member and self.current is None:
            self.current = found(self.person, self.policy, self.now, actor="clock")
        elif self.member and self.current and self.current.provenance is not Provenance.OURS:
            self.current = found_again(self.current, self.now)

    def forgets(self) -> None:
        """An operator has the newest event forgotten."""
        if self.current and self.current.events:
            newest = self.current.events.records[-1].key
            forgotten = Forgetting(None, self.policy, self.now).forget(
                self.current, lambda one: one.key == newest, self.candidate, why="a mistake"
            )
            self.current = forgotten.enrolment

    def by_hand(self, *, present: bool) -> None:
        """Somebody else changes the group.

        Not of whom nothing was ever written: that they are in is found by a look, and said by
        `sspr user`, but nobody looks at each decision.
        """
        is_unwritten = self.current and self.current.provenance is Provenance.UNKNOWN
        self.member = self.member if present and is_unwritten else present

    def written(self) -> None:
        """Whoever is owed a write is written, by Graph or by a command whose answer comes later."""
        one = self.current
        if one is None or not one.awaits_write or one.command_key:
            return
        action = ScopeAction.ADD if one.state is State.REQUESTED else ScopeAction.REMOVE
        present = action is ScopeAction.ADD
        outcome = WriteOutcome.ALREADY if self.member is present else WriteOutcome.DONE
        key = None
        if one.source_of_authority is SourceOfAuthority.ON_PREMISES:
            self._keys += 1
            key = f"command-{self._keys}"
            self.current = one.commanded(key, action, self.now)
        self.member = present
        answer = WriteResult(change=action, outcome=outcome, command_key=key)
        self.on_its_way.append(answer)
        if key is None:
            self.answered()

    def answered(self) -> None:
        """An answer comes in."""
        if self.on_its_way and self.current:
            answer = self.on_its_way.pop(0)
            self.current = record(self.current, answer, self.policy, self.now)

    def missed(self) -> None:
        """A replica does not know them, for a moment."""
        missing = Observation(missing=True)
        self.becomes(lambda one: verify(one, missing, self.policy, self.now))
        self.now += timedelta(minutes=1)
        self.looked_for()

    def looked_for(self) -> None:
        """The follow-up asks Entra."""
        self.becomes(lambda one: verify(one, Observation(self.member), self.policy, self.now))


HAPPENINGS: dict[str, Callable[[Course], None]] = {
    "onboarded": lambda course: course.hears(Action.ONBOARD),
    "offboarded": lambda course: course.hears(Action.OFFBOARD),
    "reached by a wave": lambda course: course.wanted(WAVE),
    "included": lambda course: course.wanted(INCLUDED),
    "excluded": lambda course: course.excluded(Reason.EXCLUDED_BY_OPERATOR),
    "excluded for good": lambda course: course.excluded(Reason.EXCLUDED_FOR_GOOD),
    "taken out all the same": lambda course: course.becomes(
        lambda one: take_out_all_the_same(course.person, one, course.policy, course.now)
    ),
    "released": lambda course: course.becomes(lambda one: let_go(one, for_good=True)),
    "rolled back": lambda course: course.becomes(lambda one: roll_back(one, "early", course.now)),
    "no longer wanted": lambda course: course.becomes(
        lambda one: take(one, Reason.NO_LONGER_WANTED, course.now)
    ),
    "refused by a rule": lambda course: course.becomes(
        lambda one: take(one, Reason.DISABLED, course.now)
    ),
    "forgotten": Course.forgets,
    "found": Course.found,
    "put in by hand": lambda course: course.by_hand(present=True),
    "taken out by hand": lambda course: course.by_hand(present=False),
    "written": Course.written,
    "answered": Course.answered,
    "looked for": Course.looked_for,
    "missed": Course.missed,
}
