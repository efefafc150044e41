"""Users and report rows as Graph writes them, read into the domain's words."""

import re
from collections.abc import Mapping
from datetime import datetime
from sys import intern
from typing import Any

from shared.domain.person.methods import HeldMethods, read_held, write_held
from shared.domain.person.people import (
    Identifier,
    IdentifierKind,
    Memberships,
    Person,
    Registration,
    UserRef,
)

WRITEBACK_PLANS = frozenset(
    {"41781fb2-bc02-4b7c-bd55-b576c07bb09d", "eec0eb4f-6444-4f95-aba0-50c24d67f998"}
)
"""The service plans AAD_PREMIUM (Entra ID P1) and AAD_PREMIUM_P2."""
_USER = "#microsoft.graph.user"
_GROUP = "#microsoft.graph.group"
_DIRECTORY_ROLE = "#microsoft.graph.directoryRole"

_METHOD = re.compile(r"[A-Za-z0-9_.-]{1,60}")
_MOST_METHODS = 40
"""More than twice as many as there are."""

Row = Mapping[str, Any]


def person_of(user: Row) -> Person:
    """Makes a person of a user with the fields that `queries` selects."""
    get = user.get
    hired = get("employeeHireDate")
    return Person(
        ref=UserRef(
            object_id=user["id"],
            user_principal_name=get("userPrincipalName"),
            employee_id=get("employeeId"),
            source_anchor=get("onPremisesImmutableId"),
            sid=get("onPremisesSecurityIdentifier"),
        ),
        enabled=get("accountEnabled") is True,
        guest=get("userType") == "Guest",
        synced=get("onPremisesSyncEnabled") is True,
        licensed=any(map(_is_writeback_plan, get("assignedPlans") or ())),
        hire_date=datetime.fromisoformat(hired) if hired else None,
        department=_shared(get("department")),
        company=_shared(get("companyName")),
        employee_type=_shared(get("employeeType")),
        job_title=_shared(get("jobTitle")),
        office=_shared(get("officeLocation")),
        usage_location=_shared(get("usageLocation")),
        domain=_shared(get("onPremisesDomainName")),
    )


def names_of(person: Person) -> list[Identifier]:
    """Returns every identifier that points at the person."""
    ref = person.ref
    values = {
        IdentifierKind.OBJECT_ID: ref.object_id,
        IdentifierKind.USER_PRINCIPAL_NAME: ref.user_principal_name,
        IdentifierKind.EMPLOYEE_ID: ref.employee_id,
    }
    return [Identifier(kind, value) for kind, value in values.items() if value]


def memberships_of(objects: list[dict[str, Any]]) -> Memberships:
    """Reads what a list of groups, roles and administrative units says of a person."""
    types = {each.get("@odata.type") for each in objects}
    groups = frozenset(each["id"] for each in objects if each.get("@odata.type") == _GROUP)
    return Memberships(groups, holds_directory_role=_DIRECTORY_ROLE in types)


def is_user(member: Row) -> bool:
    """Tells whether a member of a group is a person: nested groups are listed beside them."""
    return member.get("@odata.type") == _USER


def registration_of(row: Row) -> Registration:
    """Reads a row of the registration report."""
    return Registration(
        object_id=row["id"],
        sspr_enabled=row.get("isSsprEnabled") is True,
        sspr_registered=row.get("isSsprRegistered") is True,
        held=_held(row),
    )


def _held(row: Row) -> HeldMethods:
    """Reads the methods that a row of the report names, with names that a column can hold."""
    named = row.get("methodsRegistered")
    listed = named if isinstance(named, list) else []
    names = sorted(one for one in listed if isinstance(one, str) and _METHOD.fullmatch(one))
    # One and the same value for all who hold the same: a company has few kinds of people.
    text = write_held(
        HeldMethods(frozenset(names[:_MOST_METHODS]), administrator=row.get("isAdmin") is True)
    )
    return read_held(text)


def _is_writeback_plan(plan: Row) -> bool:
    return (
        str(plan.get("servicePlanId")).lower() in WRITEBACK_PLANS
        and plan.get("capabilityStatus") == "Enabled"
    )


def _shared(text: str | None) -> str | None:
    """Returns the same text, kept once for all who share it: a company has few departments."""
    return intern(text) if text else None
