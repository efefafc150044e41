"""What is known of whom SSPR is switched on for, as it was last seen."""

from typing import Protocol

from shared.domain.rollout.sspr_shares import SharesSeen
from shared.domain.rollout.sspr_sight import SsprSight


class SsprWatch(Protocol):
    """The newest sight of the choice, and the newest whole reading of the registration report.

    Each is kept by a timer of its own: neither writes what the other has read.
    """

    async def sight(self) -> SsprSight:
        """Returns what is known; one that knows nothing where nobody has looked yet."""

    async def keep_sight(self, sight: SsprSight) -> None:
        """Keeps what is known since the last look."""

    async def shares(self) -> SharesSeen | None:
        """Returns what the newest whole reading of the report showed; None before the first."""

    async def keep_shares(self, shares: SharesSeen) -> None:
        """Keeps what a reading showed that has come to the report's end."""
