"""Lengths of time as people write and read them (`1d12h`), and as ISO 8601 has them (`P1DT12H`)."""

import re
from datetime import timedelta

DURATION = (
    r"^(P(?!$)([0-9]{1,3}W)?([0-9]{1,3}D)?(T(?!$)([0-9]{1,4}H)?([0-9]{1,4}M)?([0-9]{1,4}S)?)?"
    r"|(?!$)([0-9]{1,3}w)?([0-9]{1,3}d)?([0-9]{1,4}h)?([0-9]{1,4}m)?([0-9]{1,4}s)?)$"
)
"""Either spelling, for `re.fullmatch` and for JSON Schema."""
_UNITS = {
    "w": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
}


def duration_text(duration: timedelta) -> str:
    """Writes a length of time in days, hours, minutes and seconds, such as `1d12h`."""
    days, clock = _parts(duration)
    return f"{days}{clock}".lower() or "0s"


def iso_duration(duration: timedelta) -> str:
    """Writes it by ISO 8601, such as `P1DT12H`, as the operator API does."""
    days, clock = _parts(duration)
    return f"P{days}{'T' if clock else ''}{clock}" if days or clock else "PT0S"


def read_duration(text: str) -> timedelta:
    """Reads either spelling.

    Raises:
        ValueError: it is neither.
    """
    if not re.fullmatch(DURATION, text):
        raise ValueError("write a duration such as 2w, 2d or 30m")
    parts = re.findall(r"([0-9]+)([wdhms])", text.lower())
    return sum((int(number) * _UNITS[unit] for number, unit in parts), timedelta())


def _parts(duration: timedelta) -> tuple[str, str]:
    minutes, seconds = divmod(duration.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    clock = {"H": hours, "M": minutes, "S": seconds}
    days = f"{duration.days}D" if duration.days else ""
    return days, "".join(f"{number}{unit}" for unit, number in clock.items() if number)
