"""The tenant's time: the machine's, plus an offset that a test may move."""

import time
from datetime import UTC, datetime


class Clock:
    """Seconds since the epoch, and the timestamps made of them."""

    def __init__(self) -> None:
        self.offset_seconds = 0.0

    def now(self) -> float:
        """Seconds since the epoch, as this tenant sees them."""
        return time.time() + self.offset_seconds


def timestamp(at: float) -> str:
    """`at` as Graph writes a DateTimeOffset, in UTC to the microsecond."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
