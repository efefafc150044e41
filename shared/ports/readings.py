"""How far the registration report has been read: it may take longer than a function may run."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.domain.rollout.sspr_shares import SharesSeen

MOST_PLACE = 8_000
"""Characters of a place; the token in it is Graph's, and of no length that is documented."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One reading of the report that has not come to its end."""

    place: str
    """Where it goes on, as the directory said; it means something to the directory alone."""
    begun_at: datetime
    """When its first page was read."""
    counted: SharesSeen | None = None
    """For whom SSPR is on in what was read of it; None where that is not counted."""


class Readings(Protocol):
    """The one reading that is under way."""

    async def current(self) -> Reading | None:
        """Returns the reading that is to be carried on, or None if the next begins anew."""

    async def keep(self, reading: Reading | None) -> None:
        """Remembers where the reading goes on, or that it has come to its end."""
