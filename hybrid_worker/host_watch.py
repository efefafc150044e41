"""The watch on the Entra Connect host: a look at its writeback every now and then.

Each look is an errand in a session and a thread of its own, so that a host that hangs keeps neither
the delta sync nor the sign of life waiting.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from hybrid_worker.delta_sync.connect_host import ConnectFacts
from hybrid_worker.delta_sync.decisions import Scheduler
from hybrid_worker.delta_sync.errands import Errand, Errands
from hybrid_worker.delta_sync.problems import SyncProblem, SyncRefused
from hybrid_worker.delta_sync.writeback import WritebackFacts
from shared.contracts.messages.contract import EARLIEST, LATEST, MOST_NAME, MOST_TEXT
from shared.contracts.messages.host_report import (
    MOST_EVENT_IDS,
    MOST_HOURS,
    EventCount,
    HostReport,
    HourOfWritebacks,
)

_log = structlog.get_logger(__name__)

_MOST_ANSWERS = 5
"""What one look waits for: the session, the scheduler, the version, the writeback, the end."""
_SHOWN = 40
"""Characters of Windows' word for how a service stands."""
_MOST_NUMBER = 65_535
_MOST_COUNT = 10**9


@dataclass(frozen=True, slots=True)
class HostFacts:
    """What one look has found."""

    scheduler: Scheduler
    connect: ConnectFacts
    writeback: WritebackFacts | None
    """None where the endpoint does not tell."""
    detail: str = ""
    """Why it does not."""


class WatchedHost(Protocol):
    """A session on the host; every call raises `SyncRefused` where it does not answer."""

    def scheduler(self) -> Scheduler:
        """Asks how the scheduler stands."""

    def facts(self) -> ConnectFacts:
        """Asks what the host is; knows nothing where that cannot be asked."""

    def writeback(self) -> WritebackFacts:
        """Asks how password writeback is."""

    def close(self) -> None:
        """Ends the session."""


class Watch(Protocol):
    """Whoever looks at the host, or does not."""

    def step(self) -> None:
        """Does what is due; never waits."""

    def newest(self) -> HostReport | None:
        """Returns what the last look came to; None before the first has."""


class HostWatch:
    """Looks at the host at every interval."""

    def __init__(
        self,
        new_session: Callable[[], WatchedHost],
        errands: Errands,
        *,
        every: timedelta,
        answer: timedelta,
        clock: Callable[[], datetime],
    ) -> None:
        """Takes who is asked, by whom, and how often.

        Args:
            new_session: Makes a session on the host, which begins with its first question.
            errands: Who runs what takes time.
            every: Between two looks.
            answer: How long one answer of the host may take.
            clock: Tells the time.
        """
        self._new_session = new_session
        self._errands = errands
        self._every = every
        self._answer = answer
        self._clock = clock
        self._errand: Errand[HostFacts] | None = None
        self._asked_at: datetime | None = None
        self._newest: HostReport | None = None

    def step(self) -> None:
        """Does what `Watch.step` says."""
        now = self._clock()
        try:
            if self._errand is None and self._is_due(now):
                self._asked_at = now
                host = self._new_session()
                self._errand = self._errands.begin(lambda: look_at(host))
            if self._errand:
                self._take_in(self._errand, now)
        except SyncRefused as refused:
            _log.warning("host-not-seen", problem=refused.problem, detail=refused.detail)
            self._errand = None
            self._newest = HostReport(
                looked_at=now, problem=refused.problem, detail=refused.detail[:MOST_TEXT] or None
            )

    def newest(self) -> HostReport | None:
        """Does what `Watch.newest` says."""
        return self._newest

    def _is_due(self, now: datetime) -> bool:
        # A clock that is set back must not end the looks.
        return self._asked_at is None or abs(now - self._asked_at) >= self._every

    def _take_in(self, errand: Errand[HostFacts], now: datetime) -> None:
        if errand.is_done:
            self._errand = None
            self._newest = report_of(errand.result(), now)
        elif self._asked_at and now - self._asked_at > _MOST_ANSWERS * self._answer:
            raise SyncRefused(SyncProblem.HANGS, "a session that does not end was given up")


class NoWatch:
    """Looks at nothing: there is no Entra Connect host, or nobody wants it looked at."""

    def step(self) -> None:
        """Does nothing."""

    def newest(self) -> None:
        """Returns None: nothing is known of any host."""


def look_at(host: WatchedHost) -> HostFacts:
    """Asks the host everything in one session, which is over then.

    Raises:
        SyncRefused: it does not answer.
    """
    try:
        scheduler, connect = host.scheduler(), host.facts()
        try:
            return HostFacts(scheduler, connect, host.writeback())
        except SyncRefused as refused:
            if refused.problem is not SyncProblem.REFUSED:
                raise
            # An endpoint of an earlier version knows no such function.
            return HostFacts(scheduler, connect, None, refused.detail)
    finally:
        host.close()


def report_of(facts: HostFacts, now: datetime) -> HostReport:
    """Returns what is told of the host, within what a message may hold."""
    writeback = facts.writeback or WritebackFacts(events_problem=facts.detail)
    version = ".".join(map(str, facts.connect.version or ()))
    return HostReport(
        looked_at=now,
        version=version[:MOST_NAME] or None,
        staging=facts.scheduler.staging,
        scheduler_enabled=facts.scheduler.enabled,
        scheduler_suspended=facts.scheduler.suspended,
        writeback_enabled=writeback.enabled,
        service=(writeback.service or "")[:_SHOWN] or None,
        events_since=_bounded(writeback.events_since),
        events_problem=(writeback.events_problem or "")[:MOST_TEXT] or None,
        heartbeat_at=_bounded(writeback.heartbeat_at),
        started_at=_bounded(writeback.started_at),
        stopped_at=_bounded(writeback.stopped_at),
        events=tuple(
            EventCount(event_id=number, count=min(count, _MOST_COUNT))
            for number, count in sorted(writeback.events.items())[:MOST_EVENT_IDS]
            if number <= _MOST_NUMBER
        ),
        hours=tuple(
            HourOfWritebacks(
                begins_at=hour.begins_at,
                succeeded=min(hour.succeeded, _MOST_COUNT),
                failed=min(hour.failed, _MOST_COUNT),
            )
            for hour in list(writeback.hours)[-MOST_HOURS:]
            if _bounded(hour.begins_at)
        ),
    )


def _bounded(moment: datetime | None) -> datetime | None:
    """Returns a time that a message may hold; one that no clock could mean was not told."""
    return moment if moment and EARLIEST <= moment <= LATEST else None
