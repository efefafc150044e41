"""What one golden row is, and the moments and ids that all of them share."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.adapters.tables.tables import Tables

NOW = datetime(2026, 11, 29, 8, 0, 0, 123456, tzinfo=UTC)
LATER = NOW + timedelta(days=3)
DAY = LATER.date()
ADA, BOB, CAROL = (f"{number}ada0000-0000-4000-8000-000000000000" for number in range(3))
PROVISIONAL = "employee:4711"

type Work = Callable[[Tables], Awaitable[None]]


@dataclass(frozen=True)
class Golden:
    """What is written through the ports, and what they read of it."""

    write: Work
    expect: Work
    written_today: bool = True
    """False where this version writes a field more than there is in these rows."""
