"""Delta sync cycles for the changes that are owed one: one for many, and never two at once."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from hybrid_worker.delta_sync.connect_host import ConnectHost
from hybrid_worker.delta_sync.decisions import SyncProblem, SyncRefused, obstacle, verdict
from shared.contracts.messages.directory_result import SyncReport, SyncState

_log = structlog.get_logger(__name__)

_MOST_DEBOUNCES = 5
"""A stream of changes puts a cycle off by this many debounces, and no further."""
_FIRST_PAUSE = timedelta(seconds=5)


class SyncJournal(Protocol):
    """What is owed a cycle, remembered across restarts."""

    def owed(self) -> Mapping[str, datetime]:
        """Tells since when each command waits for a delta sync."""

    def report(self, keys: Collection[str], sync: SyncReport) -> None:
        """Saves how the sync of these commands stands; success ends the debt."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How patient to be."""

    debounce: timedelta
    poll: timedelta
    longest_pause: timedelta
    patience: timedelta


@dataclass(frozen=True, slots=True)
class _Cycle:
    """A cycle that was started here, and what it covers."""

    covers: Mapping[str, datetime]
    runs_before: frozenset[str]
    started_at: datetime
    empty_looks: int = 0


class Coalescer:
    """A state machine moved on by `step`, which never waits: it asks the host, or does nothing.

    A command written while a cycle runs is covered by the next one, for this one may have
    imported before the write.
    """

    def __init__(
        self,
        host: ConnectHost,
        journal: SyncJournal,
        timing: Timing,
        clock: Callable[[], datetime],
    ) -> None:
        self._host = host
        self._journal = journal
        self._timing = timing
        self._clock = clock
        self._cycle: _Cycle | None = None
        self._not_before = self._patient_from = clock()
        self._pause = _FIRST_PAUSE
        self._problem: SyncRefused | None = None
        self._newest = SyncReport(state=SyncState.NOT_NEEDED)

    @property
    def is_running(self) -> bool:
        """Whether a cycle that was started here has not been seen to end."""
        return self._cycle is not None

    def due(self) -> datetime | None:
        """Returns when `step` has something to do next, or None while nothing is owed."""
        if self._cycle:
            return self._not_before
        owed = self._journal.owed().values()
        if not owed:
            return None
        debounce = self._timing.debounce
        settled = min(max(owed) + debounce, min(owed) + _MOST_DEBOUNCES * debounce)
        return max(settled, self._not_before)

    def step(self) -> None:
        """Does what is due: starts a cycle, looks at one, or gives up waiting for one."""
        due = self.due()
        if due is not None and due <= self._clock():
            try:
                if self._cycle:
                    self._follow(self._cycle)
                else:
                    self._begin()
            except SyncRefused as refused:
                self._wait(refused)
        self._lose_patience()

    def standing(self) -> SyncReport:
        """Returns how the sync stands of those who wait."""
        problem = self._problem
        return SyncReport(
            state=SyncState.PENDING,
            problem=problem.problem if problem else None,
            detail=problem.detail[:500] or None if problem else None,
        )

    def newest(self) -> SyncReport:
        """Returns how the newest delta sync ended, or was given up.

        The state is "not needed" if there was none yet.
        """
        return self._newest

    def _begin(self) -> None:
        if problem := obstacle(self._host.scheduler()):
            raise SyncRefused(problem)
        before = frozenset(run.identifier for run in self._host.runs())
        covers = dict(self._journal.owed())
        started_at = self._clock()
        self._host.start()
        self._cycle = _Cycle(covers, before, started_at)
        self._patient_from = started_at
        self._problem = None
        self._not_before = self._clock() + self._timing.poll
        _log.info("delta-sync-started", commands=len(covers))

    def _follow(self, cycle: _Cycle) -> None:
        self._not_before = self._clock() + self._timing.poll
        scheduler = self._host.scheduler()
        if scheduler.in_progress:
            return
        new = [run for run in self._host.runs() if run.identifier not in cycle.runs_before]
        ended = verdict(scheduler, new, cycle.empty_looks)
        if ended is None:
            self._cycle = replace(cycle, empty_looks=cycle.empty_looks + 1)
            return
        self._cycle = None
        if ended.problem:
            self._report(cycle, SyncState.FAILED, ended.problem, ended.detail)
            raise SyncRefused(ended.problem, ended.detail)
        self._pause = _FIRST_PAUSE
        self._problem = None
        self._report(cycle, SyncState.SUCCEEDED, None, ended.detail)

    def _report(
        self, cycle: _Cycle, state: SyncState, problem: SyncProblem | None, detail: str
    ) -> None:
        # A command that was written to again meanwhile waits for the next cycle.
        owed = self._journal.owed()
        keys = [key for key, since in cycle.covers.items() if owed.get(key) == since]
        self._newest = SyncReport(
            state=state,
            problem=problem,
            detail=detail or None,
            started_at=cycle.started_at,
            ended_at=self._clock(),
        )
        self._journal.report(keys, self._newest)
        _log.info("delta-sync-ended", state=state, problem=problem, commands=len(keys))

    def _wait(self, refused: SyncRefused) -> None:
        if self._problem is None or self._problem.problem is not refused.problem:
            _log.warning("delta-sync-waits", problem=refused.problem, detail=refused.detail)
        self._problem = refused
        if refused.problem is SyncProblem.BUSY:
            self._not_before = self._clock() + self._timing.poll
            return
        self._not_before = self._clock() + min(self._pause, self._timing.longest_pause)
        self._pause = min(self._pause * 2, self._timing.longest_pause)

    def _lose_patience(self) -> None:
        # A worker that was down, or a cycle that has just begun, gets its time from then on.
        overdue = self._clock() - self._timing.patience
        keys = [key for key, since in self._journal.owed().items() if since <= overdue]
        if not keys or self._patient_from > overdue:
            return
        standing = self.standing()
        problem = standing.problem or SyncProblem.STILL_RUNNING
        failed = {"state": SyncState.FAILED, "problem": problem}
        self._newest = standing.model_copy(update=failed)
        self._journal.report(keys, self._newest)


class LeftAlone:
    """No cycles from here: somebody else carries the changes, and the worker does not hear how."""

    is_running = False

    def __init__(self, problem: SyncProblem = SyncProblem.LEFT_TO_SCHEDULER) -> None:
        """Takes who it is left to: Entra Connect's own scheduler, or Entra Cloud Sync."""
        self._problem = problem

    def due(self) -> None:
        """Returns None: nothing is ever due."""

    def step(self) -> None:
        """Does nothing: there is nothing to do."""

    def standing(self) -> SyncReport:
        """Returns "pending", and who it is left to: the worker will not hear of the end."""
        return SyncReport(state=SyncState.PENDING, problem=self._problem)

    def newest(self) -> SyncReport:
        """Returns "not needed", and who it is left to: there is none of the worker's own."""
        return SyncReport(state=SyncState.NOT_NEEDED, problem=self._problem)
