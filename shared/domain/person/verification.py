"""Whether a person moves as they should: from applied to visible, effective and registered."""

from dataclasses import dataclass, replace
from datetime import datetime

from shared.domain.errors import LedgerConflict
from shared.domain.person.eligibility import refusal
from shared.domain.person.enrolment import (
    MOST_STEPS,
    CauseKind,
    Enrolment,
    Exclusion,
    Provenance,
    State,
    merged,
)
from shared.domain.person.event_history import merged_histories
from shared.domain.person.happenings import Happening
from shared.domain.person.membership import found_again, put_in, stays_after_all, take
from shared.domain.person.people import Candidate, Memberships, Person, Registration
from shared.domain.person.policy import Policy, SourceOfAuthority, TenantRules, doubled
from shared.domain.person.reasons import REFUSALS_TO_LOOK_AT, Reason
from shared.domain.person.registration import follow_registration
from shared.domain.person.transitions import move, next_state
from shared.domain.person.withdrawal import take_out

_LATE = frozenset({Reason.UNLICENSED, Reason.DOMAIN_NOT_SERVED})
"""What may be mended after the arrival, without the person's doing."""
_BY_OPERATOR = frozenset({Reason.EXCLUDED_BY_OPERATOR, Reason.EXCLUDED_FOR_GOOD})
"""Exclusions that no event lifts."""


_LOOKS = frozenset({Reason.NOT_SHOWN, Reason.SEEN_IN_ENTRA})
"""What is noted of looks at somebody who is on the way out."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What Entra shows of one person; None where nobody has looked, or nothing was told."""

    member: bool | None = None
    """Whether a list that was read to its end has the membership."""
    registration: Registration | None = None
    missing: bool = False
    """Whether Entra was asked and knew nobody of that id: now, or from now on."""


def verify(current: Enrolment, seen: Observation, rules: Policy, now: datetime) -> Enrolment:
    """Returns the enrolment after a look at Entra.

    It has moved on, is issued again or flagged, or is as it was.
    """
    if current.awaits_confirmation and (looked := _looked_at(current, seen, rules, now)):
        return looked
    if current.awaits_confirmation and current.reason is Reason.MEMBERSHIP_NOT_OURS:
        return _flag_somebody_elses(current, seen, rules, now)
    if current.state.is_to_write:
        return _chase_write(current, rules, now)
    if current.state is State.APPLIED:
        if current.is_provisional and now >= _arrives_by(current, rules):
            return take_out(current, Happening.NEVER_ARRIVED, Reason.NOT_SYNCED, now)
        if not seen.member:
            return _chase_visibility(current, rules, now)
        current = move(current, Happening.SEEN, Reason.SEEN_IN_ENTRA, now, reissues=0)
    if seen.registration:
        current = follow_registration(current, seen.registration, rules.resets, now)
    if current.state is State.VISIBLE:
        return _flag_ineffective(current, rules, now)
    return current


def _looked_at(
    current: Enrolment, seen: Observation, rules: TenantRules, now: datetime
) -> Enrolment | None:
    """Returns somebody on the way out whom a look says something new of; None where it does not.

    They are out once a list no longer has the membership that was removed. What nobody here has
    brought about is believed only if it lasts: that the account is not there, or that a membership
    is gone which others gave. Whom others put in, and whom nothing keeps out any more, is in.
    """
    missed_at = _missed_at(current)
    if seen.member and stays_after_all(current, now):
        return found_again(current, now)
    if seen.member:
        # It does not last: whatever is not shown next is news again.
        return current.noted(Reason.SEEN_IN_ENTRA, now) if missed_at else None
    if seen.member is None and not seen.missing:
        return None
    if seen.member is False and current.reason is not Reason.MEMBERSHIP_NOT_OURS:
        return _seen_gone(current, rules, now)
    if missed_at is None:
        noted = current.noted(Reason.NOT_SHOWN, now)
        theirs = current.reason is Reason.MEMBERSHIP_NOT_OURS
        # Whoever is looked at ever so often is looked at at every tick from now on.
        due = None if theirs else current.due
        return replace(noted, removed_at=current.removed_at or now, due=due)
    if now < missed_at + rules.visible_within_cloud:
        # Nothing is written again for whoever may not be there.
        return current
    if seen.missing:
        return take(current, Reason.NOT_IN_ENTRA, now)
    return move(current, Happening.SEEN_GONE, Reason.SEEN_GONE, now)


