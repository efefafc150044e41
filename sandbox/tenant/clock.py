"""The tenant's time: the sandbox's, in seconds since the epoch as tokens and Graph have it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sandbox.clock import Clock as SandboxClock


class Clock:
    """Seconds since the epoch, by a file that the other parts of the sandbox read as well."""

    def __init__(self, file: Path) -> None:
        self._clock = SandboxClock(file)

    @property
    def offset_seconds(self) -> float:
        """How far the time is ahead of the machine's."""
        return self._clock.offset().total_seconds()

    def now(self) -> float:
        """Seconds since the epoch, as this tenant sees them."""
        return self._clock.now().timestamp()

    def move_to(self, offset_seconds: float) -> None:
        """Have everybody who reads the file see another offset."""
        self._clock.move_to(timedelta(seconds=offset_seconds))


def timestamp(at: float) -> str:
    """`at` as Graph writes a DateTimeOffset, in UTC to the microsecond."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
