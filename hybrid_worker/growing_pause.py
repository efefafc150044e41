"""Pauses that grow while something stays away."""

from dataclasses import dataclass
from datetime import datetime, timedelta

_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 60.0


@dataclass(slots=True)
class GrowingPause:
    """When to ask again; each pause is twice as long as the last, up to a minute."""

    until: datetime
    seconds: float = _FIRST_PAUSE

    def begin(self, now: datetime) -> float:
        """Begins a pause twice as long as the last, up to a minute; returns its seconds."""
        seconds, self.seconds = self.seconds, min(2 * self.seconds, _LONGEST_PAUSE)
        self.until = now + timedelta(seconds=seconds)
        return seconds

    def forget(self) -> None:
        """Makes the next pause a short one again: what was away is back."""
        self.seconds = _FIRST_PAUSE
