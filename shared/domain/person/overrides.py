"""Overrides: what an operator says of one person, whatever waves and events say."""

from dataclasses import replace
from datetime import datetime

from shared.domain.person.enrolment import Cause, CauseKind, Enrolment, Exclusion, Provenance, State
from shared.domain.person.happenings import Happening
from shared.domain.person.membership import NO_EVENT
from shared.domain.person.people import Person
from shared.domain.person.policy import Policy
from shared.domain.person.reasons import Reason
from shared.domain.person.transitions import begin, move, next_state
from shared.domain.person.withdrawal import take_out


def keep_out(
    person: Person, current: Enrolment | None, exclusion: Exclusion, policy: Policy, now: datetime
) -> Enrolment:
    """Keeps somebody out by an operator's word, and takes them out if they are in."""
    if current is None:
        return _stranger(person, exclusion, policy, now)
    happening = Happening.EXCLUDED_BY_OPERATOR
    kept_out = replace(current.released(CauseKind.OVERRIDE), exclusion=exclusion)
    if next_state(kept_out, happening) is State.EXCLUDED:
        return move(kept_out, happening, exclusion.reason, now, detail=exclusion.text)
    return take_out(kept_out, happening, exclusion.reason, now)


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


def let_go(current: Enrolment) -> Enrolment:
    """Drops what an operator said of the person, whether it wanted them in or kept them out."""
    by_hand = (
        current.exclusion is not None and current.exclusion.reason is Reason.EXCLUDED_BY_OPERATOR
    )
    released = current.released(CauseKind.OVERRIDE)
    return replace(released, exclusion=None) if by_hand else released