def _seen_gone(current: Enrolment, rules: TenantRules, now: datetime) -> Enrolment | None:
    """Returns somebody whose removal shows; None where it is too early to tell.

    Where Entra said that it was not needed, only a while after it said so: a replica that knows of
    no membership to remove may be asked for the members just as well.
    """
    told = next((step for step in reversed(current.steps) if step.reason not in _LOOKS), None)
    if told is None or told.reason is not Reason.REMOVAL_UNCONFIRMED:
        return move(current, Happening.SEEN_GONE, Reason.SEEN_GONE, now)
    if now < told.at + rules.written_within:
        return None
    return move(current, Happening.SEEN_GONE, Reason.NOT_A_MEMBER, now)


def _missed_at(current: Enrolment) -> datetime | None:
    """Returns since when every look at somebody on the way out has missed them."""
    for step in reversed(current.steps):
        if step.reason in _LOOKS or step.state is not current.state:
            return step.at if step.reason is Reason.NOT_SHOWN else None
    return None


def _flag_somebody_elses(
    current: Enrolment, seen: Observation, rules: TenantRules, now: datetime
) -> Enrolment:
    """Flags who is to be out and is in by somebody else's hand, once they had time to undo it."""
    patience = rules.visible_within(current.source_of_authority)
    if not seen.member or now < (current.due or current.since + patience):
        return current
    # From then on it is looked ever so often: only somebody else can take them out.
    flagged = current if current.flag else _flag(current, Reason.MEMBERSHIP_NOT_OURS, now)
    return replace(flagged, due=now + rules.longest_retry)


def _arrives_by(current: Enrolment, rules: TenantRules) -> datetime:
    """Returns when somebody who is in AD has to be in Entra: the deadline is the wish's."""
    return current.deadline or current.event_time + rules.waiting_deadline


def _chase_write(current: Enrolment, rules: TenantRules, now: datetime) -> Enrolment:
    """Issues again, ever more rarely, a write that nobody has answered, and flags it in time."""
    waits_for_worker = current.command_key is not None
    patience = rules.answered_within if waits_for_worker else rules.written_within
    if now < (current.due or current.since + patience):
        return current
    count = current.reissues + 1
    return replace(
        current.noted(Reason.REQUESTED_AGAIN, now, detail=str(count)),
        command_key=current.command_key if _is_unknown_leaver(current) else None,
        removed_at=None,
        due=now + doubled(patience, count, rules.longest_retry),
        reissues=count,
        flag=_flag_of_unwritten(current) if count > rules.reissue_limit else current.flag,
    )


def _flag_of_unwritten(current: Enrolment) -> Reason:
    """Returns what a person has to look at: as a rule what the directory itself has said."""
    if current.flag in REFUSALS_TO_LOOK_AT:
        return current.flag
    if current.command_key is not None:
        return Reason.WORKER_SILENT
    return Reason.STILL_A_MEMBER if current.awaits_confirmation else Reason.NOT_WRITTEN


def _is_unknown_leaver(current: Enrolment) -> bool:
    """Tells whether the person is on the way out and nobody knows whose membership it is.

    Only the answer to the add that is still out can tell.
    """
    return current.state is State.WITHDRAWING and current.provenance is Provenance.UNKNOWN


