"""A crowd to plan for: as many people as one likes, the same ones every time."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random
from uuid import UUID

from shared.domain.person.eligibility import refusal
from shared.domain.person.enrolment import Cause, CauseKind, Claim, Provenance, State
from shared.domain.person.people import Attribute, Candidate, Memberships, Person, UserRef
from shared.domain.person.policy import Policy, Topology
from shared.domain.person.reasons import Reason
from shared.domain.person.summary import EnrolmentSummary
from shared.domain.rollout.calendar import Calendar
from shared.domain.rollout.cohort import NOBODY, Cut, position
from shared.domain.rollout.document import (
    Document,
    DriftAction,
    Limit,
    Ring,
    Selection,
    Share,
    Wave,
)
from shared.domain.rollout.state import Phase, Rollout

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
SHARES = {"5 %": 0.05, "25 %": 0.25, "everybody": 1.0}
"""Waves after the pilot, of everybody eligible, earlier waves included."""
POLICY = Policy(scope_group_id=str(UUID(int=1)))
_DEPARTMENTS = 40
_ONE_INELIGIBLE_IN = 33
_PILOTS = 100
_SALT = "bench"
_MEMBERSHIPS = Memberships(frozenset({str(UUID(int=2))}))


def crowd(size: int) -> Iterator[Candidate]:
    """So many people, each made when asked for; one in 33 is disabled, a guest or unlicensed."""
    lot = Random(_SALT)
    return (Candidate(_person(number, lot), _MEMBERSHIPS) for number in range(size))


def _person(number: int, lot: Random) -> Person:
    fault = number // _ONE_INELIGIBLE_IN % 3 if number % _ONE_INELIGIBLE_IN == 0 else None
    ref = UserRef(
        object_id=str(UUID(int=lot.getrandbits(128))),
        user_principal_name=f"person.{number}@contoso.test",
        employee_id=f"E{number}",
    )
    return Person(
        ref=ref,
        enabled=fault != 0,
        guest=fault == 1,
        licensed=fault != 2,  # noqa: PLR2004 - the third of three
        synced=number % 3 > 0,
        hire_date=NOW - timedelta(days=number % 4000),
        department=f"Department {number % _DEPARTMENTS}",
    )


def half_done(size: int) -> Rollout:
    """A rollout to those people, balanced by department: the pilot and 5 % have gone out."""
    pilots = frozenset(one.person.object_id for one in islice(crowd(size), _PILOTS))
    shares: dict[str, Selection] = {name: Share(share) for name, share in SHARES.items()}
    selections: dict[str, Selection] = {"pilot": Ring(pilots)} | shares
    return Rollout(
        document=_document(selections),
        version=1,
        phase=Phase.SOAKING,
        since=NOW,
        actor="bench",
        started=2,
        cuts=(NOBODY, Cut(SHARES["5 %"])),
    )


def _document(selections: Mapping[str, Selection]) -> Document:
    waves = tuple(
        Wave(name=name, selection=selection, soak=timedelta(), gates=(), calendar=Calendar())
        for name, selection in selections.items()
    )
    return Document(
        name="bench",
        salt=_SALT,
        scope_group_id=POLICY.scope_group_id,
        topology=Topology.NESTED,
        population_group_ids=frozenset(),
        excluded_group_ids=frozenset({str(UUID(int=3))}),
        excluded_attributes=(),
        excluded_object_ids=frozenset(),
        new_hires_since=None,
        balance=Attribute.DEPARTMENT,
        waves=waves,
        additions=Limit(),
        removals=Limit(),
        on_removed_by_hand=DriftAction.REPORT,
        on_added_by_hand=DriftAction.REPORT,
        evaluate_every=timedelta(hours=1),
        digest="bench",
    )


def already_in(size: int) -> dict[str, EnrolmentSummary]:
    """Those of them whom the wave of 5 % has put in."""
    return {
        one.person.object_id: _registered(one.person.object_id)
        for one in crowd(size)
        if refusal(one.person, one.memberships, POLICY) is None
        and position(_SALT, one.person.object_id) < SHARES["5 %"]
    }


def _registered(object_id: str) -> EnrolmentSummary:
    return EnrolmentSummary(
        object_id,
        State.REGISTERED,
        Reason.SSPR_REGISTERED,
        Provenance.OURS,
        NOW - timedelta(days=7),
        claims=(Claim(Cause(CauseKind.WAVE, "5 %", "clock")),),
    )
