"""People as the directory shows them, and the ways a message may point at one."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Self

from shared.domain.person.methods import HeldMethods


class IdentifierKind(StrEnum):
    """By what a person is looked up."""

    OBJECT_ID = "id"
    USER_PRINCIPAL_NAME = "upn"
    EMPLOYEE_ID = "employee"


@dataclass(frozen=True, slots=True)
class Identifier:
    """A pointer at a person: compared without regard to case, as directories do."""

    kind: IdentifierKind
    value: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", self.value.strip().lower())

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads what `str()` wrote, or the bare object id, UPN or employee id a person types."""
        kind, colon, value = text.partition(":")
        if colon and kind in set(IdentifierKind):
            return cls(IdentifierKind(kind), value)
        if "@" in text:
            return cls(IdentifierKind.USER_PRINCIPAL_NAME, text)
        return cls(
            IdentifierKind.OBJECT_ID if is_object_id(text) else IdentifierKind.EMPLOYEE_ID, text
        )


def is_object_id(text: str) -> bool:
    """Tells whether the text is a GUID in the form that Graph uses for object ids."""
    parts = text.strip().split("-")
    return [len(part) for part in parts] == [8, 4, 4, 4, 12] and all(
        character in "0123456789abcdefABCDEF" for part in parts for character in part
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRef:
    """What is known of who somebody is; a person not yet in Entra has no object id."""

    object_id: str | None = None
    user_principal_name: str | None = None
    employee_id: str | None = None
    source_anchor: str | None = None
    """`onPremisesImmutableId`: base64 of mS-DS-ConsistencyGuid, else of objectGUID."""
    sid: str | None = None
    """`onPremisesSecurityIdentifier`."""


class Attribute(StrEnum):
    """The attributes that a rollout document may ask about, named as Graph names them."""

    DEPARTMENT = "department"
    COMPANY = "companyName"
    EMPLOYEE_TYPE = "employeeType"
    JOB_TITLE = "jobTitle"
    OFFICE = "officeLocation"
    USAGE_LOCATION = "usageLocation"
    DOMAIN = "onPremisesDomainName"


_FIELDS = {
    Attribute.DEPARTMENT: "department",
    Attribute.COMPANY: "company",
    Attribute.EMPLOYEE_TYPE: "employee_type",
    Attribute.JOB_TITLE: "job_title",
    Attribute.OFFICE: "office",
    Attribute.USAGE_LOCATION: "usage_location",
    Attribute.DOMAIN: "domain",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A user in Entra, with what eligibility asks about."""

    ref: UserRef
    enabled: bool = True
    guest: bool = False
    synced: bool = False
    licensed: bool = True
    """An Entra ID P1 or P2 service plan is assigned and enabled."""
    hire_date: datetime | None = None
    department: str | None = None
    company: str | None = None
    employee_type: str | None = None
    job_title: str | None = None
    office: str | None = None
    usage_location: str | None = None
    domain: str | None = None
    """The DNS name of the AD domain that they are synced from; None of cloud users."""

    def attribute(self, attribute: Attribute) -> str | None:
        """Returns what the directory has under that attribute, or None if it has nothing."""
        value: str | None = getattr(self, _FIELDS[attribute])
        return value

    @property
    def object_id(self) -> str:
        """The object id; every person in Entra has one."""
        if self.ref.object_id is None:
            raise ValueError("a Person is in Entra and has an object id")
        return self.ref.object_id


@dataclass(frozen=True, slots=True)
class Memberships:
    """The groups a person is in, directly or through others, and whether they hold a role."""

    group_ids: frozenset[str] = field(default_factory=frozenset)
    holds_directory_role: bool = False


@dataclass(frozen=True, slots=True)
class Registration:
    """One row of the registration report (`userRegistrationDetails`)."""

    object_id: str
    sspr_enabled: bool
    sspr_registered: bool
    """Whether as many methods are registered as the tenant's policy asks for."""
    held: HeldMethods = field(default_factory=HeldMethods)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A user of the tenant with what the rules ask about.

    The memberships are those in the groups that the rollout names, no others.
    """

    person: Person
    memberships: Memberships
