"""Conversion: a person's source of authority is moved, while they are in scope or on the way in.

Since 2025 each user can be converted from Active Directory to the cloud and back. A membership
that was written goes on to count where it is: Microsoft says that people who are in a synced group
are to stay in the sync's scope for that. What changes is where a reset goes, and where the next
membership belongs. Source: "Guidance for using user Source of Authority", Microsoft Learn, read on
29 Nov 2026.
"""

from dataclasses import replace
from datetime import datetime

from shared.domain.person.enrolment import Enrolment, Provenance, State
from shared.domain.person.happenings import Happening
from shared.domain.person.people import Person
from shared.domain.person.policy import SourceOfAuthority, Topology
from shared.domain.person.reasons import Reason
from shared.domain.person.summary import EnrolmentSummary
from shared.domain.person.withdrawal import take_out


def account_of(person: Person) -> SourceOfAuthority:
    """Returns which directory is the source of authority of the account itself."""
    return SourceOfAuthority.ON_PREMISES if person.synced else SourceOfAuthority.CLOUD


def is_converted(known: EnrolmentSummary, person: Person, topology: Topology) -> bool:
    """Tells whether somebody in scope has another source of authority than was known.

    Where one cloud group holds everybody, memberships say nothing of accounts, and none changes.
    """
    if topology is Topology.CLOUD or not known.is_in or known.account is None:
        return False
    return known.account is not account_of(person)


def converted(current: Enrolment, account: SourceOfAuthority, now: datetime) -> Enrolment:
    """Remembers the new source of authority, so that it is told once; nobody moves by it."""
    if not current.state.is_enrolled or current.account is account:
        return current
    noted = current.noted(Reason.SOURCE_OF_AUTHORITY_CHANGED, now, detail=f"to {account}")
    return replace(noted, account=account)


def redirected(current: Enrolment, person: Person, topology: Topology, now: datetime) -> Enrolment:
    """Returns somebody who is to be put in, with where their membership belongs now.

    Nothing changes for whom a command is out or a membership of ours was written before: it is
    where it was written that it is written again, and taken out.
    """
    is_open = current.state is State.REQUESTED and current.command_key is None
    if not is_open or current.provenance is Provenance.OURS:
        return current
    belongs = topology.source_of_authority(synced=person.synced)
    if belongs is current.source_of_authority:
        return current
    if belongs is None:
        return take_out(current, Happening.INELIGIBLE, Reason.CLOUD_USER_OUT_OF_REACH, now)
    return replace(
        converted(current, account_of(person), now), source_of_authority=belongs, account=None
    )
