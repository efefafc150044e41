"""People, requests and enrolments for the tests of the domain."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.domain.person.enrolment import (
    Cause,
    CauseKind,
    Enrolment,
    Provenance,
    State,
)
from shared.domain.person.people import Identifier, Memberships, Person, UserRef
from shared.domain.person.policy import Policy, SourceOfAuthority, Topology
from shared.domain.person.reasons import Reason
from shared.domain.person.request import Action, Lookup, Request

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

SCOPE = "5c09e000-0000-0000-0000-000000000001"
BREAK_GLASS = "5c09e000-0000-0000-0000-000000000002"
ANNA_ID = "a22a0000-0000-0000-0000-00000000000a"
ANNA_UPN = "anna@contoso.test"

POLICY = Policy(scope_group_id=SCOPE, excluded_group_ids=frozenset({BREAK_GLASS}))
CLOUD_ONLY = replace(POLICY, topology=Topology.CLOUD)
SYNCED_ONLY = replace(POLICY, topology=Topology.SYNCED)

ANNA = UserRef(object_id=ANNA_ID, user_principal_name=ANNA_UPN, employee_id="4711")
CLOUD_ANNA = Person(ref=ANNA)
SYNCED_ANNA = Person(ref=replace(ANNA, source_anchor="anchor==", sid="S-1-5-21-1"), synced=True)
NOBODY = Lookup()

IN_SCOPE = frozenset(
    {
        State.APPLIED,
        State.VISIBLE,
        State.EFFECTIVE,
        State.REGISTERED,
        State.RESETTABLE,
        State.LOST,
    }
)
"""Written out, so that what the states say of themselves is held against something else."""


def found(person: Person, *group_ids: str, holds_role: bool = False) -> Lookup:
    return Lookup((person,), Memberships(frozenset(group_ids), holds_role))


def request(
    action: Action = Action.ONBOARD, *, identifier: str = ANNA_UPN, **changes: Any
) -> Request:
    given = Request(
        key="event-1",
        action=action,
        identifier=Identifier.parse(identifier),
        occurred_at=NOW,
        cause=Cause(CauseKind.EVENT, "event-1", "hr"),
    )
    return replace(given, **changes)


def enrolment(state: State, provenance: Provenance = Provenance.OURS, **changes: Any) -> Enrolment:
    """Somebody synced who reached the state an hour ago, by an event of that time."""
    given = Enrolment(
        key=ANNA_ID,
        user=SYNCED_ANNA.ref,
        state=state,
        reason=Reason.ONBOARDED,
        cause=Cause(CauseKind.EVENT, "event-0", "hr"),
        since=NOW - HOUR,
        event_time=NOW - HOUR,
        source_of_authority=SourceOfAuthority.ON_PREMISES,
        provenance=provenance,
    )
    return replace(given, **changes)


def provisional(state: State, **changes: Any) -> Enrolment:
    """Somebody who is not in Entra yet, known by UPN alone."""
    known: dict[str, Any] = {
        "provenance": Provenance.UNKNOWN,
        "key": f"upn:{ANNA_UPN}",
        "user": UserRef(user_principal_name=ANNA_UPN),
    }
    return enrolment(state, **(known | changes))


def reasons(one: Enrolment) -> list[Reason]:
    return [step.reason for step in one.steps]
