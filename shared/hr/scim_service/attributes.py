"""The attributes of a user that are kept: who is meant, whether they are active, and since when.

Names and work addresses are kept because connectors read back what they have written, and Okta's
own test looks for them. Everything else that a sender's mapping may hold is taken and forgotten.
Source: RFC 7643, sections 2, 4.1 and 4.3; "Develop a SCIM endpoint", Microsoft Entra, for HireDate.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from shared.contracts.api.scim_answers import CORE

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
HIRE = "urn:ietf:params:scim:schemas:extension:sspr-rollout:2.0:User"
"""Our own, for what no schema of the standard has; HireDate of any other extension is kept too."""
MOST_VALUES = 5
"""Of an attribute that may have several."""


class Form(StrEnum):
    """What an attribute's value looks like, by SCIM's names."""

    STRING = "string"
    BOOLEAN = "boolean"
    COMPLEX = "complex"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """An attribute that is kept."""

    name: str
    description: str
    form: Form = Form.STRING
    several: bool = False
    required: bool = False
    case_exact: bool = False
    unique: bool = False
    longest: int = 256
    """Characters."""
    parts: tuple["Attribute", ...] = ()

    def described(self) -> dict[str, Any]:
        """Returns it as `/Schemas` has it."""
        described: dict[str, Any] = {
            "name": self.name,
            "type": self.form.value,
            "multiValued": self.several,
            "description": self.description,
            "required": self.required,
            "mutability": "readWrite",
            "returned": "default",
            "uniqueness": "server" if self.unique else "none",
        }
        if self.form is Form.COMPLEX:
            return described | {"subAttributes": [part.described() for part in self.parts]}
        return described | {"caseExact": self.case_exact}


CORE_ATTRIBUTES = (
    Attribute(
        name="userName",
        description="The user principal name, if the source is matched by it.",
        required=True,
        unique=True,
    ),
    Attribute(
        name="externalId",
        description="The employee id, if the source is matched by it and sends no employeeNumber.",
        case_exact=True,
    ),
    Attribute(
        name="active",
        description="Whether the person works here: false takes them out.",
        form=Form.BOOLEAN,
    ),
    Attribute(
        name="timezone", description="Where their first day begins, by the zone's IANA name."
    ),
    Attribute(name="displayName", description="Given back as it was sent."),
    Attribute(
        name="name",
        description="Given back as it was sent.",
        form=Form.COMPLEX,
        parts=(
            Attribute(name="formatted", description="The whole name."),
            Attribute(name="familyName", description="The last name."),
            Attribute(name="givenName", description="The first name."),
        ),
    ),
    Attribute(
        name="emails",
        description="Given back as they were sent.",
        form=Form.COMPLEX,
        several=True,
        parts=(
            Attribute(name="value", description="The address."),
            Attribute(name="type", description="Such as work."),
            Attribute(name="primary", description="The one to be used.", form=Form.BOOLEAN),
        ),
    ),
)
EMPLOYEE_NUMBER = Attribute(
    name="employeeNumber", description="The employee id, if the source is matched by it."
)
HIRE_DATE = Attribute(name="HireDate", description="The first day, as a date or a time of it.")
_NOT_KEPT = (
    "nickName profileUrl title userType preferredLanguage locale password phoneNumbers "
    "ims photos addresses groups entitlements roles x509Certificates"
)
_NOT_KEPT_OF_ENTERPRISE = "costCenter organization division department manager"
NOT_KEPT = frozenset(f"{_NOT_KEPT} {_NOT_KEPT_OF_ENTERPRISE}".lower().split())
"""The standard's other attributes, in lower case: a sender may write them."""
READ_ONLY = frozenset({"id", "meta", "schemas"})
"""In lower case; what a sender writes there is passed over."""


def extension_attributes(urn: str) -> tuple[Attribute, ...]:
    """Returns what is kept of the extension of this name: of a tenant's own, HireDate alone."""
    return (EMPLOYEE_NUMBER,) if urn.lower() == ENTERPRISE.lower() else (HIRE_DATE,)


def known_urn(urn: str) -> str:
    """Returns the extension's name in the standard's spelling, or as it was sent."""
    by_lower = {one.lower(): one for one in (ENTERPRISE, HIRE)}
    return by_lower.get(urn.lower(), urn)


SCHEMAS: Mapping[str, tuple[str, tuple[Attribute, ...]]] = {
    CORE: ("User", CORE_ATTRIBUTES),
    ENTERPRISE: ("EnterpriseUser", (EMPLOYEE_NUMBER,)),
    HIRE: ("Hire", (HIRE_DATE,)),
}
"""Name and attributes of each schema."""
