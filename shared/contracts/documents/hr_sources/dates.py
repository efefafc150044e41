"""How a sender writes dates and times: declared in the file, never guessed.

01/02/2027 is a day in January for one sender and in February for another, and 1801440000 may be
seconds or an employee id; only the sender's documentation tells.
"""

import re
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema

from shared.contracts.documents.part import Part, unless_left_out
from shared.contracts.documents.scalars import TimeZone, nearest

ISO, SECONDS, MILLISECONDS, EXCEL = "iso", "epoch-seconds", "epoch-milliseconds", "excel-days"
_NAMED = (ISO, SECONDS, MILLISECONDS, EXCEL)
_TOKENS = {
    "YYYY": r"(?P<year>[0-9]{4})",
    "MMM": r"(?P<name>[A-Za-z]{3})",
    "MM": r"(?P<month>[0-9]{2})",
    "M": r"(?P<month>[0-9]{1,2})",
    "DD": r"(?P<day>[0-9]{2})",
    "D": r"(?P<day>[0-9]{1,2})",
    "HH": r"(?P<hour>[0-9]{2})",
    "H": r"(?P<hour>[0-9]{1,2})",
    "mm": r"(?P<minute>[0-9]{2})",
    "ss": r"(?P<second>[0-9]{2})",
    "A": r"(?P<half>[AaPp]\.?[Mm]\.?)",
}
_TOKEN = re.compile("|".join(_TOKENS))
_LITERAL = frozenset("-/., :T")
_LONGEST = 40


def _checked(text: str) -> str:
    if text in _NAMED:
        return text
    tokens, rest = _TOKEN.findall(text), set(_TOKEN.sub("", text))
    if len(text) > _LONGEST or not tokens or not rest <= _LITERAL:
        hint = nearest(text, list(_NAMED))
        raise ValueError(
            f"write {', '.join(_NAMED)}, or a pattern of YYYY, MM, M, MMM, DD, D, HH, H, mm, ss "
            f"and A (AM or PM) with - / . , : T or spaces between, such as DD.MM.YYYY{hint}"
        )
    kinds = [_kind(one) for one in tokens]
    if len(set(kinds)) < len(kinds):
        raise ValueError("the same part stands there twice")
    if not {"year", "month", "day"} <= set(kinds):
        raise ValueError("a date has a year (YYYY), a month (MM, M or MMM) and a day (DD or D)")
    return text


def _kind(token: str) -> str:
    if token == "MMM":  # noqa: S105  # a part of a pattern
        return "month"
    return _TOKENS[token].removeprefix("(?P<").partition(">")[0]


@lru_cache(maxsize=200)
def expression_of(pattern: str) -> re.Pattern[str]:
    """Returns the regular expression of a pattern, with a group for each part."""
    parts = re.split(f"({_TOKEN.pattern})", pattern)
    return re.compile("".join(_TOKENS.get(one) or re.escape(one) for one in parts))


type DateFormat = Annotated[
    str,
    AfterValidator(_checked),
    WithJsonSchema(
        {
            "type": "string",
            "maxLength": _LONGEST,
            "examples": [*_NAMED, "DD/MM/YYYY", "MM/DD/YYYY", "DD.MM.YYYY", "DD-MMM-YYYY"],
        }
    ),
]


class Written(Part):
    """How dates or times are written."""

    format: DateFormat = Field(
        ISO,
        description="iso: 2026-12-24, with or without a time behind it, or /Date(milliseconds)/. "
        "epoch-seconds, epoch-milliseconds: since 1970, as number or text. excel-days: the number "
        "that Excel has for a day. Or a pattern: DD/MM/YYYY, M/D/YYYY, DD.MM.YYYY, DD-MMM-YYYY "
        "(24-Dec-2026, English), YYYYMMDD, with a time MM/DD/YYYY HH:mm:ss A.",
    )
    zone: TimeZone | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="The time zone in which it is written where it does not say one itself; of "
        "epochs the one in which their day is meant.",
    )
