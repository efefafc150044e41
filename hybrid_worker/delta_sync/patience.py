"""How often a Connect host is asked, and how often a cycle is started there: pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Self

from hybrid_worker.delta_sync.decisions import INTERVAL

type Debts = Mapping[str, datetime]
"""Since when each command waits for a delta sync."""

MOST_FAILURES = 3
"""Cycles that failed in a row after which none is started from here."""
_FIRST_PAUSE = timedelta(seconds=5)
_SHARE = 10
"""A look may cost a tenth of the time waited for, so that a long cycle is not asked after all the
time: reading ADSync disturbs it."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How patient to be."""

    debounce: timedelta
    poll: timedelta
    longest_pause: timedelta
    patience: timedelta
    answer: timedelta = timedelta(minutes=1)
    """How long one answer of the host may take."""

    def until_the_next_look(self, waited: timedelta) -> timedelta:
        """Returns the pause between two looks at a cycle that has been awaited for so long."""
        return min(max(waited / _SHARE, self.poll), max(self.longest_pause, self.poll))


@dataclass(frozen=True, slots=True)
class Tries:
    """What has been tried: it says when a cycle may be started again, and how long to pause."""

    failures: int = 0
    """Cycles in a row that did not carry the change, whoever started them."""
    started: Debts = field(default_factory=dict)
    """When a cycle was last started for each debt."""
    interval: timedelta = INTERVAL
    pause: timedelta = _FIRST_PAUSE

    def may_start(self, owed: Debts, now: datetime) -> bool:
        """Tells whether a cycle may be started for what is owed.

        After some failures the scheduler's own cycles have to do; and they come often enough for a
        debt for which one has just been started ("AllowedSyncCycleInterval": no more often).
        """
        return self.failures < MOST_FAILURES and any(
            self._is_due(key, since, now) for key, since in owed.items()
        )

    def _is_due(self, key: str, since: datetime, now: datetime) -> bool:
        started = self.started.get(key)
        # Written again since: another debt.
        return started is None or started < since or now >= started + self.interval

    def noting_start(self, owed: Debts, at: datetime, interval: timedelta) -> Self:
        """Returns the same after a start for these."""
        return replace(self, started=dict.fromkeys(owed, at), interval=interval)

    def noting_failure(self) -> Self:
        """Returns the same after a cycle that failed."""
        return replace(self, failures=self.failures + 1)

    def noting_success(self) -> Self:
        """Returns the same after a cycle that went well."""
        return replace(self, failures=0, pause=_FIRST_PAUSE)

    def after_pause(self, longest: timedelta) -> Self:
        """Returns the same with a pause twice as long, unless that is too long."""
        return replace(self, pause=max(self.pause, min(self.pause * 2, longest)))
