"""What one way of working did with so many people."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Way(StrEnum):
    """Who did it."""

    ROLLOUT = "sspr-rollout"
    SCRIPT = "one at a time"


@dataclass(frozen=True, slots=True)
class Measured:
    """One measurement; `seconds` and `spent` by the names that the table shows."""

    case: str
    way: Way
    people: int
    seconds: Mapping[str, float]
    """From the start until all have come so far: accepted, decided, applied, visible."""
    spent: Mapping[str, float]

    def per_second(self, milestone: str) -> float | None:
        """People a second until all had come so far; None where that was not looked for."""
        seconds = self.seconds.get(milestone)
        return self.people / seconds if seconds else None

    def per_person(self, name: str) -> float:
        """How much of something one person took."""
        return self.spent.get(name, 0) / self.people
