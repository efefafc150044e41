"""Allowances: people whom an operator was shown and wants written, beside what an hour allows.

Each holds for a day, to the full hour, and no longer: a word that was given for what lay there
must not let through, weeks later, what nobody was shown.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import add, sub
from typing import Final, NamedTuple, Self

HOLDS: Final = timedelta(hours=24)
"""How long an allowance holds at least; to the end of the hour in which that is over."""
_FULL_HOUR: Final = timedelta(hours=1)


class Numbers(NamedTuple):
    """Numbers of people."""

    additions: int = 0
    removals: int = 0
    repairs: int = 0
    """Memberships that others had changed; each is one of the above as well."""

    def plus(self, other: "Numbers") -> "Numbers":
        """Returns both together."""
        return Numbers(*map(add, self, other))

    def minus(self, other: "Numbers") -> "Numbers":
        """Returns what is left without the other."""
        return Numbers(*map(sub, self, other))

    def at_least_none(self) -> "Numbers":
        """Returns nobody where a number is below nothing."""
        return Numbers(*(max(0, one) for one in self))

    def at_most(self, other: "Numbers") -> "Numbers":
        """Returns the smaller number of each kind."""
        return Numbers(*map(min, self, other))


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What operators have allowed within an hour, and nobody has used yet."""

    ends: datetime
    additions: int = 0
    removals: int = 0
    repairs: int = 0

    @classmethod
    def given(cls, people: Numbers, now: datetime) -> Self:
        """Returns what is allowed from now on, for a day."""
        return cls(ends=_end(now), **people._asdict())

    @property
    def people(self) -> Numbers:
        """How many of each kind."""
        return Numbers(self.additions, self.removals, self.repairs)

    def holding(self, people: Numbers) -> Self:
        """Returns the same allowance of so many."""
        return replace(self, **people._asdict())


type Allowances = tuple[Allowance, ...]
"""Whichever ends first comes first, and no two end at once: they are 25 at most."""


def _end(now: datetime) -> datetime:
    """Returns the end of the hour in which an allowance of now has held for a day."""
    full = now.replace(minute=0, second=0, microsecond=0)
    return full + HOLDS + (_FULL_HOUR if full < now else timedelta())


def together(allowances: Iterable[Allowance], given: Allowance) -> Allowances:
    """Returns the allowances with one more."""
    by_end = {one.ends: one for one in allowances}
    same = by_end.get(given.ends)
    by_end[given.ends] = given.holding(given.people.plus(same.people)) if same else given
    return tuple(by_end[ends] for ends in sorted(by_end) if any(by_end[ends].people))


def still_held(allowances: Iterable[Allowance], now: datetime) -> Allowances:
    """Returns those that have not ended."""
    return tuple(one for one in allowances if now < one.ends)


def use(allowances: Iterable[Allowance], people: Numbers) -> tuple[Allowances, Numbers]:
    """Returns what is left of the allowances, and who of the people is not allowed by any."""
    left, unallowed = list[Allowance](), people
    for one in allowances:
        used = one.people.at_most(unallowed)
        unallowed = unallowed.minus(used)
        left.append(one.holding(one.people.minus(used)))
    return tuple(one for one in left if any(one.people)), unallowed


def total(allowances: Iterable[Allowance]) -> Numbers:
    """Returns how many people are allowed altogether."""
    people = Numbers()
    for one in allowances:
        people = people.plus(one.people)
    return people
