"""Dates and times as the sender writes them, made into what our own events say."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from shared.contracts.documents.hr_sources.dates import (
    EXCEL,
    ISO,
    MILLISECONDS,
    SECONDS,
    Written,
    expression_of,
)
from shared.domain.errors import InvalidMessage
from shared.hr.sent_part import SentPart

_1970 = datetime(1970, 1, 1, tzinfo=UTC)
_EXCEL_BEGINS = date(1899, 12, 30)
"""Day 0 of Excel's dates, as it counts from March 1900 on. Source: "DATE function", Microsoft."""
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,9})?")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NOON = 12


def day_of(said: SentPart, written: Written | None, zone: str | None = None) -> SentPart:
    """Returns the part with the day in ISO 8601, which our own events have.

    Of seconds since 1970 it is the day of the zone that `written` says, else of the person's.

    Raises:
        InvalidMessage: it is not written as the source says; naming the sender's field.
    """
    found = _read(said, written)
    if found is None:
        return said
    moment, is_exact = found
    where = (written and written.zone) or zone
    if is_exact and where:
        moment = moment.astimezone(ZoneInfo(where))
    return SentPart(said.field, moment.date().isoformat())


def moment_of(said: SentPart, written: Written | None) -> SentPart:
    """Returns the part with the moment in ISO 8601 with its zone.

    Raises:
        InvalidMessage: it is not written as the source says; naming the sender's field.
    """
    found = _read(said, written)
    if found is None:
        return _in_zone(said, written)
    moment, is_exact = found
    if not is_exact:
        if written is None or not written.zone:
            raise InvalidMessage(said.field, "does not say its zone; say it in `zone`")
        moment = moment.replace(tzinfo=ZoneInfo(written.zone))
    return SentPart(said.field, moment.isoformat())


def _read(said: SentPart, written: Written | None) -> tuple[datetime, bool] | None:
    """Returns what is written, and whether it is a moment rather than a time somewhere.

    None where nothing is said, or the translation reads it itself.
    """
    if said.value is None or said.value == "" or written is None or written.format == ISO:
        return None
    try:
        if written.format in {SECONDS, MILLISECONDS}:
            count = _number(said)
            unit = "seconds" if written.format == SECONDS else "milliseconds"
            return _1970 + timedelta(**{unit: count}), True
        if written.format == EXCEL:
            day = _EXCEL_BEGINS + timedelta(days=int(_number(said)))
            return datetime(day.year, day.month, day.day, tzinfo=UTC), False
        return _by_pattern(said, written.format), False
    except (ValueError, OverflowError):
        raise InvalidMessage(said.field, "no calendar has this day") from None


def _number(said: SentPart) -> float:
    value = said.value
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return float(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise InvalidMessage(said.field, "write a number, as `format` says")


def _by_pattern(said: SentPart, pattern: str) -> datetime:
    text = (said.text or "").strip()
    found = expression_of(pattern).fullmatch(text)
    if found is None:
        raise InvalidMessage(said.field, f"is not written as {pattern}")
    parts = found.groupdict()
    hour = int(parts.get("hour") or 0)
    if half := parts.get("half"):
        hour = hour % _NOON + (_NOON if half[0] in "Pp" else 0)
    return datetime(
        int(parts["year"]),
        _month(parts),
        int(parts["day"]),
        hour,
        int(parts.get("minute") or 0),
        int(parts.get("second") or 0),
        tzinfo=UTC,
    )


def _month(parts: dict[str, str]) -> int:
    name = parts.get("name")
    return int(parts["month"]) if name is None else _MONTHS.index(name.lower()) + 1


def _in_zone(said: SentPart, written: Written | None) -> SentPart:
    """Returns an ISO time without a zone in the one that the source says."""
    text = said.text
    if not text or written is None or not written.zone:
        return said
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return said
    if moment.tzinfo is not None:
        return said
    return SentPart(said.field, moment.replace(tzinfo=ZoneInfo(written.zone)).isoformat())
