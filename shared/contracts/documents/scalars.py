"""The kinds of text in a rollout document: ids, names, durations, dates, times and days.

Each stays the text that it is, and is refused in a sentence that says what to write instead. Its
JSON Schema has the same pattern, so that an editor underlines what would be refused. The functions
below the types tell what the text means.
"""

import re
from collections.abc import Iterable
from datetime import date, time, timedelta
from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, PlainValidator, WithJsonSchema

from shared.domain.durations import DURATION, duration_text, read_duration
from shared.domain.time_zones import known_zones

_GUID = r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"
_USER_PRINCIPAL_NAME = r"[A-Za-z0-9._-]{1,64}@[A-Za-z0-9.-]{1,48}"  # as far as a shell is safe
_NAME = r"^[A-Za-z0-9._%-]([A-Za-z0-9._% -]{0,58}[A-Za-z0-9._%-])?$"
_METHOD = r"[A-Za-z0-9_.-]{1,60}"
_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_CLOCK = r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"
_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAYS = rf"^({'|'.join(_WEEK)})(-({'|'.join(_WEEK)}))?$"
# Beyond these a date is a slip of the pen.
_EARLIEST, _LATEST = date(1970, 1, 1), date(2199, 12, 31)


def nearest(word: str, known: list[str]) -> str:
    """A question that suggests the known word that is meant; empty where none is near."""
    by_folded = {one.casefold(): one for one in known}
    close = get_close_matches(word.casefold(), list(by_folded), n=1)
    return f"; did you mean `{by_folded[close[0]]}`?" if close else ""


def _object_id(value: Any) -> str:
    if isinstance(value, str) and re.fullmatch(_GUID, value):
        return value.lower()
    if isinstance(value, str) and "@" in value:
        who = value if re.fullmatch(_USER_PRINCIPAL_NAME, value) else "UPN"
        ask = f"az ad user show --id {who} --query id --output tsv"
        raise ValueError(f"names change hands, so write the object id; `{ask}` prints it")
    ask = "`az ad group show --group NAME --query id` or `az ad user show --id UPN --query id`"
    raise ValueError(f"write an object id, 8-4-4-4-12 hexadecimal digits; {ask} prints it")


def _name(text: str) -> str:
    if re.fullmatch(_NAME, text):
        return text
    raise ValueError(
        "write at most 60 of the letters a to z, digits, - _ . % and spaces, none at either end"
    )


def _method_name(text: str) -> str:
    if re.fullmatch(_METHOD, text):
        return text
    raise ValueError("write a method as the registration report names it, such as mobilePhone")


def _span(value: Any) -> str:
    if isinstance(value, str) and re.fullmatch(DURATION, value):
        return value
    units = "weeks, days, hours, minutes or seconds"
    raise ValueError(f"write a duration in {units}, such as 2w, 2d or 30m")


def _day(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(_DATE, value):
        raise ValueError("write a day as year, month and day, such as 2026-11-01")
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise ValueError("no calendar has this day") from None
    if not _EARLIEST <= day <= _LATEST:
        raise ValueError(f"write a day from {_EARLIEST} to {_LATEST}")
    return value


def _clock(value: Any) -> str:
    if isinstance(value, str) and re.fullmatch(_CLOCK, value):
        return value
    raise ValueError("write hours and minutes of 24 hours, such as 09:00")


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _days(text: str) -> str:
    if re.fullmatch(_DAYS, text):
        return text
    raise ValueError(f"write {', '.join(_WEEK)} or a range of them such as mon-fri")


def _time_zone(text: str) -> str:
    if text in known_zones():
        return text
    hint = nearest(text, sorted(known_zones()))
    raise ValueError(f"write an IANA time zone such as Europe/Berlin{hint}")


def _share(value: float) -> float:
    if 0 <= value <= 1:
        return value
    raise ValueError("write a share from 0 to 1, such as 0.95 for 95 per cent")


def between(shortest: str, longest: str, because: str = "") -> AfterValidator:
    """Refuses durations outside these two."""

    def check(text: str) -> str:
        if span(shortest) <= span(text) <= span(longest):
            return text
        least, most = duration_text(span(shortest)), duration_text(span(longest))
        raise ValueError(f"write a duration from {least} to {most}{because}")

    return AfterValidator(check)


def _pattern(pattern: str, *examples: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "examples": list(examples)})


type ObjectId = Annotated[
    str, PlainValidator(_object_id), _pattern(_GUID, "2f7c1c6e-6a5e-4a07-9f0c-2c8d6a1b7e11")
]
type Name = Annotated[str, AfterValidator(_name), _pattern(_NAME, "pilot")]
type MethodName = Annotated[str, AfterValidator(_method_name)]
type Span = Annotated[str, PlainValidator(_span), _pattern(DURATION, "2d", "30m")]
type Day = Annotated[str, PlainValidator(_day), _pattern(_DATE, "2026-12-18")]
type Clock = Annotated[str, PlainValidator(_clock), _pattern(_CLOCK, "09:00")]
type Days = Annotated[
    list[Annotated[str, AfterValidator(_days)]],
    BeforeValidator(_listed),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "array", "items": {"type": "string", "pattern": _DAYS}, "minItems": 1},
                {"type": "string", "pattern": _DAYS},
            ],
            "examples": ["mon-thu", ["mon", "wed", "fri"]],
        }
    ),
]
type TimeZone = Annotated[
    str,
    AfterValidator(_time_zone),
    WithJsonSchema({"type": "string", "examples": ["Europe/Berlin", "UTC"]}),
]
type Share = Annotated[
    float, AfterValidator(_share), WithJsonSchema({"type": "number", "minimum": 0, "maximum": 1})
]


def span(text: str) -> timedelta:
    """The length of a `Span`."""
    return read_duration(text)


def clock(text: str) -> time | None:
    """The time of day of a `Clock`; None is midnight at its end."""
    return None if text == "24:00" else time.fromisoformat(text)


def weekdays(days: Iterable[str]) -> frozenset[int]:
    """The days of the week of `Days`, 0 being Monday; a range may go beyond Sunday."""
    return frozenset(day for one in days for day in _within(one))


def _within(text: str) -> list[int]:
    first, _, last = text.partition("-")
    begin, end = _WEEK.index(first), _WEEK.index(last or first)
    return [day % 7 for day in range(begin, end + 1 if begin <= end else end + 8)]
