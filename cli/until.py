"""Until when: a date, a moment, or a duration from now, as people type them."""

import re
from datetime import UTC, date, datetime, timedelta

from cli.exits import Failure, Status

_DURATION = re.compile(r"([0-9]{1,4})([mhdw])")
_BY_ISO = re.compile(r"P([0-9]{1,4}[DW])|PT([0-9]{1,4}[HM])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_FORMS = "a date such as 2026-04-01, a moment such as 2026-04-01T17:00+02:00, or 90m, 12h, 7d, 2w"


def read_until(text: str, now: datetime) -> str:
    """Reads the moment that is meant, in UTC and ISO 8601.

    A date is meant to its end, and a time of day without an offset is local time; both are that
    of the machine of whoever types it.

    Raises:
        Failure: the text is none of the forms, or the moment has passed.
    """
    try:
        moment = _moment(text, now).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Failure(Status.USAGE, f"--until: {text!r} is not {_FORMS}") from None
    if moment <= now:
        raise Failure(Status.USAGE, f"--until: {moment:%Y-%m-%d %H:%M} UTC has passed")
    return moment.isoformat(timespec="seconds")


def read_since(option: str, text: str, now: datetime) -> str:
    """Reads a moment that has passed, in UTC and ISO 8601; a duration is as long ago.

    A date is meant from its beginning; it and a time of day without an offset are local.

    Raises:
        Failure: the text is none of the forms.
    """
    try:
        moment = _moment_ago(text, now).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Failure(Status.USAGE, f"{option}: {text!r} is not {_FORMS}") from None
    return moment.isoformat(timespec="seconds")


def _moment_ago(text: str, now: datetime) -> datetime:
    if duration := _DURATION.fullmatch(text):
        number, unit = duration.groups()
        return now - timedelta(**{_UNITS[unit]: int(number)})
    return datetime.fromisoformat(text).astimezone()  # local time


def _moment(text: str, now: datetime) -> datetime:
    if written := _BY_ISO.fullmatch(text):
        text = (written[1] or written[2]).lower()
    if duration := _DURATION.fullmatch(text):
        number, unit = duration.groups()
        return now + timedelta(**{_UNITS[unit]: int(number)})
    if len(text) == len("2026-04-01"):
        day = date.fromisoformat(text) + timedelta(days=1)
        return datetime(day.year, day.month, day.day).astimezone()  # local time
    return datetime.fromisoformat(text).astimezone()