def _chase_visibility(current: Enrolment, rules: TenantRules, now: datetime) -> Enrolment:
    if now < current.since + rules.visible_within(current.source_of_authority) or current.flag:
        return current
    if current.reissues < rules.reissue_limit:
        happening, count = Happening.NOT_SEEN_IN_TIME, current.reissues + 1
        return move(current, happening, Reason.REQUESTED_AGAIN, now, reissues=count)
    return _flag(current, Reason.NOT_VISIBLE, now)


def _flag_ineffective(current: Enrolment, rules: Policy, now: datetime) -> Enrolment:
    """Flags whom the report does not show as enabled in time, which counts from the selection."""
    began = max(current.since, rules.selected_at or current.since)
    if rules.awaits_selection or now < began + rules.effective_within or current.flag:
        return current
    return _flag(current, Reason.NOT_EFFECTIVE, now)


def _flag(current: Enrolment, flag: Reason, now: datetime) -> Enrolment:
    return replace(current.noted(flag, now), flag=flag)


def is_arrival_of(provisional: Enrolment, person: Person) -> bool:
    """Tells whether the person is the one who was enrolled before they were in Entra.

    It goes by the SID once the worker has found them in AD, whichever attribute is the tenant's
    source anchor; by the anchor where Entra shows no SID, and by what the event said until they
    are found.
    """
    known, ref = provisional.user, person.ref
    if known.sid and ref.sid:
        return known.sid.upper() == ref.sid.upper()
    if known.source_anchor:
        return known.source_anchor == ref.source_anchor
    return any(
        mine is not None and theirs is not None and mine.lower() == theirs.lower()
        for mine, theirs in [
            (known.user_principal_name, ref.user_principal_name),
            (known.employee_id, ref.employee_id),
        ]
    )


def _source_of_authority(
    provisional: Enrolment, person: Person, policy: Policy
) -> SourceOfAuthority | None:
    """Returns where the membership was written, or is about to be; of all others where it belongs.

    It is taken out of there, whatever account the person turns out to have.
    """
    is_written = (
        provisional.state.is_in_scope
        or provisional.state is State.WITHDRAWING
        or provisional.command_key is not None
    )
    if is_written and provisional.source_of_authority is not None:
        return provisional.source_of_authority
    return policy.topology.source_of_authority(synced=person.synced)


def adopt(
    provisional: Enrolment,
    person: Person,
    memberships: Memberships,
    policy: Policy,
    now: datetime,
) -> Enrolment:
    """Gives somebody who was enrolled before they were in Entra the key that they have there now.

    Whoever turns out not to be eligible is taken out again, and so is whoever is kept out by now. A
    missing licence is only flagged: group-based licensing follows the sync by minutes.
    """
    arrived = replace(
        provisional.noted(Reason.ARRIVED_IN_ENTRA, now),
        due=now if provisional.state is State.WAITING else provisional.due,
        key=person.object_id,
        user=merged(provisional.user, person.ref),
        source_of_authority=_source_of_authority(provisional, person, policy),
    )
    arrived = _kept_out(arrived, now)
    reason = refusal(person, memberships, policy)
    if reason is None:
        return arrived
    if next_state(arrived, Happening.REFUSED_ON_ARRIVAL) is None:
        # On the way out already; or in by others' doing, of whom it is only said.
        return arrived.noted(reason, now) if arrived.state.is_enrolled else arrived
    if reason in _LATE:
        return replace(arrived, flag=reason)
    return take_out(arrived, Happening.REFUSED_ON_ARRIVAL, reason, now)


def refuse_outdated(arrived: Enrolment, provisional: Enrolment | None) -> None:
    """Refuses to move somebody who has gone further under the provisional key than is known of.

    Raises:
        LedgerConflict: what arrives has to be decided again.
    """
    if provisional and provisional.steps and provisional.steps[-1] not in arrived.steps:
        raise LedgerConflict("a provisional enrolment changed since it was read; decide again")


