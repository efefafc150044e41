"""The listing: what a plan has to know of everybody whom the directory listed."""

from array import array
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from shared.domain.person.people import Person
from shared.domain.person.reasons import Reason
from shared.domain.plan.selection import Census, Rings
from shared.domain.rollout.cohort import position
from shared.domain.rollout.document import Document
from shared.domain.time_zones import first_day


class RosterRow(NamedTuple):
    """What is asked of a candidate once it is known where the waves cut."""

    object_id: str
    obstacle: Reason | None
    kind: str
    place: float
    stratum: str
    ring: int
    is_new_hire: bool
    department: str


class Roster:
    """Everybody listed, by column: a million objects would take several times as much."""

    def __init__(self, document: Document, rings: Rings, now: datetime) -> None:
        self.census = Census(balanced=document.balance is not None)
        self._document = document
        self._rings = rings
        self._now = now
        self._texts: dict[str, str] = {}
        self._object_ids: dict[str, None] = {}
        self._obstacles: list[Reason | None] = []
        self._kinds: list[str] = []
        self._places = array("d")
        self._strata: list[str] = []
        self._ring_numbers = array("H")
        self._new_hires: list[bool] = []
        self._departments: list[str] = []

    def __contains__(self, object_id: str) -> bool:
        return object_id in self._object_ids

    def __len__(self) -> int:
        return len(self._object_ids)

    def enter(
        self,
        person: Person,
        group_ids: frozenset[str],
        obstacle: Reason | None,
        kind: str | None = None,
    ) -> None:
        """Enters somebody listed, only once: a listing by the page may show a person twice.

        `kind` is the excluded kind that the account is of, if it is of one.
        """
        object_id = person.object_id
        if object_id in self._object_ids:
            return
        place = position(self._document.salt, object_id)
        stratum = self._stratum(person)
        if obstacle is None:
            self.census.count(place, stratum)
        self._object_ids[object_id] = None
        self._obstacles.append(obstacle)
        self._kinds.append(kind or "")
        self._places.append(place)
        self._strata.append(stratum)
        self._ring_numbers.append(self._rings.first(object_id, group_ids))
        self._new_hires.append(self._is_new_hire(person))
        self._departments.append(self._once(person.department or ""))

    def rows(self) -> Iterator[RosterRow]:
        """Returns the rows of everybody, in the order in which they were listed."""
        columns = (
            self._object_ids,
            self._obstacles,
            self._kinds,
            self._places,
            self._strata,
            self._ring_numbers,
            self._new_hires,
            self._departments,
        )
        return map(RosterRow._make, zip(*columns, strict=True))

    def _stratum(self, person: Person) -> str:
        balance = self._document.balance
        return self._once((person.attribute(balance) or "").casefold()) if balance else ""

    def _is_new_hire(self, person: Person) -> bool:
        since, hired = self._document.new_hires_since, person.hire_date
        if since is None or hired is None or hired.date() < since:
            return False
        begins = first_day(hired, self._document.time_zone)
        return begins is not None and begins <= self._now

    def _once(self, text: str) -> str:
        """Returns one and the same text for all who have it alike.

        A directory answers with a copy for each.
        """
        return self._texts.setdefault(text, text)
