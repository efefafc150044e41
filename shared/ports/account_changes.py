"""Whose source of authority may have changed, as Entra tells it to whoever asks again and again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedAccounts:
    """A part of the users of whom something changed since a place."""

    object_ids: frozenset[str]
    place: str
    """Where the next look goes on; it means something to Entra alone."""
    is_whole: bool = True
    """Whether it begins where the look before ended; a place may have been forgotten since."""
    is_last: bool = True
    """Whether there is no more to be read for now."""


class AccountChanges(Protocol):
    """Hints of conversions: whom they name is to be looked at, and whom they do not may be one.

    Every method may raise `DirectoryUnavailable`.
    """

    async def changed(self, place: str | None) -> ChangedAccounts:
        """Returns whose account has changed since that place, or where to begin if there is none.

        Cheap, whatever the size of the tenant: only what has changed is read.
        """

    async def converted(self, since: datetime) -> frozenset[str]:
        """Returns who was converted since then, either way, by the audit log; it comes late."""
