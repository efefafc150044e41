"""What the password reset service writes to the Application log, as far as its numbers go.

Source: "Troubleshoot self-service password reset writeback", Microsoft Learn, read on 29 Nov 2026.
"""

from collections import Counter
from datetime import UTC, datetime, timedelta
from threading import Lock

RESET_STARTED = 31001
RESET_SUCCEEDED = 31002
RESET_FAILED = 31003
SERVICE_STARTED = 31015
SERVICE_STOPPED = 31016
HEARTBEAT = 31019
_BEATS_EVERY = timedelta(minutes=5)
_KEPT = timedelta(hours=24)
"""As far back as anybody here reads it."""
type Entry = tuple[int, datetime]


class EventLog:
    """The events of one host, oldest first."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._entries: list[Entry] = []
        self._beaten_at: datetime | None = None
        self.write(SERVICE_STARTED)

    def write(self, *event_ids: int, at: datetime | None = None) -> None:
        """Write events, now unless it is said when."""
        at = at or datetime.now(UTC)
        with self._lock:
            self._entries += [(event_id, at) for event_id in event_ids]
            self._entries.sort(key=lambda entry: entry[1])

    def beat(self) -> None:
        """Write the heartbeat that is due, if one is; called whenever somebody reads the log."""
        now = datetime.now(UTC)
        if self._beaten_at is None or now - self._beaten_at >= _BEATS_EVERY:
            self._beaten_at = now
            self.write(HEARTBEAT, at=now)

    def read(self) -> tuple[datetime, list[Entry]]:
        """Since when the events go back that are told, and these."""
        since = datetime.now(UTC) - _KEPT
        with self._lock:
            return since, [entry for entry in self._entries if entry[1] >= since]

    def forget(self) -> None:
        """Empty the log, as an administrator can."""
        with self._lock:
            self._entries.clear()
            self._beaten_at = None


def by_hour(entries: list[Entry]) -> Counter[tuple[int, datetime]]:
    """How many events of each number there were in each hour."""
    return Counter(
        (event_id, at.replace(minute=0, second=0, microsecond=0)) for event_id, at in entries
    )
