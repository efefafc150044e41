"""Membership: what a plan, a repair or a rollback makes of one person."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import takewhile

from shared.domain.person.enrolment import (
    MOST_STEPS,
    Cause,
    CauseKind,
    Enrolment,
    Provenance,
    State,
)
from shared.domain.person.happenings import Happening
from shared.domain.person.membership_source import with_source
from shared.domain.person.onboarding import decide
from shared.domain.person.people import Candidate, Identifier, IdentifierKind, Person
from shared.domain.person.policy import Policy, TenantRules
from shared.domain.person.reasons import UNWANTED, Reason
from shared.domain.person.request import Action, Lookup, Request
from shared.domain.person.transitions import begin, move, next_state
from shared.domain.person.withdrawal import take_out

NO_EVENT = datetime(1970, 1, 1, tzinfo=UTC)
"""The time of the newest event of somebody of whom no event ever came."""
LET_GO = "the group is let go: SSPR is on for all"
"""What the step says of whoever is taken out by that."""
_PASSES_AWAY = (CauseKind.WAVE, CauseKind.NEW_HIRE)
"""Causes that the rollout gives and takes; what events and operators say stays."""
_OUT = frozenset({State.WAITING, State.EXCLUDED, State.FAILED, State.WITHDRAWN})
_REMOVED = frozenset({Reason.REMOVED, Reason.NOT_A_MEMBER, Reason.SEEN_GONE})
"""Steps on the way out after which there is no membership."""
_COUNTS_AS_OUT = frozenset({State.EXCLUDED, State.FAILED, State.WITHDRAWN})
_ASKED_AGAIN = frozenset({Reason.PUT_BACK, Reason.REQUESTED_AGAIN})
"""Why somebody is asked for who was in scope until then."""


def put_in(
    candidate: Candidate,
    cause: Cause,
    current: Enrolment | None,
    policy: Policy,
    now: datetime,
    *,
    until: datetime | None = None,
    is_repeated: bool = False,
) -> Enrolment:
    """Returns the person once that cause wants them in.

    It counts as no event: an older event that comes late still says what it has to say. Where it
    `is_repeated`, it was said before, and lifts nothing that was said since.
    """
    request = Request(
        key=cause.reference,
        action=Action.ONBOARD,
        identifier=Identifier(IdentifierKind.OBJECT_ID, candidate.person.object_id),
        occurred_at=current.event_time if current else NO_EVENT,
        cause=cause,
        until=until,
        is_repeated=is_repeated,
    )
    finding = Lookup((candidate.person,), candidate.memberships)
    return decide(request, finding, current, policy, now)


def take(current: Enrolment, reason: Reason, now: datetime) -> Enrolment:
    """Takes the person out for a reason that a plan found.

    If something stands in the way for the time being, what wants them in is remembered. If nothing
    wants them any more, or their account is gone, what the rollout said is forgotten.
    """
    if reason is Reason.NOT_IN_ENTRA:
        # The membership has gone with the account, which may be restored with what was said of it.
        return move(current, Happening.ACCOUNT_GONE, reason, now).released(*_PASSES_AWAY)
    if reason in UNWANTED:
        kept = tuple(one for one in current.released(*_PASSES_AWAY).claims if not one.is_over(now))
        return take_out(replace(current, claims=kept), Happening.UNWANTED, reason, now)
    return take_out(current, Happening.INELIGIBLE, reason, now)


def put_back(person: Person, current: Enrolment, rules: TenantRules, now: datetime) -> Enrolment:
    """Asks again for the membership of somebody whom others took out."""
    if next_state(current, Happening.TAKEN_OUT_BY_HAND) is None:
        return current
    current = with_source(current, person, rules.topology)
    return move(current, Happening.TAKEN_OUT_BY_HAND, Reason.PUT_BACK, now, reissues=0)


def found(person: Person, rules: TenantRules, now: datetime, *, actor: str) -> Enrolment:
    """Returns somebody who was in the group before the rollout: remembered, and never touched."""
    cause = Cause(CauseKind.FOUND, "in the group before the rollout", actor)
    return begin(
        Happening.MEMBER_ALREADY,
        Reason.ALREADY_MEMBER,
        now,
        detail=cause.reference,
        key=person.object_id,
        user=person.ref,
        cause=cause,
        event_time=NO_EVENT,
        source_of_authority=rules.topology.source_of_authority(synced=person.synced),
        provenance=Provenance.PREEXISTING,
    )


def found_again(current: Enrolment, now: datetime) -> Enrolment:
    """Returns somebody known whom Entra shows in the group by others' doing.

    Whoever counts as out is in all the same. Who is to stay out is on the way there until Entra no
    longer shows them, and nothing is written; once nothing keeps them out any more, they are in as
    before.
    """
    theirs = replace(current, provenance=Provenance.PREEXISTING)
    if current.state not in _COUNTS_AS_OUT and not stays_after_all(current, now):
        return theirs
    if current.is_kept_out(now):
        return move(
            theirs, Happening.PUT_IN_BY_HAND, Reason.MEMBERSHIP_NOT_OURS, now, removed_at=now
        )
    return move(theirs, Happening.MEMBER_ALREADY, Reason.ALREADY_MEMBER, now)


def stays_after_all(current: Enrolment, now: datetime) -> bool:
    """Tells whether somebody whom others put in was to be out, and nothing keeps them out now.

    Nothing was written of them: if Entra shows them they are in, as they were before.
    """
    is_theirs = current.provenance is Provenance.PREEXISTING and current.removed_at is not None
    return current.state is State.WITHDRAWING and is_theirs and not current.is_kept_out(now)


def take_stranger(
    person: Person, current: Enrolment | None, policy: Policy, now: datetime, *, actor: str
) -> Enrolment:
    """Takes out somebody whom others put in after the rollout began."""
    known = current or replace(found(person, policy, now, actor=actor), steps=())
    return move(
        with_source(known, person, policy.topology),
        Happening.PUT_IN_BY_HAND,
        Reason.ADDED_BY_HAND,
        now,
        provenance=Provenance.OURS,
        reissues=0,
    )


def roll_back(current: Enrolment, wave: str, now: datetime) -> Enrolment:
    """Releases the wave's claim, and takes the person out unless something else claims them."""
    claim = current.claim(CauseKind.WAVE)
    if claim is None or claim.cause.reference != wave:
        return current
    released = current.released(CauseKind.WAVE)
    if stays(released, now):
        return released
    return take_out(released, Happening.ROLLED_BACK, Reason.ROLLED_BACK, now)


