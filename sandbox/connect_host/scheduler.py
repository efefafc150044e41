"""The built-in scheduler, which starts a delta cycle every half hour."""

import threading
from datetime import UTC, datetime, timedelta

from sandbox.connect_host.engine import CycleRefusedError, SyncEngine

SHORTEST_INTERVAL = timedelta(minutes=30)
"""AllowedSyncCycleInterval as shipped."""


class Scheduler:
    """Starts a cycle whenever the interval is over; leaves one out while the engine refuses."""

    def __init__(self, engine: SyncEngine, interval: timedelta) -> None:
        self.interval = interval
        self.next_start = datetime.now(UTC) + interval
        self._engine = engine
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def start(self) -> None:
        """Begin to count."""
        self._thread.start()

    def stop(self) -> None:
        """Start no cycle any more."""
        self._stopping.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._stopping.wait((self.next_start - datetime.now(UTC)).total_seconds()):
            self.next_start += self.interval
            if self._engine.conditions.scheduler_off:
                continue
            try:
                self._engine.start("schedule")
            except CycleRefusedError:
                continue
