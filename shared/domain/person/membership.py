"""Membership: what a plan, an operator or a rollback makes of one person."""

from dataclasses import replace
from datetime import UTC, datetime

from shared.domain.person.enrolment import (
    IN_SCOPE,
    Cause,
    CauseKind,
    Enrolment,
    Exclusion,
    Provenance,
    State,
    Step,
)
from shared.domain.person.onboarding import Action, Lookup, Request, decide, take_out
from shared.domain.person.people import Candidate, Identifier, IdentifierKind, Person
from shared.domain.person.policy import Policy, TenantRules
from shared.domain.person.reasons import Reason

NO_EVENT = datetime(1970, 1, 1, tzinfo=UTC)
"""The time of the newest event of somebody of whom no event ever came."""
_PASSES_AWAY = (CauseKind.WAVE, CauseKind.NEW_HIRE)
"""Causes that the rollout gives and takes; what events and operators say stays."""


def put_in(
    candidate: Candidate,
    cause: Cause,
    current: Enrolment | None,
    policy: Policy,
    now: datetime,
    *,
    until: datetime | None = None,
) -> Enrolment:
    """The person once that cause wants them in.

    It counts as no event: an older one that comes late still says what it has to say.
    """
    request = Request(
        key=cause.reference,
        action=Action.ONBOARD,
        identifier=Identifier(IdentifierKind.OBJECT_ID, candidate.person.object_id),
        occurred_at=current.event_time if current else NO_EVENT,
        cause=cause,
        until=until,
    )
    finding = Lookup((candidate.person,), candidate.memberships)
    return decide(request, finding, current, policy, now)


def take(current: Enrolment, reason: Reason, now: datetime) -> Enrolment:
    """The person on the way out, for a reason that a plan found.

    What wants them in is remembered where something stands in its way for the time being; where
    nothing wants them any more, what the rollout said is forgotten.
    """
    if reason is Reason.NOT_IN_ENTRA:
        # The membership has gone with the account, which may be restored with what was said of it.
        return current.moved(State.WITHDRAWN, reason, now).released(*_PASSES_AWAY)
    if reason is Reason.NO_LONGER_WANTED:
        kept = tuple(one for one in current.released(*_PASSES_AWAY).claims if not one.is_over(now))
        current = replace(current, claims=kept)
    return take_out(current, reason, now)


def put_back(current: Enrolment, now: datetime) -> Enrolment:
    """Somebody whom others took out is written again."""
    if current.state not in IN_SCOPE:
        return current
    return current.moved(State.REQUESTED, Reason.PUT_BACK, now, reissues=0)


def found(person: Person, rules: TenantRules, now: datetime, *, actor: str) -> Enrolment:
    """Somebody who was in the group before the rollout: remembered, and never touched."""
    cause = Cause(CauseKind.FOUND, "in the group before the rollout", actor)
    return Enrolment(
        key=person.object_id,
        user=person.ref,
        state=State.VISIBLE,
        reason=Reason.ALREADY_MEMBER,
        cause=cause,
        since=now,
        event_time=NO_EVENT,
        source_of_authority=rules.topology.source_of_authority(synced=person.synced),
        provenance=Provenance.PREEXISTING,
        steps=(Step(now, State.VISIBLE, Reason.ALREADY_MEMBER, cause.reference),),
    )


def take_stranger(
    person: Person, current: Enrolment | None, policy: Policy, now: datetime, *, actor: str
) -> Enrolment:
    """Somebody whom others put in after the rollout began is taken out."""
    known = current or replace(found(person, policy, now, actor=actor), steps=())
    return known.moved(
        State.WITHDRAWING, Reason.ADDED_BY_HAND, now, provenance=Provenance.OURS, reissues=0
    )


def keep_out(
    person: Person, current: Enrolment | None, exclusion: Exclusion, policy: Policy, now: datetime
) -> Enrolment:
    """An operator keeps somebody out, and takes them out where they are in."""
    known = current or replace(
        found(person, policy, now, actor=exclusion.actor),
        cause=Cause(CauseKind.OVERRIDE, exclusion.text, exclusion.actor),
        provenance=Provenance.UNKNOWN,
        state=State.EXCLUDED,
        reason=exclusion.reason,
        steps=(Step(now, State.EXCLUDED, exclusion.reason, exclusion.text),),
    )
    kept_out = replace(known.released(CauseKind.OVERRIDE), exclusion=exclusion)
    if kept_out.state in IN_SCOPE | {State.REQUESTED}:
        return take_out(kept_out, exclusion.reason, now)
    if kept_out.state in {State.WAITING, State.FAILED}:
        return kept_out.moved(State.EXCLUDED, exclusion.reason, now, detail=exclusion.text)
    return kept_out


def let_go(current: Enrolment) -> Enrolment:
    """What an operator said of the person no longer holds, whichever way it was."""
    by_hand = (
        current.exclusion is not None and current.exclusion.reason is Reason.EXCLUDED_BY_OPERATOR
    )
    released = current.released(CauseKind.OVERRIDE)
    return replace(released, exclusion=None) if by_hand else released


def roll_back(current: Enrolment, wave: str, now: datetime) -> Enrolment:
    """The person without that wave: out, unless something else claims them."""
    claim = current.claim(CauseKind.WAVE)
    if claim is None or claim.cause.reference != wave:
        return current
    released = current.released(CauseKind.WAVE)
    if stays(released, now) or released.state in {State.EXCLUDED, State.WITHDRAWN}:
        return released
    return take_out(released, Reason.ROLLED_BACK, now)


def stays(current: Enrolment, now: datetime) -> bool:
    """Whether something besides a wave claims the person."""
    return any(
        one.cause.kind is not CauseKind.WAVE and not one.is_over(now) for one in current.claims
    )


def call_off(current: Enrolment, now: datetime) -> Enrolment:
    """An aborted rollout puts nobody in any more: what it asked for and nobody wrote is undone."""
    asked = {one.cause.kind for one in current.claims}
    written = any(step.reason in {Reason.ADDED, Reason.PUT_BACK} for step in current.steps)
    pending = current.state in {State.REQUESTED, State.WAITING}
    if not pending or written or not asked <= set(_PASSES_AWAY):
        return current
    return take_out(current.released(*_PASSES_AWAY), Reason.CALLED_OFF, now)