def let_go(current: Enrolment, now: datetime) -> Enrolment:
    """Takes out somebody of a group that counts no more, whatever wanted them in.

    Whoever was there before stays, and so does what is said of those who are out.
    """
    if not is_let_go(current.state, current.provenance):
        return current
    return take_out(
        current.released(*CauseKind), Happening.ROLLED_BACK, Reason.ROLLED_BACK, now, detail=LET_GO
    )


def is_let_go(state: State, provenance: Provenance) -> bool:
    """Tells whether somebody is among those whom the product put in, or is about to."""
    return state.is_coming and provenance is not Provenance.PREEXISTING


def is_on_the_way_by_let_go(current: Enrolment) -> bool:
    """Tells whether somebody was asked out by letting go, and may still be written out."""
    if not current.awaits_write or current.state is not State.WITHDRAWING:
        return False
    way = takewhile(lambda step: step.state is State.WITHDRAWING, reversed(current.steps))
    return any(step.detail == LET_GO for step in way)


def stays(current: Enrolment, now: datetime) -> bool:
    """Tells whether something besides a wave claims the person."""
    return any(
        one.cause.kind is not CauseKind.WAVE and not one.is_over(now) for one in current.claims
    )


def call_off(current: Enrolment, now: datetime) -> Enrolment:
    """Undoes what the aborted rollout asked for and nobody wrote: it puts nobody in any more."""
    asked = {one.cause.kind for one in current.claims if not one.is_over(now)}
    if _is_written(current) or not asked <= set(_PASSES_AWAY):
        return current
    if next_state(current, Happening.CALLED_OFF) is None:
        return current
    off = replace(current, claims=())
    return take_out(off, Happening.CALLED_OFF, Reason.CALLED_OFF, now)


def _is_written(current: Enrolment) -> bool:
    """Tells whether the person was in scope since they were last out.

    Where so much has been noted since that the steps no longer tell, the reason does for which they
    are asked for: as a rule that is asked of those who are out.
    """
    # Of a long way the first step stands alone: what came after it is gone.
    steps = current.steps if len(current.steps) < MOST_STEPS else current.steps[1:]
    for step in reversed(steps):
        if step.state.is_in_scope or step.reason is Reason.ADDED:
            return True
        if step.state in _OUT or step.reason in _REMOVED:
            return False
    return current.reason in _ASKED_AGAIN
