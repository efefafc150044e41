"""Whether a person moves as they should: from applied to visible, effective and registered."""

from dataclasses import dataclass, replace
from datetime import datetime

from shared.domain.eligibility import refusal
from shared.domain.enrolment import IN_SCOPE, TO_WRITE, Enrolment, State, merged
from shared.domain.onboarding import take_out
from shared.domain.people import Memberships, Person, Registration
from shared.domain.policy import Policy
from shared.domain.reasons import Reason


@dataclass(frozen=True, slots=True)
class Observation:
    """What Entra shows of one person; None where nobody has looked."""

    member: bool | None = None
    registration: Registration | None = None


def verify(current: Enrolment, seen: Observation, policy: Policy, now: datetime) -> Enrolment:
    """The enrolment after a look at Entra: moved on, issued again, flagged, or as it was."""
    if current.state in TO_WRITE:
        return _chase_answer(current, policy, now)
    if current.state is State.APPLIED:
        if not seen.member:
            return _chase_visibility(current, policy, now)
        current = current.moved(State.VISIBLE, Reason.SEEN_IN_ENTRA, now, attempts=0)
    if current.state is State.VISIBLE:
        if not (seen.registration and seen.registration.sspr_enabled):
            return _flag_ineffective(current, policy, now)
        current = current.moved(State.EFFECTIVE, Reason.SSPR_ENABLED, now)
    if current.state is State.EFFECTIVE and seen.registration and seen.registration.sspr_registered:
        current = current.moved(State.REGISTERED, Reason.SSPR_REGISTERED, now)
    return current


def _chase_answer(current: Enrolment, policy: Policy, now: datetime) -> Enrolment:
    """A write that nobody has answered is issued again, then flagged."""
    if now < current.since + policy.answered_within * (current.attempts + 1) or current.flag:
        return current
    if current.attempts < policy.reissue_limit:
        noted = current.noted(Reason.REQUESTED_AGAIN, now, detail=f"{current.attempts + 1}")
        return replace(noted, command_key=None, attempts=current.attempts + 1)
    return _flagged(current, Reason.WORKER_SILENT, now)


def _chase_visibility(current: Enrolment, policy: Policy, now: datetime) -> Enrolment:
    if now < current.since + policy.visible_within(current.medium) or current.flag:
        return current
    if current.attempts < policy.reissue_limit:
        return current.moved(
            State.REQUESTED, Reason.REQUESTED_AGAIN, now, attempts=current.attempts + 1
        )
    return _flagged(current, Reason.NOT_VISIBLE, now)


def _flag_ineffective(current: Enrolment, policy: Policy, now: datetime) -> Enrolment:
    if now < current.since + policy.effective_within or current.flag:
        return current
    return _flagged(current, Reason.NOT_EFFECTIVE, now)


def _flagged(current: Enrolment, flag: Reason, now: datetime) -> Enrolment:
    return replace(current.noted(flag, now), flag=flag)


def adopt(
    provisional: Enrolment,
    person: Person,
    memberships: Memberships,
    policy: Policy,
    now: datetime,
) -> Enrolment:
    """Somebody enrolled before they were in Entra has arrived there: the key is theirs now.

    Whoever turns out not to be eligible is taken out again. A missing licence is only flagged:
    group-based licensing follows the sync by minutes.
    """
    arrived = replace(
        provisional.noted(Reason.ARRIVED_IN_ENTRA, now),
        key=person.object_id,
        user=merged(provisional.user, person.ref),
        medium=provisional.medium or policy.topology.medium(synced=person.synced),
    )
    reason = refusal(person, memberships, policy)
    if reason is None or arrived.state not in IN_SCOPE | {State.REQUESTED}:
        return arrived
    if reason is Reason.UNLICENSED:
        return replace(arrived, flag=reason)
    return take_out(arrived, reason, now)
