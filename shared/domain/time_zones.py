"""Time zones: a day begins and ends at midnight where the person is, not at UTC's."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

_OF_THE_MACHINE = frozenset({"localtime", "posixrules", "Factory"})
"""Files beside the zones, which are others on another machine."""


@cache
def known_zones() -> frozenset[str]:
    """Returns the IANA names that there are, by the platform's database or else by `tzdata`."""
    return frozenset(available_timezones()) - _OF_THE_MACHINE


def day_begins(day: date, zone: str) -> datetime:
    """Returns the moment at which the day begins in that zone, in UTC.

    Where clocks jump over midnight the day begins with the jump.
    """
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def day_ends(day: date, zone: str) -> datetime:
    """Returns the moment at which the day is over in that zone, in UTC; it may have 23 hours."""
    return day_begins(day + timedelta(days=1), zone)


def day_of(moment: datetime, zone: str) -> date:
    """Returns the day that it is in that zone."""
    return moment.astimezone(ZoneInfo(zone)).date()


def first_day(hired: datetime | None, zone: str) -> datetime | None:
    """Returns when somebody begins whom Entra has as hired then; None if it has nothing.

    `employeeHireDate` is a moment to Graph and a day to who writes it: midnight UTC, which is
    13:00 in Auckland, means the day. Any other time is meant as it stands. Source:
    "user: employeeHireDate", Microsoft Graph; "Sync attributes for Lifecycle Workflows", Microsoft
    Entra, whose mappings write midnight.
    """
    if hired is None or hired.astimezone(UTC).time() != time():
        return hired
    return day_begins(hired.astimezone(UTC).date(), zone)
