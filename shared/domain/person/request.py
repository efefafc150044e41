"""A request: what is asked for one person, and what Entra knows of whom it points at."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.domain.person.enrolment import Cause
from shared.domain.person.people import Identifier, Memberships, Person


class Action(StrEnum):
    """Whether somebody comes or leaves, or is only to be looked for again."""

    ONBOARD = "onboard"
    OFFBOARD = "offboard"
    LOOK_AGAIN = "look-again"
    """Asks for nobody: whoever waits for this person already is told of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One thing asked for one person, from an event or from the clock."""

    key: str
    """What the sender can follow it by."""
    action: Action
    identifier: Identifier
    occurred_at: datetime
    cause: Cause
    effective_date: datetime | None = None
    until: datetime | None = None
    """When the cause ceases to want the person in; None for never."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """What Entra knows of the person a request points at: nobody, one, or more than one."""

    people: tuple[Person, ...] = ()
    memberships: Memberships = Memberships()

    @property
    def person(self) -> Person | None:
        """The one person meant; None where there is none or more than one."""
        return self.people[0] if len(self.people) == 1 else None


def key_of(identifier: Identifier, finding: Lookup) -> str:
    """Returns the key under which the person is remembered."""
    return finding.person.object_id if finding.person else str(identifier)
