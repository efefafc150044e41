"""Endings: certificates, passwords and accounts that everything works by, and the days they have.

What ends was told by whoever works by it; who renews it is a person, and so it is said ahead.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """How long before its end something is told, and when there is little time left."""

    early: timedelta
    urgent: timedelta


USUAL_NOTICE: Final = Notice(early=timedelta(days=30), urgent=timedelta(days=7))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """Something that ends, or of which it is known why it has no end."""

    what: str
    """Its kind: `directory-certificate`, `directory-password` …"""
    of: str
    """Which one: a server's name, an application's id, an account's SID."""
    ends_at: datetime | None = None
    why: str = ""
    """Why no end is told: `never-ends`, `renews-itself` or `unknown`."""
    detail: str = ""
    whose: str = ""
    """Who told of it, and works by it."""

    def days_left(self, now: datetime) -> int | None:
        """Returns the whole days that are left, less than 0 after the end; None without an end."""
        return None if self.ends_at is None else (self.ends_at - now) // timedelta(days=1)

    def is_within(self, time: timedelta, now: datetime) -> bool:
        """Tells whether it ends within that time, or has ended."""
        return self.ends_at is not None and self.ends_at - now <= time


def soonest_first(endings: Iterable[Ending]) -> list[Ending]:
    """Returns those that have an end, the next one first."""
    dated = [(one.ends_at, one) for one in endings if one.ends_at]
    return [one for _, one in sorted(dated, key=lambda pair: (pair[0], pair[1].what, pair[1].of))]


def ending_soon(endings: Iterable[Ending], notice: Notice, now: datetime) -> list[Ending]:
    """Returns what ends within the notice, or has ended, the next one first."""
    return [one for one in soonest_first(endings) if one.is_within(notice.early, now)]
