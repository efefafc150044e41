"""The words for what a record means: who joins, on whose day, under which number, how many at once.

None of it is guessed of a sender: what its file does not say has one default, which its description
tells.
"""

import re
from datetime import date, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, WithJsonSchema

from shared.contracts.documents.part import Part, unless_left_out
from shared.contracts.documents.scalars import TimeZone, span
from shared.domain.person.brake import Brake
from shared.domain.person.brake import Rate as PeopleRate

LONGEST_EMPLOYEE_ID = 16
"""Characters. Source: "user: employeeId", Microsoft Graph."""
USUAL_DAYS = 30
"""How long ago whoever joins may have begun, where no word of the sender's says that they join."""
_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_SHORT = r"[1-9][0-9]{0,3}[mhdw]"
_ISO = r"P(?=.)([0-9]{1,3}W)?([0-9]{1,3}D)?(T(?=.)([0-9]{1,4}H)?([0-9]{1,4}M)?([0-9]{1,4}S)?)?"
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_RATE = re.compile(rf"([1-9][0-9]{{0,4}}) in ({_SHORT}|{_ISO})")
UNLIMITED = "unlimited"
_MOST_PEOPLE = 10_000
_LONGEST = timedelta(days=366)
_SHORTEST_SILENCE = timedelta(hours=1)
"""Of what is kept no oftener than every quarter of an hour, and looked at every half."""
_PREFIX = r"^[A-Za-z0-9._/ -]{1,15}$"


def length(text: str) -> timedelta:
    """The length that is written as 60d, or in ISO 8601 as P60D."""
    if re.fullmatch(_SHORT, text):
        return timedelta(**{_UNITS[text[-1]]: int(text[:-1])})
    return span(text)


def rate(text: str) -> PeopleRate:
    """The rate that a `Rate` says."""
    found = _RATE.fullmatch(text)
    return PeopleRate(int(found[1]), length(found[2])) if found else PeopleRate(None)


def brake_of(most: str, most_leaving: str | None) -> Brake:
    """The brake that is told by how many may join, and how many leave where that is another."""
    return Brake(rate(most), rate(most_leaving or most))


def _length(value: Any) -> str:
    if isinstance(value, str) and re.fullmatch(f"{_SHORT}|{_ISO}", value):
        if timedelta(0) < length(value) <= _LONGEST:
            return value
        raise ValueError("write a length of at most a year")
    raise ValueError("write a length such as 60d or 12h")


def _silence(value: Any) -> str:
    text = _length(value)
    if length(text) < _SHORTEST_SILENCE:
        raise ValueError("write at least an hour")
    return text


def _since(value: Any) -> str:
    if isinstance(value, str) and re.fullmatch(_DAY, value):
        try:
            date.fromisoformat(value)
        except ValueError:
            raise ValueError("no calendar has this day") from None
        return value
    try:
        return _length(value)
    except ValueError:
        raise ValueError("write a day such as 2026-09-01, or a length such as 30d") from None


def _rate(value: Any) -> str:
    if value == UNLIMITED:
        return UNLIMITED
    found = _RATE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f"write how many people in which time, such as 50 in 1h, or {UNLIMITED}")
    if int(found[1]) > _MOST_PEOPLE or not timedelta(0) < length(found[2]) <= _LONGEST:
        raise ValueError(f"write at most {_MOST_PEOPLE:,} people, in at most a year")
    return found[0]


def _prefix(value: str) -> str:
    if re.fullmatch(_PREFIX, value):
        return value
    raise ValueError("write what stands before the number, such as E-")


def _schema(pattern: str, *examples: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "examples": list(examples)})


type Length = Annotated[str, PlainValidator(_length), _schema(f"^({_SHORT}|{_ISO})$", "60d")]
type Silence = Annotated[str, PlainValidator(_silence), _schema(f"^({_SHORT}|{_ISO})$", "8d")]
type Since = Annotated[
    str,
    PlainValidator(_since),
    _schema(f"^({_DAY}|{_SHORT}|{_ISO})$", "2026-09-01", "30d"),
]
type Rate = Annotated[
    str,
    PlainValidator(_rate),
    _schema(f"^({_RATE.pattern}|{UNLIMITED})$", "50 in 1h", UNLIMITED),
]
type Prefix = Annotated[str, AfterValidator(_prefix), _schema(_PREFIX, "E-")]


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


type Prefixes = Annotated[
    list[Prefix],
    BeforeValidator(_listed),
    Field(min_length=1, max_length=10),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": _PREFIX},
                {
                    "type": "array",
                    "items": {"type": "string", "pattern": _PREFIX},
                    "minItems": 1,
                    "maxItems": 10,
                },
            ],
            "examples": ["E-", ["E-", "C-"]],
        }
    ),
]


class Joins(Part):
    """What the first day of somebody who joins has to be; everybody else is but listed."""

    hired_since: Since | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="The first day is this day or later; of a length, at most so long before the "
        "day on which the record comes.",
    )
    starts_within: Length | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="The first day is at most so far from the day on which the record comes, "
        "before or after it. A record that is not sent again should not be too early for it.",
    )


class EmployeeIds(Part):
    """How the sender's numbers become the employeeId that Entra has, in this order."""

    strip: Prefixes | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="What is taken off where a number begins with it, whatever its case.",
    )
    pad: int | None = Field(
        None,
        ge=2,
        le=LONGEST_EMPLOYEE_ID,
        json_schema_extra=unless_left_out,
        description="Digits that a number has in Entra; shorter ones are filled with zeros.",
    )
    add: Prefix | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="What is put before a number that does not begin with it.",
    )


type TimeZones = dict[str, TimeZone]
"""The sender's words for countries, sites or zones, each with the zone that it means."""
