"""A record that cannot be read while those beside it can."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What stands in the place of the record."""

    text: str = field(repr=False)
    """As it was sent."""
    reason: str
