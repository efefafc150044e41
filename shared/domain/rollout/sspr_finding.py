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
    def text(self) -> str:
        """Whom it is on for, in a sentence for people, without its end."""
        return _TEXTS[self]

    @property
    def is_wrong(self) -> bool:
        """Whether somebody has to look: SSPR is not on for the group alone, or may not be."""
        return self not in {SsprFinding.ON_FOR_GROUP, SsprFinding.NOT_KNOWN}


_TEXTS = {
    SsprFinding.ON_FOR_GROUP: "SSPR is on for the scope group",
    SsprFinding.ON_FOR_ALL: "SSPR is on for all",
    SsprFinding.OFF: "SSPR is off",
    SsprFinding.OTHER_GROUP: "SSPR is on for another group",
    SsprFinding.CHANGED: "Somebody changed SSPR, and maybe whom it is on for",
    SsprFinding.NOT_KNOWN: "Whom SSPR is on for is not known",
}
