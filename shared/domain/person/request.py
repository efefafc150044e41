"""A request: what is asked for one person, and what Entra knows of whom it points at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shared.domain.person.enrolment import Cause
from shared.domain.person.people import Identifier, IdentifierKind, Memberships, Person


class Action(StrEnum):
    """Whether somebody comes or leaves, or is only to be looked for again."""

    ONBOARD = "onboard"
    OFFBOARD = "offboard"
    LOOK_AGAIN = "look-again"
    """Asks for nobody: whoever waits for this person already is told of them."""
    LIST = "list"
    """Somebody is listed, or changed: it says nothing of joining, and what it knows of them."""

    @property
    def is_hint(self) -> bool:
        """Whether it asks for nobody who was not asked for before."""
        return self in {Action.LOOK_AGAIN, Action.LIST}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One thing asked for one person, from an event or from the clock."""

    key: str
    """What the sender can follow it by."""
    action: Action
    identifier: Identifier
    also: Identifier | None = None
    """Another name that was given beside it: looked for too, and it has to fit."""
    occurred_at: datetime
    cause: Cause
    source: str | None = None
    """Who says so, as a CloudEvent names it."""
    effective_date: datetime | None = None
    """When the first or last day begins, where the person is."""
    day_ends: datetime | None = None
    """When that day is over there."""
    joins_by_day: bool = False
    """Whether their first day alone says that they join, and no word of the sender's."""
    until: datetime | None = None
    """When the cause ceases to want the person in; None for never."""
    is_repeated: bool = False
    """Whether the product asks again for what was said before: it is nobody's word, and lifts no
    exclusion."""

    def leaves_later(self, now: datetime) -> datetime | None:
        """Returns the end of a leaver's last day, if that day has not begun.

        None of others, where no day was said, and where it is today: that is now.
        """
        last_day = self.effective_date if self.action is Action.OFFBOARD else None
        if last_day is None or last_day <= now:
            return None
        return self.day_ends or last_day + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Lookup:
    """What Entra knows of the person a request points at: nobody, one, or more than one."""

    people: tuple[Person, ...] = ()
    memberships: Memberships = Memberships()
    names_differ: bool = False
    """Whether the names that were given are different people's."""

    @property
    def person(self) -> Person | None:
        """The one person meant; None where there is none or more than one, or the names differ."""
        return self.people[0] if len(self.people) == 1 and not self.names_differ else None


def meant(people: Sequence[Person]) -> tuple[Person, ...]:
    """Returns those of several who can be meant: the only one who is enabled, or all of them.

    Somebody who comes back may have a second account beside the old one, which is disabled.
    """
    enabled = [person for person in people if person.enabled]
    return (enabled[0],) if len(enabled) == 1 else tuple(people)


def who_is_meant(
    named: Sequence[Person], also: Sequence[Person], other_name: Identifier | None
) -> Lookup:
    """Returns the people whom two names mean together, without their memberships.

    Where the first name leads to nobody the second counts; where both lead to somebody it has to be
    the same person. So it has where the person is known by another second name than was given.

    Args:
        named: Whom the first name leads to.
        also: Whom the second leads to.
        other_name: The second name; None if there was none.
    """
    first, second = meant(named), meant(also)
    if other_name is None or not first:
        return Lookup(first or second)
    both = {one.object_id for one in first} & {one.object_id for one in second}
    if both:
        return Lookup(tuple(one for one in first if one.object_id in both))
    return Lookup(first, names_differ=bool(second) or _is_called_otherwise(first, other_name))


def _is_called_otherwise(people: Sequence[Person], name: Identifier) -> bool:
    if name.kind is not IdentifierKind.EMPLOYEE_ID:
        return False
    # The directory may have fewer leading zeros, or more.
    given = name.value.lstrip("0").casefold()
    known = {(one.ref.employee_id or "").lstrip("0").casefold() for one in people}
    return bool(known - {"", given})


def key_of(identifier: Identifier, finding: Lookup) -> str:
    """Returns the key under which the person is remembered."""
    return finding.person.object_id if finding.person else str(identifier)
