"""The sign of life: when it is due, and what it says."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from hybrid_worker.active_directory.trouble import explained
from shared.contracts.messages.contract import MOST_TEXT
from shared.contracts.messages.directory_result import SyncReport
from shared.contracts.messages.ending_report import EndingReport
from shared.contracts.messages.host_report import HostReport
from shared.contracts.messages.version import running_version
from shared.contracts.messages.worker_report import MOST_DOMAINS, SyncHindrance, WorkerReport
from shared.domain.errors import DirectoryUnavailable
from shared.domain.person.sync_mode import SyncMode


class Heartbeat:
    """Due at the start, after every interval, and whenever the worker's state is another."""

    def __init__(
        self,
        worker: str,
        every: timedelta,
        set_aside: Callable[[], int] = lambda: 0,
        *,
        sync_mode: SyncMode | None = None,
        scope_group_sid: Callable[[], str | None] = lambda: None,
    ) -> None:
        """Takes what stays the same of every report, and who tells the rest.

        Args:
            worker: its name.
            every: the interval.
            set_aside: tells how much is set aside.
            sync_mode: which sync carries what the worker writes.
            scope_group_sid: tells the SID of the group that it writes, once it is known.
        """
        self._worker = worker
        self._every = every
        self._set_aside = set_aside
        self._sync_mode = sync_mode
        self._scope_group_sid = scope_group_sid
        self._said: WorkerReport | None = None

    def is_due(self, now: datetime) -> bool:
        """Tells whether the interval is over, or nothing has been said yet."""
        if self._said is None:
            return True
        # A clock that is set back must not make the worker fall silent.
        return abs(now - self._said.reported_at) >= self._every

    def report(
        self,
        now: datetime,
        sync: SyncReport,
        hindrance: SyncHindrance | None,
        trouble: DirectoryUnavailable | None,
        *,
        domains: Sequence[str] = (),
        clock_ahead: timedelta | None = None,
        host: HostReport | None = None,
        endings: tuple[EndingReport, ...] = (),
    ) -> WorkerReport | None:
        """Returns what is to be said now, or None if it has been said already.

        Args:
            now: The time.
            sync: How the newest delta sync stands.
            hindrance: What is in the way of the next one; None if nothing is.
            trouble: What AD, or the way to it, last failed with; None while it answers.
            domains: Whose people can be put into the group; empty where it is not known.
            clock_ahead: By how much our clock is ahead of Service Bus; None if little.
            host: The Entra Connect host as it was last looked at; None if it was not.
            endings: When certificates, password and account end, as far as it was looked at.
        """
        report = WorkerReport(
            worker=self._worker,
            reported_at=now,
            directory_answers=trouble is None,
            directory_problem=explained(trouble)[0] if trouble else None,
            directory_detail=str(trouble)[:MOST_TEXT] if trouble else None,
            domains=tuple(domains[:MOST_DOMAINS]) or None,
            sync=sync,
            hindrance=hindrance,
            set_aside=self._set_aside() or None,
            clock_ahead=round(clock_ahead.total_seconds()) if clock_ahead else None,
            sync_mode=self._sync_mode,
            scope_group_sid=self._scope_group_sid(),
            version=running_version(),
            host=host,
            endings=endings or None,
        )
        is_news = self._said is None or _state(report) != _state(self._said)
        return report if is_news or self.is_due(now) else None

    def sent(self, report: WorkerReport) -> None:
        """Notes that the report has been sent; until then it is due at every look."""
        self._said = report


def _state(report: WorkerReport) -> tuple[object, ...]:
    directory = (report.directory_answers, report.directory_problem, report.domains)
    hindrance = report.hindrance.problem if report.hindrance else None
    sync = (report.sync.state, report.sync.problem, hindrance)
    looked_at = report.host.looked_at if report.host else None
    rest = (report.set_aside, report.clock_ahead is not None, report.scope_group_sid, looked_at)
    return *directory, *sync, *rest
