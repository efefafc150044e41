"""What an onboarding or offboarding request makes of a person: the first decision of all."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from shared.domain.person.eligibility import refusal
from shared.domain.person.enrolment import (
    IN_SCOPE,
    Cause,
    CauseKind,
    Claim,
    Enrolment,
    Exclusion,
    Provenance,
    State,
    Step,
    merged,
)
from shared.domain.person.people import Identifier, IdentifierKind, Memberships, Person, UserRef
from shared.domain.person.policy import Policy, SourceOfAuthority, TenantRules, Topology
from shared.domain.person.reasons import Reason

_ENROLLED = IN_SCOPE | {State.REQUESTED}
_ASKED = {
    CauseKind.EVENT: Reason.ONBOARDED,
    CauseKind.NEW_HIRE: Reason.NEW_HIRE,
    CauseKind.WAVE: Reason.IN_WAVE,
    CauseKind.OVERRIDE: Reason.INCLUDED_BY_OPERATOR,
}
_STALE_READS = timedelta(hours=1)
"""How long after a removal Entra may still show the membership."""


class Action(StrEnum):
    """Whether somebody comes or leaves, or is only to be looked for again."""

    ONBOARD = "onboard"
    OFFBOARD = "offboard"
    LOOK_AGAIN = "look-again"
    """Asks for nobody: whoever waits for this person already is told of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One thing asked for one person, from an event or from the clock."""

    key: str
    """What the sender can follow it by."""
    action: Action
    identifier: Identifier
    occurred_at: datetime
    cause: Cause
    effective_date: datetime | None = None
    until: datetime | None = None
    """When the cause ceases to want the person in; None for never."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """What Entra knows of the person a request points at: nobody, one, or more than one."""

    people: tuple[Person, ...] = ()
    memberships: Memberships = Memberships()

    @property
    def person(self) -> Person | None:
        """The one person meant; None where there is none or more than one."""
        return self.people[0] if len(self.people) == 1 else None


def key_of(identifier: Identifier, finding: Lookup) -> str:
    """The key under which the person is remembered."""
    return finding.person.object_id if finding.person else str(identifier)


def decide(
    request: Request, finding: Lookup, current: Enrolment | None, policy: Policy, now: datetime
) -> Enrolment:
    """The person's enrolment after the request; running it twice gives the same.

    Raises:
        ValueError: the request asks for nobody, so that there is nothing to decide.
    """
    if request.action is Action.LOOK_AGAIN:
        raise ValueError("a hint enrols nobody; it has those looked at who wait")
    if current and request.occurred_at < current.event_time:
        if current.step_of(request.key):
            return current  # delivered again, after something newer
        return current.noted(Reason.OUTDATED, now, detail=request.key)
    if request.action is Action.OFFBOARD:
        return _withdraw(_Case(request, finding, current, now))
    if current and _lifts_exclusion(request, current):
        current = replace(current, exclusion=None)
    after = _wanted(_Case(request, finding, current, now), policy)
    return after.with_claim(Claim(request.cause, request.until))


def _lifts_exclusion(request: Request, current: Enrolment) -> bool:
    """An operator lifts every exclusion; an event lifts that of a leaver, who has come back."""
    kind, exclusion = request.cause.kind, current.exclusion
    is_leaver = exclusion is not None and exclusion.reason is Reason.OFFBOARDED
    return kind is CauseKind.OVERRIDE or (kind is CauseKind.EVENT and is_leaver)


def wait_again(enrolment: Enrolment, rules: TenantRules, now: datetime) -> Enrolment:
    """Somebody found nowhere waits for the next look, or fails once the deadline has passed."""
    if enrolment.deadline and now >= enrolment.deadline:
        return enrolment.moved(State.FAILED, Reason.DEADLINE_PASSED, now)
    waiting = enrolment
    if (enrolment.state, enrolment.reason) != (State.WAITING, Reason.NOT_IN_ANY_DIRECTORY):
        waiting = enrolment.moved(State.WAITING, Reason.NOT_IN_ANY_DIRECTORY, now)
    return replace(
        waiting, due=now + rules.retry_after(waiting.attempts), attempts=waiting.attempts + 1
    )


def take_out(enrolment: Enrolment, reason: Reason, now: datetime, *, detail: str = "") -> Enrolment:
    """The way out: only what is ours is removed, and never past a command still under way."""
    ours = enrolment.provenance is Provenance.OURS
    perhaps_in = enrolment.state in _ENROLLED or ours
    if enrolment.provenance is Provenance.PREEXISTING and perhaps_in:
        return enrolment.moved(State.WITHDRAWN, Reason.MEMBERSHIP_NOT_OURS, now, detail=detail)
    # Nobody knows whose membership it is, and no command is out that could tell: hands off.
    unknown = enrolment.provenance is Provenance.UNKNOWN and enrolment.command_key is None
    if perhaps_in and not unknown:
        return enrolment.moved(
            State.WITHDRAWING,
            reason,
            now,
            detail=detail,
            command_key=enrolment.command_key,
            reissues=0,
        )
    return enrolment.moved(State.WITHDRAWN, reason, now, detail=detail)


@dataclass(frozen=True, slots=True)
class _Case:
    """Everything one decision is made of, so that its parts need not hand it on piece by piece."""

    request: Request
    finding: Lookup
    current: Enrolment | None
    now: datetime

    def moved(self, state: State, reason: Reason) -> Enrolment:
        """The person in that state, new or one step further."""
        request, current = self.request, self.current
        if current is None:
            return Enrolment(
                key=key_of(request.identifier, self.finding),
                user=self._user(),
                state=state,
                reason=reason,
                cause=request.cause,
                since=self.now,
                event_time=request.occurred_at,
                effective_date=request.effective_date,
                steps=(Step(self.now, state, reason, request.key),),
            )
        if (current.state, current.reason) != (state, reason):
            current = current.moved(state, reason, self.now, detail=request.key)
        return replace(
            current,
            user=merged(current.user, self._user()),
            cause=request.cause,
            event_time=request.occurred_at,
            effective_date=request.effective_date or current.effective_date,
        )

    def _user(self) -> UserRef:
        if self.finding.person:
            return self.finding.person.ref
        match self.request.identifier:
            case Identifier(IdentifierKind.EMPLOYEE_ID, value):
                return UserRef(employee_id=value)
            case Identifier(IdentifierKind.USER_PRINCIPAL_NAME, value):
                return UserRef(user_principal_name=value)
            case _:
                return UserRef()


def _wanted(case: _Case, policy: Policy) -> Enrolment:
    request, current = case.request, case.current
    if current and current.state in _ENROLLED:
        return replace(current, event_time=request.occurred_at)
    after = _kept_out(case) or _onboard(case, policy)
    if current and current.state is State.WITHDRAWING and after.state not in _ENROLLED:
        # The removal is still owed; only a person who is to be in again makes up for it.
        return replace(current, event_time=request.occurred_at)
    return after


def _kept_out(case: _Case) -> Enrolment | None:
    """Whom an operator keeps out stays out; what wants them in is remembered for later."""
    current = case.current
    if current is None or current.exclusion is None or not current.is_kept_out(case.now):
        return None
    if current.state in {State.WITHDRAWING, State.WITHDRAWN}:
        return replace(current, event_time=case.request.occurred_at)
    return case.moved(State.EXCLUDED, current.exclusion.reason)


def _onboard(case: _Case, policy: Policy) -> Enrolment:
    if len(case.finding.people) > 1:
        return case.moved(State.FAILED, Reason.AMBIGUOUS)
    if case.finding.person:
        return _enrol(case, case.finding.person, policy)
    return _look_on_premises(case, policy)


def _enrol(case: _Case, person: Person, policy: Policy) -> Enrolment:
    memberships, current = case.finding.memberships, case.current
    reason = refusal(person, memberships, policy)
    if reason:
        return case.moved(State.EXCLUDED, reason)
    start = case.request.effective_date or person.hire_date
    if start and start > case.now:
        return _wait_for(start, case, policy)
    source_of_authority = policy.topology.source_of_authority(synced=person.synced)
    ours = current is not None and _is_ours(current, case.now)
    if policy.scope_group_id in memberships.group_ids and not ours:
        return replace(
            case.moved(State.VISIBLE, Reason.ALREADY_MEMBER),
            source_of_authority=source_of_authority,
            provenance=Provenance.PREEXISTING,
        )
    # Entra tells that a cloud user is no member yet; of a synced one only the worker knows.
    provenance = (
        Provenance.OURS
        if source_of_authority is SourceOfAuthority.CLOUD or ours
        else Provenance.UNKNOWN
    )
    moved = case.moved(State.REQUESTED, _ASKED[case.request.cause.kind])
    return replace(moved, source_of_authority=source_of_authority, provenance=provenance)


def _is_ours(current: Enrolment, now: datetime) -> bool:
    """What we took out long ago and is in again, somebody else has put in."""
    gone = current.state is State.WITHDRAWN and now > current.since + _STALE_READS
    return current.provenance is Provenance.OURS and not gone


def _look_on_premises(case: _Case, policy: Policy) -> Enrolment:
    request, now = case.request, case.now
    if request.identifier.kind is IdentifierKind.OBJECT_ID:
        return case.moved(State.FAILED, Reason.NOT_IN_ENTRA)
    start = request.effective_date or request.occurred_at
    if start > now and request.effective_date:
        return _wait_for(start, case, policy)
    waits = case.current if case.current and case.current.state is State.WAITING else None
    deadline = (waits.deadline if waits else None) or (
        max(request.occurred_at, start) + policy.waiting_deadline
    )
    if policy.topology is Topology.CLOUD:
        waiting = case.moved(State.WAITING, Reason.NOT_IN_ANY_DIRECTORY)
        return wait_again(replace(waiting, deadline=deadline), policy, now)
    moved = case.moved(State.REQUESTED, _ASKED[case.request.cause.kind])
    return replace(moved, source_of_authority=SourceOfAuthority.ON_PREMISES, deadline=deadline)


def _wait_for(start: datetime, case: _Case, policy: Policy) -> Enrolment:
    waiting = case.moved(State.WAITING, Reason.HIRE_DATE_AHEAD)
    deadline = start + policy.waiting_deadline
    return replace(waiting, due=start, effective_date=start, deadline=deadline)


def _withdraw(case: _Case) -> Enrolment:
    current, request = case.current, case.request
    exclusion = Exclusion(Reason.OFFBOARDED, request.cause.actor, request.cause.reference)
    if current is None:
        # Remembered all the same, so that an older onboarding event that comes late stays out.
        return replace(case.moved(State.WITHDRAWN, Reason.UNKNOWN_LEAVER), exclusion=exclusion)
    leaving = replace(current, event_time=request.occurred_at, claims=(), exclusion=exclusion)
    if current.state in {State.WITHDRAWING, State.WITHDRAWN}:
        return leaving
    leaving = replace(leaving, cause=request.cause)
    return take_out(leaving, Reason.OFFBOARDED, case.now, detail=request.key)
