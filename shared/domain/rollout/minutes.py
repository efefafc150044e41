"""Minutes: who was counted in each minute of the last hour, so that it begins at any moment."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.domain.rollout.allowance import Numbers

HOUR = timedelta(hours=1)
MOST_REMEMBERED = 2_000
"""Marks kept of those who were counted: a row has to hold them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Minute:
    """Who was counted within a minute."""

    at: datetime
    """The newest time in it at which somebody was counted."""
    additions: int = 0
    removals: int = 0
    repairs: int = 0
    marks: tuple[str, ...] = ()
    """Marks of the newest who were counted, so that a message that comes again counts nobody twice:
    Graph was away, or its lock was lost."""

    @property
    def people(self) -> Numbers:
        """How many of each kind."""
        return Numbers(self.additions, self.removals, self.repairs)


type Minutes = tuple[Minute, ...]
"""The oldest first, and one for each minute in which anybody was counted: they are 61 at most, or a
few more where clocks differ."""


def in_last_hour(minutes: Minutes, now: datetime) -> Minutes:
    """Returns those that are not over; another instance's clock may be a little ahead."""
    return tuple(one for one in minutes if now - one.at < HOUR)


def total_of(minutes: Minutes) -> Numbers:
    """Returns how many were counted altogether."""
    people = Numbers()
    for one in minutes:
        people = people.plus(one.people)
    return people


def marks_of(minutes: Minutes) -> AbstractSet[str]:
    """Returns the marks of those who were counted."""
    return {mark for one in minutes for mark in one.marks}


def counted_now(minutes: Minutes, people: Mapping[str, Numbers], now: datetime) -> Minutes:
    """Returns the minutes in which these are counted now, and no longer where they were before.

    Args:
        minutes: Those of before.
        people: What each counts as, by their marks.
        now: The time, in UTC.
    """
    if not people:
        return minutes
    others = [_without(one, people) for one in minutes]
    is_same = [_begin(one.at) == _begin(now) for one in others]
    same = [one for one, here in zip(others, is_same, strict=True) if here]
    here = Minute(
        at=max(now, *(one.at for one in same)) if same else now,
        marks=(*(mark for one in same for mark in one.marks), *people),
        **_sum([*(one.people for one in same), *people.values()])._asdict(),
    )
    apart = [one for one, here in zip(others, is_same, strict=True) if not here and any(one.people)]
    return _remembering(sorted([*apart, here], key=lambda one: one.at))


def without_marks(minutes: Minutes) -> Minutes:
    """Returns the minutes in which as many were counted, and nobody is known again."""
    return tuple(replace(one, marks=()) for one in minutes)


def _without(minute: Minute, people: Mapping[str, Numbers]) -> Minute:
    gone = _sum(people[mark] for mark in minute.marks if mark in people)
    marks = tuple(mark for mark in minute.marks if mark not in people)
    return replace(minute, marks=marks, **minute.people.minus(gone).at_least_none()._asdict())


def _remembering(minutes: Iterable[Minute]) -> Minutes:
    """Returns the minutes with the newest marks, as many as a row can hold."""
    kept, room = list[Minute](), MOST_REMEMBERED
    for one in reversed(list(minutes)):
        marks = one.marks[-room:] if room else ()
        kept.append(replace(one, marks=marks))
        room -= len(marks)
    return tuple(reversed(kept))


def _sum(numbers: Iterable[Numbers]) -> Numbers:
    people = Numbers()
    for one in numbers:
        people = people.plus(one)
    return people


def _begin(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)
