"""A message's application properties as JSON, as Newtonsoft.Json spells .NET's values."""

from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.functions_host.amqp_types import Binary, Timestamp, descriptor_of

_TICKS = 10_000_000
"""A second has so many of .NET's."""


def spell_properties(given: Mapping[str | bytes, Any]) -> dict[str, Any]:
    """Spell the names and the values."""
    return {spell(name): spell(value) for name, value in given.items()}


def spell(value: Any) -> Any:
    """Spell a value: bytes are base64, a string stays one though the SDK gives it as bytes."""
    match value:
        case Binary():
            return b64encode(value).decode()
        case bytes():
            return value.decode(errors="replace")
        case Timestamp():
            return spell_date(datetime.fromtimestamp(value / 1000, UTC)).replace("+00:00", "Z")
        case int() if descriptor_of(value) == b"com.microsoft:timespan":
            return _span(value)
        case None | bool() | int() | float() | str():
            return value
    return str(value)


def spell_date(moment: datetime) -> str:
    """Spell a date without trailing zeros in the fraction."""
    text = moment.replace(tzinfo=None).isoformat()
    return (text.rstrip("0") if "." in text else text) + ("+00:00" if moment.tzinfo else "")


def _span(ticks: int) -> str:
    """Spell a time span: ``[-][d.]hh:mm:ss[.fffffff]``."""
    seconds, fraction = divmod(abs(ticks), _TICKS)
    days, seconds = divmod(seconds, 86_400)
    sign, whole = "-" if ticks < 0 else "", f"{days}." if days else ""
    text = str(timedelta(seconds=seconds)).zfill(len("hh:mm:ss"))
    return f"{sign}{whole}{text}" + (f".{fraction:07}" if fraction else "")
