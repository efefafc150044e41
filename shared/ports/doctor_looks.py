"""Until when somebody has been told what changed of SSPR's own settings."""

from datetime import datetime
from typing import Protocol


class DoctorLooks(Protocol):
    """The doctor's newest look, whoever had it look."""

    async def newest(self) -> datetime | None:
        """Returns when the changes were last told; None before the first time."""

    async def keep(self, at: datetime) -> None:
        """Keeps that they have been told until then."""
