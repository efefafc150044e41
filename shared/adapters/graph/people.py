"""Users and report rows as Graph writes them, read into the domain's words."""

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from sys import intern
from typing import Any

from shared.domain.person.administrator_roles import is_two_gate_role
from shared.domain.person.licences import DEFAULT_LICENCES, Licences
from shared.domain.person.methods import HeldMethods, read_held, write_held
from shared.domain.person.people import (
    Identifier,
    IdentifierKind,
    Memberships,
    Person,
    Registration,
    UserRef,
)

_USABLE = frozenset({"Enabled", "Warning"})
"""A plan in its grace period (`Warning`) can be used.
Source: https://learn.microsoft.com/graph/api/resources/assignedplan, read in November 2026."""
_USER = "#microsoft.graph.user"
_GROUP = "#microsoft.graph.group"
_DIRECTORY_ROLE = "#microsoft.graph.directoryRole"

_METHOD = re.compile(r"[A-Za-z0-9_.-]{1,60}")
_MOST_METHODS = 40
"""More than twice as many as there are."""

Row = Mapping[str, Any]


def person_of(user: Row, licences: Licences = DEFAULT_LICENCES) -> Person:
    """Makes a person of a user with the fields that `queries` selects."""
    get = user.get
    synced = get("onPremisesSyncEnabled") is True
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
        synced=synced,
        licensed=_is_licensed(user, licences, synced=synced),
        hire_date=datetime.fromisoformat(hired) if hired else None,
        department=_shared(get("department")),
        company=_shared(get("companyName")),
        employee_type=_shared(get("employeeType")),
        job_title=_shared(get("jobTitle")),
        office=_shared(get("officeLocation")),
        usage_location=_shared(get("usageLocation")),
        display_name=get("displayName"),
        creation_type=_shared(get("creationType")),
        extension_attributes=tuple(
            (intern(name), intern(value))
            for name, value in (get("onPremisesExtensionAttributes") or {}).items()
            if isinstance(value, str) and value
        ),
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


def memberships_of(objects: Iterable[Row]) -> Memberships:
    """Reads what a list of groups, roles and administrative units says of a person."""
    listed = list(objects)
    groups = frozenset(each["id"] for each in listed if each.get("@odata.type") == _GROUP)
    roles = [each for each in listed if each.get("@odata.type") == _DIRECTORY_ROLE]
    return Memberships(
        groups,
        holds_directory_role=any(
            is_two_gate_role(each.get("roleTemplateId"), each.get("displayName")) for each in roles
        ),
    )


def with_appointments(
    memberships: Memberships, object_id: str, appointed: Collection[str]
) -> Memberships:
    """Adds what the assignments of roles say: of the person, or of a group that they are in."""
    if memberships.holds_directory_role:
        return memberships
    is_appointed = object_id in appointed or not memberships.group_ids.isdisjoint(appointed)
    return Memberships(memberships.group_ids, holds_directory_role=is_appointed)


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
        is_guest=str(row.get("userType")).casefold() == "guest",
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


def _is_licensed(user: Row, licences: Licences, *, synced: bool) -> bool:
    plans = (
        str(plan.get("servicePlanId")).lower()
        for plan in user.get("assignedPlans") or ()
        if plan.get("capabilityStatus") in _USABLE
    )
    if not licences.plans.isdisjoint(plans):
        return True
    # Without writeback there is nothing that a synced person could reset.
    skus = (str(one.get("skuId")).lower() for one in user.get("assignedLicenses") or ())
    return not synced and not licences.cloud_only_skus.isdisjoint(skus)


def _shared(text: str | None) -> str | None:
    """Returns the same text, kept once for all who share it: a company has few departments."""
    return intern(text) if text else None
