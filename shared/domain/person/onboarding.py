"""What an onboarding or offboarding request makes of a person: the first decision of all."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from shared.domain.person.eligibility import refusal
from shared.domain.person.enrolment import (
    CauseKind,
    Claim,
    Enrolment,
    Exclusion,
    Provenance,
    State,
    merged,
)
from shared.domain.person.happenings import Happening
from shared.domain.person.leaving import lifts_leaving
from shared.domain.person.people import IdentifierKind, Person, UserRef
from shared.domain.person.policy import Policy, SourceOfAuthority, Topology
from shared.domain.person.reasons import Reason
from shared.domain.person.request import Action, Lookup, Request, key_of
from shared.domain.person.transitions import begin, move, next_state
from shared.domain.person.waiting import wait_again
from shared.domain.person.withdrawal import take_out
from shared.domain.time_zones import first_day

_REASONS = {
    CauseKind.EVENT: Reason.ONBOARDED,
    CauseKind.NEW_HIRE: Reason.NEW_HIRE,
    CauseKind.WAVE: Reason.IN_WAVE,
    CauseKind.OVERRIDE: Reason.INCLUDED_BY_OPERATOR,
}
_STALE_READS = timedelta(hours=1)
"""How long after a removal Entra may still show the membership."""


def decide(
    request: Request, finding: Lookup, current: Enrolment | None, policy: Policy, now: datetime
) -> Enrolment:
    """Decides the person's enrolment after the request; running it twice gives the same.

    Raises:
        ValueError: the request asks for nobody, so that there is nothing to decide.
    """
    if request.action.is_hint:
        raise ValueError("a hint enrols nobody; it has those looked at who wait")
    if current and request.occurred_at < current.event_time:
        if not _joined_before_leaving(request, current, now):
            return _outdated(request, current, now)
        # The event of their leaving came first; what it said of the time after stays.
        request = replace(request, occurred_at=current.event_time)
    elif current and request.action is Action.ONBOARD:
        current = _let_in(request, current, now)
    if request.action is Action.OFFBOARD:
        return _withdraw(_as_shown(_Case(request, finding, current, now), policy), policy)
    after = _onboard(_Case(request, finding, current, now), policy)
    return after.with_claim(Claim(request.cause, request.until))


def _outdated(request: Request, current: Enrolment, now: datetime) -> Enrolment:
    """Notes an event that is older than what is known; delivered again it changes nothing."""
    if current.step_of(request.key):
        return current
    return current.noted(Reason.OUTDATED, now, detail=request.key)


def _joined_before_leaving(request: Request, current: Enrolment, now: datetime) -> bool:
    """Tells whether somebody joins whose last day, told of by a newer event, is still ahead."""
    leaves = current.leaving
    return request.action is Action.ONBOARD and leaves is not None and leaves.is_ahead(now)


def _let_in(request: Request, current: Enrolment, now: datetime) -> Enrolment:
    """Returns the person without the exclusion that the request lifts.

    An operator's word counts in the place of every exclusion, of a leaver's as long as it is not
    over; an event lifts that of a leaver, who has come back or stays after all. Who is asked for
    again, in the name of what was said before, stays a leaver.
    """
    if request.is_repeated:
        return current
    leaving = current.leaving
    if request.cause.kind is CauseKind.OVERRIDE and not current.is_barred:
        including = current.with_claim(Claim(request.cause, request.until))
        if leaving is None or leaving.is_ahead(now):
            return replace(including, exclusion=leaving, set_aside=None)
        return replace(including, exclusion=None, set_aside=leaving)
    if leaving is not None and _lifts(request, leaving, current, now):
        return replace(current, exclusion=current.word_out, set_aside=None)
    return current


def _lifts(request: Request, leaving: Exclusion, current: Enrolment, now: datetime) -> bool:
    """Tells whether the request lifts the exclusion of somebody who leaves."""
    return request.cause.kind is CauseKind.EVENT and lifts_leaving(
        leaving,
        current.event_time,
        occurred_at=request.occurred_at,
        day=request.effective_date,
        joins_by_day=request.joins_by_day,
        now=now,
    )


@dataclass(frozen=True, slots=True)
class _Case:
    """Everything one decision is made of, so that its parts need not hand it on piece by piece."""

    request: Request
    finding: Lookup
    current: Enrolment | None
    now: datetime

    @property
    def known_start(self) -> datetime | None:
        """The first day that was told of, if any was: no date is not "now".

        An operator who includes somebody means now.
        """
        told = self._told_start
        if told or self.current is None or self.request.cause.kind is CauseKind.OVERRIDE:
            return told
        return self.current.effective_date

    @property
    def _told_start(self) -> datetime | None:
        # Of a leaver the date is their last day.
        request = self.request
        return request.effective_date if request.action is Action.ONBOARD else None

    def after(self, happening: Happening, reason: Reason, **changes: Any) -> Enrolment:
        """Returns the person once that has happened, new or one step further.

        If they stay as they are, only the time of the newest event changes.
        """
        request, current = self.request, self.current
        state = next_state(current, happening)
        if current is None:
            return replace(self._newcomer(happening, reason), **changes)
        if state is None:
            return replace(current, event_time=request.occurred_at)
        if (current.state, current.reason) != (state, reason):
            current = move(current, happening, reason, self.now, detail=request.key)
        considered = replace(
            current,
            user=merged(current.user, self._user()),
            cause=request.cause,
            event_time=request.occurred_at,
            effective_date=self._told_start or current.effective_date,
        )
        return replace(considered, **changes)

    def _newcomer(self, happening: Happening, reason: Reason) -> Enrolment:
        request = self.request
        return begin(
            happening,
            reason,
            self.now,
            detail=request.key,
            key=key_of(request.identifier, self.finding),
            user=self._user(),
            cause=request.cause,
            event_time=request.occurred_at,
            effective_date=self._told_start,
        )

    def _user(self) -> UserRef:
        if self.finding.person:
            return self.finding.person.ref
        names = [one for one in (self.request.identifier, self.request.also) if one]
        by_kind = {one.kind: one.value for one in names}
        return UserRef(
            user_principal_name=by_kind.get(IdentifierKind.USER_PRINCIPAL_NAME),
            employee_id=by_kind.get(IdentifierKind.EMPLOYEE_ID),
        )


def _onboard(case: _Case, policy: Policy) -> Enrolment:
    current = case.current
    if current and (exclusion := current.kept_out_by(case.now)):
        # Whom an operator keeps out stays out; what wants them in is remembered for later.
        return case.after(Happening.KEPT_OUT, exclusion.reason)
    if case.finding.names_differ:
        return case.after(Happening.UNIDENTIFIED, Reason.NAMES_DIFFER)
    if len(case.finding.people) > 1:
        return case.after(Happening.UNIDENTIFIED, Reason.AMBIGUOUS)
    if case.finding.person:
        return _enrol(case, case.finding.person, policy)
    return _look_on_premises(case, policy)


def _enrol(case: _Case, person: Person, policy: Policy) -> Enrolment:
    memberships, current = case.finding.memberships, case.current
    reason = refusal(person, memberships, policy)
    if reason:
        return case.after(Happening.REFUSED, reason)
    start = case.known_start or first_day(person.hire_date, policy.time_zone)
    if start and start > case.now:
        return _wait_for(start, case, policy)
    source_of_authority = policy.topology.source_of_authority(synced=person.synced)
    ours = current is not None and _is_ours(current, case.now)
    if policy.scope_group_id in memberships.group_ids and not ours:
        return case.after(
            Happening.MEMBER_ALREADY,
            Reason.ALREADY_MEMBER,
            source_of_authority=source_of_authority,
            provenance=Provenance.PREEXISTING,
        )
    # Entra tells that a cloud user is no member yet; of a synced one only the worker knows.
    provenance = (
        Provenance.OURS
        if source_of_authority is SourceOfAuthority.CLOUD or ours
        else Provenance.UNKNOWN
    )
    return case.after(
        Happening.ASKED_FOR,
        _REASONS[case.request.cause.kind],
        source_of_authority=source_of_authority,
        provenance=provenance,
    )


def _is_ours(current: Enrolment, now: datetime) -> bool:
    """Tells whether a membership that Entra shows is ours.

    If we took the person out long ago and they are in again, somebody else has put them in. Whose
    account was deleted was never taken out: the membership comes back with the account.
    """
    gone = current.state is State.WITHDRAWN and now > current.since + _STALE_READS
    return current.provenance is Provenance.OURS and (not gone or _lost_account(current))


def _lost_account(current: Enrolment) -> bool:
    """Tells whether somebody is out since their account was deleted.

    A restored user has the group memberships of before: "All properties maintained, including
    ObjectID, group memberships, roles, licenses, and application assignments".
    Source: https://learn.microsoft.com/entra/architecture/recover-from-deletions, section
    "Properties maintained with soft delete", of 14 Nov 2022; read on 30 Nov 2026.
    """
    return current.state is State.WITHDRAWN and current.reason is Reason.NOT_IN_ENTRA


def _look_on_premises(case: _Case, policy: Policy) -> Enrolment:
    request, now = case.request, case.now
    if request.identifier.kind is IdentifierKind.OBJECT_ID:
        return case.after(Happening.UNIDENTIFIED, Reason.NOT_IN_ENTRA)
    start = case.known_start or request.occurred_at
    if start > now:
        return _wait_for(start, case, policy)
    waits = case.current if case.current and case.current.state is State.WAITING else None
    deadline = (waits.deadline if waits else None) or (
        max(request.occurred_at, start) + policy.waiting_deadline
    )
    if policy.topology is Topology.CLOUD:
        after = case.after(Happening.FOUND_NOWHERE, Reason.NOT_IN_ANY_DIRECTORY, deadline=deadline)
        return wait_again(after, policy, now) if after.state is State.WAITING else after
    return case.after(
        Happening.ASKED_FOR,
        _REASONS[request.cause.kind],
        source_of_authority=SourceOfAuthority.ON_PREMISES,
        deadline=deadline,
    )


def _wait_for(start: datetime, case: _Case, policy: Policy) -> Enrolment:
    return case.after(
        Happening.HIRED_LATER,
        Reason.HIRE_DATE_AHEAD,
        due=start,
        effective_date=start,
        deadline=start + policy.waiting_deadline,
    )


def _as_shown(case: _Case, policy: Policy) -> _Case:
    """Returns the case of somebody who leaves, with what Entra shows of them.

    Whoever is in by nobody's doing here was put in by others: they are out once they are seen so.
    Whom we put in, and who is in again with a restored account, is taken out.
    """
    current, finding = case.current, case.finding
    if finding.person is None or policy.scope_group_id not in finding.memberships.group_ids:
        return case
    theirs = Provenance.PREEXISTING
    if current and (current.state.is_enrolled or current.state is State.WITHDRAWING):
        asked = current.provenance is Provenance.UNKNOWN and current.command_key is None
        return replace(case, current=replace(current, provenance=theirs)) if asked else case
    is_ours = current is not None and _is_ours(current, case.now)
    if current and is_ours and not _lost_account(current):
        return case
    source = policy.topology.source_of_authority(synced=finding.person.synced)
    shown = case.after(
        Happening.MEMBER_ALREADY,
        Reason.SEEN_IN_ENTRA if is_ours else Reason.ALREADY_MEMBER,
        source_of_authority=source,
        provenance=Provenance.OURS if is_ours else theirs,
    )
    return replace(case, current=shown)


def _withdraw(case: _Case, policy: Policy) -> Enrolment:
    current, request = case.current, case.request
    if leaves_at := request.leaves_later(case.now):
        return _leave_later(case, leaves_at, policy)
    exclusion = Exclusion(Reason.OFFBOARDED, request.cause.actor, request.cause.reference)
    if current is None:
        return _unknown_leaver(case, exclusion, policy)
    leaving = replace(current, event_time=request.occurred_at, claims=())
    leaving = _told_to_leave(leaving, exclusion, behind=current.is_barred)
    if next_state(leaving, Happening.OFFBOARDED) is None:
        return leaving
    leaving = replace(leaving, cause=request.cause)
    return take_out(leaving, Happening.OFFBOARDED, Reason.OFFBOARDED, case.now, detail=request.key)


def _unknown_leaver(case: _Case, exclusion: Exclusion, policy: Policy) -> Enrolment:
    """Remembers a leaver all the same, so that an older onboarding event that comes late is out.

    Others may put them into the group, from where a writer has to take them out.
    """
    person = case.finding.person
    source = policy.topology.source_of_authority(synced=person.synced) if person else None
    return case.after(
        Happening.OFFBOARDED,
        Reason.UNKNOWN_LEAVER,
        exclusion=exclusion,
        source_of_authority=source,
    )


def _told_to_leave(current: Enrolment, leaving: Exclusion, *, behind: bool) -> Enrolment:
    """Returns a leaver; `behind` is whether what an operator has said of them goes on counting."""
    if behind:
        return replace(current, set_aside=leaving)
    return replace(current, exclusion=leaving, set_aside=None)


def _leave_later(case: _Case, begins: datetime, policy: Policy) -> Enrolment:
    """Remembers a last day that is ahead: HR tells of it on the day that it is entered."""
    current, request = case.current, case.request
    exclusion = Exclusion(
        Reason.OFFBOARDED, request.cause.actor, request.cause.reference, begins=begins
    )
    if current is None:
        return _unknown_leaver(case, exclusion, policy)
    staying = replace(current, event_time=request.occurred_at)
    staying = _told_to_leave(staying, exclusion, behind=current.word_out is not None)
    if current.step_of(request.key):
        return staying
    return staying.noted(Reason.LAST_DAY_AHEAD, case.now, detail=request.key)
