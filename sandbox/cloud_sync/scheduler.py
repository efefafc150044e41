"""The job's schedule: a cycle every two minutes by the sandbox's clock."""

import threading
from contextlib import suppress
from datetime import datetime, timedelta

from sandbox.cloud_sync.cycles import CycleRunsError, Cycles

_POLL_SECONDS = 0.1


class Scheduler:
    """Starts a cycle whenever the interval is over; a day that passes in one step brings one."""

    def __init__(self, cycles: Cycles) -> None:
        self._cycles = cycles
        self._started = cycles.clock.now()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    @property
    def next_start(self) -> datetime:
        """When the next cycle is due."""
        return self._started + timedelta(seconds=self._cycles.conditions.interval_seconds)

    def start(self) -> None:
        """Begin to count."""
        self._thread.start()

    def stop(self) -> None:
        """Start no cycle any more."""
        self._stopping.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._stopping.wait(_POLL_SECONDS):
            if self._cycles.clock.now() < self.next_start:
                continue
            self._started = self._cycles.clock.now()
            with suppress(CycleRunsError):
                self._cycles.run("schedule")
