"""Whether anything may be written, as it is stored."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.domain.rollout.hour import Hour
from shared.domain.rollout.writing import Said, Writing


@dataclass(frozen=True, slots=True)
class StoredWriting:
    """The word as it was read; whoever replaces it proves that nobody else has since."""

    writing: Writing
    etag: str


@dataclass(frozen=True, slots=True)
class StoredHour:
    """The hour's numbers as they were read."""

    hour: Hour
    etag: str


class WriteControl(Protocol):
    """The newest word on everything that writes."""

    async def current(self) -> StoredWriting | None:
        """Returns the newest word, or None where nobody ever stopped anything."""

    async def replace(
        self,
        stored: StoredWriting | None,
        writing: Writing,
        *,
        action: str,
        now: datetime,
        said: Said | None = None,
    ) -> StoredWriting:
        """Puts the word in the place of the one that was read, with an audit record.

        Args:
            stored: The word as it was read; None for the first.
            writing: What holds from now on.
            action: What is done, for the audit.
            now: The time, in UTC.
            said: Who has it so and why, where what holds is another's word.

        Raises:
            LedgerConflict: somebody else has changed it since it was read.
        """

    async def hour(self) -> StoredHour | None:
        """Returns how many people were written in the newest hour, or None before the first."""

    async def count(self, stored: StoredHour | None, hour: Hour) -> None:
        """Puts the numbers in the place of those that were read, without an audit record.

        Raises:
            LedgerConflict: somebody else has counted since they were read.
        """
