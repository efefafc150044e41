"""Overrides: what an operator says of one person, whatever waves and events say."""

from dataclasses import replace
from datetime import datetime

from shared.domain.person.enrolment import Cause, CauseKind, Enrolment, Exclusion, Provenance, State
from shared.domain.person.event_history import answered
from shared.domain.person.happenings import Happening
from shared.domain.person.membership import NO_EVENT, put_in
from shared.domain.person.membership_source import with_source
from shared.domain.person.people import Candidate, Person
from shared.domain.person.policy import Policy, TenantRules
from shared.domain.person.reasons import Reason
from shared.domain.person.said import said_by
from shared.domain.person.transitions import begin, move, next_state
from shared.domain.person.withdrawal import take_out


def keep_out(
    person: Person, current: Enrolment | None, exclusion: Exclusion, policy: Policy, now: datetime
) -> Enrolment:
    """Keeps somebody out by an operator's word, and takes them out if they are in.

    Whoever is kept out for good stays so: a word that holds for a time does not replace that one.
    Whoever has left has left all the same: once the word is over or taken back, that counts again.
    """
    if current is None:
        return _stranger(person, exclusion, policy, now)
    happening = Happening.EXCLUDED_BY_OPERATOR
    if current.is_barred and exclusion.reason is not Reason.EXCLUDED_FOR_GOOD:
        exclusion = current.exclusion or exclusion
    kept_out = replace(
        current.released(CauseKind.OVERRIDE),
        exclusion=exclusion,
        set_aside=_left(current),
        events=answered(current.events),
    )
    if next_state(kept_out, happening) is State.EXCLUDED:
        return move(kept_out, happening, exclusion.reason, now, detail=exclusion.text)
    return take_out(kept_out, happening, exclusion.reason, now)


def let_in(
    candidate: Candidate,
    cause: Cause,
    current: Enrolment | None,
    policy: Policy,
    now: datetime,
    *,
    until: datetime | None = None,
) -> Enrolment:
    """Has somebody put in by an operator's word, whatever keeps them out but for good."""
    included = put_in(candidate, cause, current, policy, now, until=until)
    return replace(included, events=answered(included.events))


def _stranger(person: Person, exclusion: Exclusion, policy: Policy, now: datetime) -> Enrolment:
    """Returns somebody of whom nothing is remembered but that an operator keeps them out."""
    return begin(
        Happening.EXCLUDED_BY_OPERATOR,
        exclusion.reason,
        now,
        detail=exclusion.text,
        key=person.object_id,
        user=person.ref,
        cause=Cause(CauseKind.OVERRIDE, exclusion.text, exclusion.actor),
        event_time=NO_EVENT,
        source_of_authority=policy.topology.source_of_authority(synced=person.synced),
        provenance=Provenance.UNKNOWN,
        exclusion=exclusion,
    )


def take_out_all_the_same(
    person: Person, kept_out: Enrolment, rules: TenantRules, now: datetime
) -> Enrolment:
    """Takes somebody out whom an operator keeps out, whoever put them in.

    From then on the membership counts as ours: it is the operator's word that it is to go.
    """
    exclusion = kept_out.exclusion
    if exclusion is None or kept_out.awaits_write:
        return kept_out
    happening, ours = Happening.PUT_IN_BY_HAND, Provenance.OURS
    return move(
        with_source(
            replace(kept_out, removed_at=None, flag=None, due=None), person, rules.topology
        ),
        happening,
        exclusion.reason,
        now,
        detail=exclusion.text,
        provenance=ours,
        reissues=0,
    )


def let_go(current: Enrolment, *, for_good: bool = False) -> Enrolment:
    """Drops what an operator said of the person, whether it wanted them in or kept them out.

    With `for_good` it drops that they are kept out for good. A leaver is a leaver again then.
    """
    released = current.released(CauseKind.OVERRIDE)
    if current.is_barred and not for_good:
        return released
    return replace(
        released, exclusion=_left(current), set_aside=None, events=answered(current.events)
    )


def _left(current: Enrolment) -> Exclusion | None:
    """Returns a leaver's exclusion, whatever an operator has said of them; None of all others."""
    if current.leaving or current.events is None:
        return current.leaving
    # A row of before a leaving was set aside has lost it by an operator's word; its events tell.
    spoken = current.word_out or current.claim(CauseKind.OVERRIDE)
    return said_by(current.events, current.event_time).exclusion if spoken else None
