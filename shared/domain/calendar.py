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
    """Working hours and change freezes; without any, it is always open.

    Hours that close no later than they open go on after midnight, and belong to the day on which
    they opened.
    """

    time_zone: str = "UTC"
    """An IANA name."""
    days: frozenset[int] = frozenset(range(7))
    """0 is Monday."""
    opens: time = time.min
    closes: time | None = None
    """None: at midnight."""
    freezes: tuple[Freeze, ...] = ()

    def closed_because(self, now: datetime) -> str | None:
        """Why no wave may begin now; None where one may."""
        local = now.astimezone(ZoneInfo(self.time_zone))
        for freeze in self.freezes:
            if freeze.first <= local.date() <= freeze.last:
                return f"change freeze until {freeze.last}: {freeze.reason}"
        day = self._working_day(local)
        if day.weekday() not in self.days:
            return f"{day:%A} is no working day"
        if not self._is_within_hours(local.time()):
            return f"it is {local:%H:%M} in {self.time_zone}, outside working hours"
        return None

    def _is_overnight(self) -> bool:
        return self.closes is not None and self.closes <= self.opens

    def _working_day(self, local: datetime) -> date:
        """The day to which the hours belong that may be open at this moment."""
        began_yesterday = self._is_overnight() and self.closes and local.time() < self.closes
        return local.date() - timedelta(days=1) if began_yesterday else local.date()

    def _is_within_hours(self, moment: time) -> bool:
        is_before_closing = self.closes is None or moment < self.closes
        if self._is_overnight():
            return moment >= self.opens or is_before_closing
        return moment >= self.opens and is_before_closing

    def next_opening(self, now: datetime) -> datetime | None:
        """When a wave may begin: now, or the next opening in UTC; None within a year."""
        if self.closed_because(now) is None:
            return now
        zone = ZoneInfo(self.time_zone)
        today = now.astimezone(zone).date()
        for ahead in range(_LONGEST_LOOK):
            for moment in self._turns(today + timedelta(days=ahead), zone):
                if moment > now and self.closed_because(moment) is None:
                    return moment
        return None

    def _turns(self, day: date, zone: ZoneInfo) -> list[datetime]:
        """When closed may become open on that day, in order and in UTC.

        At midnight, when a freeze ends during hours that go on overnight; and at the opening
        time, of which a day has two where the clock is put back over it.
        """
        return sorted(
            datetime.combine(day, moment.replace(fold=fold), zone).astimezone(UTC)
            for moment in (time.min, self.opens)
            for fold in (0, 1)
        )