def joined(known: Enrolment, arrived: Enrolment, now: datetime) -> Enrolment:
    """Joins the two enrolments of one person who has two keys, with what was said under both.

    `known` is under the object id and says where the person is, unless only `arrived` has something
    in the group, or on the way. Of what events said, the newest counts; nothing claims a leaver.
    """
    newer, older = (arrived, known) if arrived.event_time > known.event_time else (known, arrived)
    barred = next((one.exclusion for one in (newer, older) if one.is_barred), None)
    exclusion = (
        barred
        or newer.exclusion
        or (older.exclusion if older.exclusion and older.exclusion.reason in _BY_OPERATOR else None)
    )
    claims = {one.cause.kind: one for one in (*known.claims, *older.claims, *newer.claims)}
    if exclusion and exclusion.reason not in _BY_OPERATOR and not exclusion.is_ahead(now):
        claims = {}
    ours = Provenance.OURS in {known.provenance, arrived.provenance}
    where = _where(known, arrived)
    return replace(
        where,
        user=merged(arrived.user, known.user),
        event_time=newer.event_time,
        claims=tuple(claims.values()),
        exclusion=exclusion,
        set_aside=_set_aside(exclusion, newer),
        source_of_authority=where.source_of_authority
        or known.source_of_authority
        or arrived.source_of_authority,
        commands=known.commands.joined_by(arrived.commands),
        provenance=Provenance.OURS if ours else where.provenance,
        events=merged_histories(known.events, arrived.events),
    )


def _where(known: Enrolment, arrived: Enrolment) -> Enrolment:
    """Returns the one of the two who says where the person is, with the steps that led there.

    Whose steps are known already was joined before: they have gone on from there.
    """
    if _has_something(known) or not _has_something(arrived):
        return known
    own = [one for one in arrived.steps if one.reason is not Reason.ARRIVED_IN_ENTRA]
    if own and own[-1] in known.steps:
        return known
    steps = sorted((*known.steps, *arrived.steps), key=lambda one: one.at)
    newest = steps[-(MOST_STEPS - 1) :] if len(steps) > MOST_STEPS else steps[1:]
    return replace(arrived, held=known.held, account=known.account, steps=(*steps[:1], *newest))


def _has_something(one: Enrolment) -> bool:
    """Tells whether somebody is in the group, or on the way in or out."""
    return one.state.is_enrolled or one.state is State.WITHDRAWING


def joined_on_arrival(
    known: Enrolment, arrived: Enrolment, now: datetime, *, candidate: Candidate, policy: Policy
) -> Enrolment:
    """Joins the two enrolments of one person, and acts on what both come to.

    The newest word may be under one key, and where the person is under the other: whoever is kept
    out is taken out, and whoever is asked for is decided on again.
    """
    both = _kept_out(joined(known, arrived, now), now)
    if not _has_something(both):
        # Who is out under the one key may still have to be taken out under the other.
        both = _kept_out(joined(both, arrived, now), now)
    if both.is_kept_out(now) or both.state.is_coming:
        return both
    said = (both.claim(kind) for kind in (CauseKind.EVENT, CauseKind.OVERRIDE))
    claim = next((one for one in said if one and not one.is_over(now)), None)
    if claim is None:
        return both
    return put_in(candidate, claim.cause, both, policy, now, until=claim.until, is_repeated=True)


def _kept_out(current: Enrolment, now: datetime) -> Enrolment:
    """Takes out whoever is in, or on the way, while something keeps them out."""
    keeping = current.kept_out_by(now)
    if keeping is None or not current.state.is_coming:
        return current
    by_operator = keeping.reason in _BY_OPERATOR
    happening = Happening.EXCLUDED_BY_OPERATOR if by_operator else Happening.OFFBOARDED
    return take_out(current, happening, keeping.reason, now)


def _set_aside(exclusion: Exclusion | None, newer: Enrolment) -> Exclusion | None:
    """Returns the leaving in whose place an operator's word counts, under either key."""
    if exclusion is None:
        return newer.set_aside
    return newer.leaving if exclusion.reason in _BY_OPERATOR else None
