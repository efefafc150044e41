"""People as the directory shows them, and the ways a message may point at one."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self

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


class Trait(StrEnum):
    """What tells of what kind an account is, named as Graph names it."""

    USER_PRINCIPAL_NAME = "userPrincipalName"
    DISPLAY_NAME = "displayName"
    EMPLOYEE_TYPE = "employeeType"
    CREATION_TYPE = "creationType"
    EXTENSION_1 = "extensionAttribute1"
    EXTENSION_2 = "extensionAttribute2"
    EXTENSION_3 = "extensionAttribute3"
    EXTENSION_4 = "extensionAttribute4"
    EXTENSION_5 = "extensionAttribute5"
    EXTENSION_6 = "extensionAttribute6"
    EXTENSION_7 = "extensionAttribute7"
    EXTENSION_8 = "extensionAttribute8"
    EXTENSION_9 = "extensionAttribute9"
    EXTENSION_10 = "extensionAttribute10"
    EXTENSION_11 = "extensionAttribute11"
    EXTENSION_12 = "extensionAttribute12"
    EXTENSION_13 = "extensionAttribute13"
    EXTENSION_14 = "extensionAttribute14"
    EXTENSION_15 = "extensionAttribute15"


_EXTERNAL = "#ext#"
"""What Entra puts into the UPN of an account that is at home elsewhere."""
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
    """A licence with which this person may reset is assigned and usable; see `licences`."""
    hire_date: datetime | None = None
    department: str | None = None
    company: str | None = None
    employee_type: str | None = None
    job_title: str | None = None
    office: str | None = None
    usage_location: str | None = None
    display_name: str | None = None
    creation_type: str | None = None
    extension_attributes: tuple[tuple[str, str], ...] = ()
    """Those that have a value, by their names: `extensionAttribute1` to 15."""
    domain: str | None = None
    """The DNS name of the AD domain that they are synced from; None of cloud users."""

    @property
    def external_member(self) -> bool:
        """Whether the account is at home in another tenant, and no guest here.

        So are those of a multitenant organisation and of cross-tenant synchronisation; their
        password is not here.
        """
        return not self.guest and _EXTERNAL in (self.ref.user_principal_name or "").lower()

    def trait(self, trait: Trait) -> str | None:
        """Returns what the directory has under that name, or None if it has nothing."""
        match trait:
            case Trait.USER_PRINCIPAL_NAME:
                return self.ref.user_principal_name
            case Trait.DISPLAY_NAME:
                return self.display_name
            case Trait.EMPLOYEE_TYPE:
                return self.employee_type
            case Trait.CREATION_TYPE:
                return self.creation_type
            case _:
                return dict(self.extension_attributes).get(trait)

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
    """One of those that SSPR's policy for administrators names; see `administrator_roles`."""


REPORT_LAG: Final = timedelta(hours=36)
"""For how long the registration report may show of most people what was before a change. Source:
https://learn.microsoft.com/entra/identity/authentication/howto-authentication-methods-activity,
page of 22 October 2025; that of March 2025 said "a few hours"."""
REPORT_STRAGGLERS: Final = timedelta(hours=24)
"""After how long more to look again for the few of whom it is later still; likewise."""


@dataclass(frozen=True, slots=True)
class Registration:
    """One row of the registration report (`userRegistrationDetails`)."""

    object_id: str
    sspr_enabled: bool
    sspr_registered: bool
    """Whether as many methods are registered as the tenant's policy asks for."""
    held: HeldMethods = field(default_factory=HeldMethods)
    is_guest: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """A user of the tenant with what the rules ask about.

    The memberships are those in the groups that the rollout names, no others.
    """

    person: Person
    memberships: Memberships
