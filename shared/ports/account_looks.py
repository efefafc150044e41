"""How far conversions have been looked for."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLook:
    """The newest look for people whose source of authority has changed."""

    at: datetime
    place: str = ""
    """Where the next one goes on; empty where it begins anew."""
    log_read_until: datetime | None = None
    """How far the audit log was read."""
    is_due: bool = False
    """Whether the next look is not to wait: this one did not come to its end."""


class AccountLooks(Protocol):
    """The one look that is kept."""

    async def newest(self) -> AccountLook | None:
        """Returns the newest look; None before the first."""

    async def keep(self, look: AccountLook) -> None:
        """Keeps the newest look."""
