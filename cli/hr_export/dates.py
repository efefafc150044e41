"""Dates as HR systems write them, where one day is meant for certain; else the reason why not."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

NONE = frozenset(
    {"", "0", "-", "--", "n/a", "na", "none", "null", "nil", "never"}
    | {"0001-01-01", "9999-12-31", "0000-00-00", "00000000", "1/1/0001", "01.01.0001"}
    | {"31.12.9999", "12/31/9999", "31/12/9999", "99991231", "01/01/0001"}
)
"""How "no date" is written. Source: published payloads of HR systems, November 2026."""
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TIME = r"(?:[T ]+(?P<time>\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)\s*(?P<zone>Z|[+-]\d{2}:?\d{2})?)?"
_YEAR_FIRST = re.compile(rf"(\d{{4}})([-/.])(\d{{1,2}})\2(\d{{1,2}}){_TIME}")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_DOTTED = re.compile(rf"(\d{{1,2}})\.\s?(\d{{1,2}})\.\s?(\d{{4}}){_TIME}")
_SLASHED = re.compile(rf"(\d{{1,2}})([/-])(\d{{1,2}})\2(\d{{4}}){_TIME}")
_NAMED = re.compile(r"(\d{1,2})[- .]+([A-Za-z]{3,9})\.?[-, ]+(\d{4})")
_NAME_FIRST = re.compile(r"([A-Za-z]{3,9})\.? (\d{1,2}),? (\d{4})")
_EPOCH = re.compile(r"\d{10}|\d{13}")
_SERIAL = re.compile(r"\d{5,6}(?:\.0+)?")
_SECONDS = 10
"""Digits of an epoch in seconds; one in milliseconds has three more."""
_EXCEL_0 = date(1899, 12, 30)
"""The day before the first, as Excel has it with its 29 February 1900."""
_TWELVE = 12


class DateOrder(StrEnum):
    """What numbers mean that could be days or months, or a day at all."""

    DAY_FIRST = "day-first"
    MONTH_FIRST = "month-first"
    EXCEL = "excel"
    """Excel's serial numbers, counted from 1900."""


def order_in(cells: Iterable[str]) -> DateOrder | None:
    """Returns the order that the dates of a column show, where one cannot be read otherwise.

    None where none shows it, or where they contradict each other.
    """
    found: set[DateOrder] = set()
    for cell in cells:
        match = _SLASHED.fullmatch(cell.strip())
        if match is None:
            continue
        first, second = int(match[1]), int(match[3])
        if first > _TWELVE >= second:
            found.add(DateOrder.DAY_FIRST)
        elif second > _TWELVE >= first:
            found.add(DateOrder.MONTH_FIRST)
    return found.pop() if len(found) == 1 else None


def day_of(cell: str, order: DateOrder | None = None) -> date | None:
    """Returns the day that is meant, or None where the cell says that there is none.

    Raises:
        ValueError: it is no date, or could be more than one; the text says what to do.
    """
    text = " ".join(cell.split())
    if text.lower() in NONE or text[:10] in NONE:
        return None
    if match := _YEAR_FIRST.fullmatch(text):
        return _day(match, match[1], match[3], match[4])
    if match := _DOTTED.fullmatch(text):
        return _day(match, match[3], match[2], match[1])
    if match := _SLASHED.fullmatch(text):
        return _slashed(match, order)
    if match := _COMPACT.fullmatch(text):
        return _date(match[1], match[2], match[3])
    if match := _NAMED.fullmatch(text):
        return _date(match[3], _month(match[2]), match[1])
    if match := _NAME_FIRST.fullmatch(text):
        return _date(match[3], _month(match[1]), match[2])
    return _counted(text, order)


def _slashed(match: re.Match[str], order: DateOrder | None) -> date:
    first, second = int(match[1]), int(match[3])
    if first > _TWELVE or first == second:
        return _day(match, match[4], second, first)
    if second > _TWELVE:
        return _day(match, match[4], first, second)
    if order is DateOrder.DAY_FIRST:
        return _day(match, match[4], second, first)
    if order is DateOrder.MONTH_FIRST:
        return _day(match, match[4], first, second)
    raise ValueError("day or month first? Say it by --dates day-first or month-first")


def _counted(text: str, order: DateOrder | None) -> date:
    if _SERIAL.fullmatch(text):
        if order is DateOrder.EXCEL:
            return _EXCEL_0 + timedelta(days=int(float(text)))
        raise ValueError("a number of days, as Excel counts them? Then say --dates excel")
    if _EPOCH.fullmatch(text):
        seconds = int(text) if len(text) == _SECONDS else int(text) / 1000
        at = datetime.fromtimestamp(seconds, UTC)
        if at.time() == datetime.min.time():
            return at.date()
        raise ValueError("a moment, which is another day elsewhere; write the day as 2027-02-01")
    raise ValueError("no date that is understood for certain; write it as 2027-02-01")


def _day(match: re.Match[str], year: str, month: str | int, day: str | int) -> date:
    """Returns the day; a time of day beside it may only say that the day begins, or where it is."""
    time, zone = match["time"], match["zone"]
    if zone and time.strip("0:."):
        raise ValueError("a moment, which is another day elsewhere; write the day as 2027-02-01")
    return _date(year, month, day)


def _date(year: str, month: str | int, day: str | int) -> date:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise ValueError("there is no such day") from None


def _month(name: str) -> int:
    try:
        return _MONTHS.index(name[:3].lower()) + 1
    except ValueError:
        raise ValueError("no month that is understood; write the date as 2027-02-01") from None
