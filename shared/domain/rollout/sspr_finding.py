"""The finding: whom SSPR is on for, as far as that can be known from outside."""

from enum import StrEnum


class SsprFinding(StrEnum):
    """Whom SSPR is on for, as far as that is known. These words are stored."""

    ON_FOR_GROUP = "on-for-group"
    """For the scope group, as it has to be."""
    ON_FOR_ALL = "on-for-all"
    OFF = "off"
    OTHER_GROUP = "other-group"
    CHANGED = "changed"
    """Somebody changed it, and the log does not say to what in words that are known here."""
    NOT_KNOWN = "not-known"

    @property
    def is_wrong(self) -> bool:
        """Whether somebody has to look: SSPR is not on for the group alone, or may not be."""
        return self not in {SsprFinding.ON_FOR_GROUP, SsprFinding.NOT_KNOWN}
