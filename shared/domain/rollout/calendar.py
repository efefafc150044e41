"""The calendar: when a wave may begin to widen, in the local time of those who are at work."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_LONGEST_LOOK = 400
"""Days to look ahead for an opening; a freeze of more than a year has none."""


@dataclass(frozen=True, slots=True)
class Freeze:
    """No wave begins from the first day to the last, both included."""

    first: date
    last: date
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Working hours and change freezes; without any, it is always open."""

    time_zone: str = "UTC"
    """An IANA name."""
    days: frozenset[int] = frozenset(range(7))
    """0 is Monday."""
    opens: time = time.min
    closes: time | None = None
    """None: at midnight."""
    freezes: tuple[Freeze, ...] = ()

    def closed_because(self, now: datetime) -> str | None:
        """Returns why no wave may begin now, or None if a wave may."""
        local = now.astimezone(ZoneInfo(self.time_zone))
        for freeze in self.freezes:
            if freeze.first <= local.date() <= freeze.last:
                return f"change freeze until {freeze.last}: {freeze.reason}"
        if local.weekday() not in self.days:
            return f"{local:%A} is no working day"
        if local.time() < self.opens or (self.closes and local.time() >= self.closes):
            return f"it is {local:%H:%M} in {self.time_zone}, outside working hours"
        return None

    def next_opening(self, now: datetime) -> datetime | None:
        """Returns when a wave may begin: now, or at the next opening, in UTC.

        It is None if there is no opening within a year.
        """
        if self.closed_because(now) is None:
            return now
        zone = ZoneInfo(self.time_zone)
        today = now.astimezone(zone).date()
        for ahead in range(_LONGEST_LOOK):
            day = today + timedelta(days=ahead)
            opening = datetime.combine(day, self.opens, zone).astimezone(UTC)
            if opening > now and self.closed_because(opening) is None:
                return opening
        return None
