"""Values as a setting's text says them: durations, days, pairs."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from shared.contracts.messages.contract import EARLIEST, LATEST
from shared.domain.durations import read_duration


def _duration(value: Any) -> Any:
    """Reads `15m` beside ISO 8601, which pydantic reads by itself."""
    return read_duration(value) if isinstance(value, str) and value[:1].isdigit() else value


Duration = Annotated[timedelta, BeforeValidator(_duration), Field(gt=timedelta(0))]


_LONGEST_NAME = 100


def days(text: str) -> dict[str, datetime]:
    """Reads names with the days on which they end, at whose beginning in UTC they do.

    Raises:
        ValueError: one has no name or no day, or a name is said twice.
    """
    found: dict[str, datetime] = {}
    for part in (one.strip() for one in text.split(",") if one.strip()):
        name, _, day = (one.strip() for one in part.rpartition("="))
        if not 1 <= len(name) <= _LONGEST_NAME or not name.isprintable():
            raise ValueError(f"{part!r}: write NAME=DAY, as in workday secret=2027-03-01")
        if name in found:
            raise ValueError(f"{name!r} is said twice")
        try:
            ends = datetime.combine(date.fromisoformat(day), time(), UTC)
        except ValueError:
            raise ValueError(f"{day!r}, of {name!r}, is no day such as 2027-03-01") from None
        if not EARLIEST <= ends <= LATEST:
            raise ValueError(f"{day!r}, of {name!r}, is not within {EARLIEST:%Y} to {LATEST:%Y}")
        found[name] = ends
    return found


def pairs(text: str) -> dict[str, str]:
    """Reads a text like `ClientId=…;Authorization=AAD` into its values, by names in lower case."""
    parts = [part.partition("=") for part in text.split(";") if part]
    return {name.strip().lower(): value.strip() for name, _, value in parts}
