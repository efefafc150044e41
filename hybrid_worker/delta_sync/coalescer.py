"""Delta sync cycles for the changes that are owed one: one for many, and never two at once."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

import structlog

from hybrid_worker.delta_sync.connect_host import ConnectHost
from hybrid_worker.delta_sync.decisions import (
    Carrier,
    SyncVerdict,
    counted,
    missed,
    obstacle,
    verdict,
)
from hybrid_worker.delta_sync.errands import Errand, Errands
from hybrid_worker.delta_sync.patience import Debts, Timing, Tries
from hybrid_worker.delta_sync.problems import ORDINARY, SyncProblem, SyncRefused
from hybrid_worker.delta_sync.questions import MOST_ANSWERS, Seen, Started, look, start
from shared.contracts.messages.directory_result import SyncReport, SyncState
from shared.contracts.messages.worker_report import SyncHindrance

_log = structlog.get_logger(__name__)

_MOST_DEBOUNCES = 5
"""A stream of changes puts a cycle off by this many debounces, and no further."""
_GLANCE = timedelta(milliseconds=100)
"""Between two glances at whether the host has answered."""
_PARTING = 2.0
"""Seconds to wait at the end for the session to be over."""
_SHOWN = 500
"""Characters of what the host said that go into an answer."""


class SyncJournal(Protocol):
    """What is owed a cycle, remembered across restarts."""

    def owed(self) -> Mapping[str, datetime]:
        """Tells since when each command waits for a delta sync."""

    def report(self, keys: Collection[str], sync: SyncReport, *, settles: bool = False) -> None:
        """Saves how the sync of these commands stands; success ends the debt, or what `settles`."""


@dataclass(frozen=True, slots=True)
class _Cycle:
    """A cycle that is awaited, and what it covers: one started here, or the scheduler's next."""

    covers: Debts
    runs_before: frozenset[str]
    since: datetime
    is_ours: bool
    empty_looks: int = 0


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the host is being asked, and what a cycle would cover that begins after it."""

    errand: Errand[Started | Seen]
    owed: Debts
    at: datetime


class Coalescer:
    """A state machine moved on by `step`, which never waits: errands to the host have their thread.

    A command written while a cycle runs is covered by the next one, for this one may have
    imported before the write. A cycle that did not carry the change is followed by looks at what
    the scheduler's own cycles come to; when one is started from here again, `Tries` says.
    """

    def __init__(
        self,
        new_session: Callable[[], ConnectHost],
        errands: Errands,
        journal: SyncJournal,
        *,
        timing: Timing,
        carrier: Carrier,
        writes_to: Callable[[], str | None],
        clock: Callable[[], datetime],
    ) -> None:
        """Takes who is asked, by whom, what is owed, and how patient to be.

        Args:
            new_session: Makes a session on the host, which begins with its first question.
            errands: Who runs what takes time.
            journal: What is owed a cycle.
            timing: How patient to be.
            carrier: What is known of the connector that reads the group.
            writes_to: Tells the domain controller that the worker writes to.
            clock: Tells the time.
        """
        self._new_session = new_session
        self._errands = errands
        self._journal = journal
        self._timing = timing
        self._carrier = carrier
        self._writes_to = writes_to
        self._clock = clock
        self._host: ConnectHost | None = None
        self._asked: _Asked | None = None
        self._cycle: _Cycle | None = None
        self._tries = Tries()
        now = clock()
        self._not_before = self._look_after = now
        self._patient_from = self._hindered_since = self._asked_at = now
        self._problem: SyncRefused | None = None
        self._newest = SyncReport(state=SyncState.NOT_NEEDED)
        self.imports_from: str | None = None
        """The domain controller that the host was last seen to import from, where it tells."""

    @property
    def is_running(self) -> bool:
        """Whether a cycle that was started here has not been seen to end."""
        return self._cycle is not None and self._cycle.is_ours

    def due(self) -> datetime | None:
        """Returns when `step` has something to do next, or None while nothing is owed."""
        now = self._clock()
        if self._asked:
            return now + _GLANCE
        if self.is_running:
            return self._not_before
        owed = self._journal.owed()
        if not owed:
            return None
        debounce, times = self._timing.debounce, owed.values()
        settled = min(max(times) + debounce, min(times) + _MOST_DEBOUNCES * debounce)
        earliest = max(settled, self._not_before)
        return earliest if self._tries.may_start(owed, now) else max(earliest, self._look_after)

    def step(self) -> None:
        """Does what is due: sends an errand to the host, takes in its answer, gives up waiting."""
        try:
            if self._asked is None and self._is_due():
                self._ask()
            if self._asked:
                self._take_in(self._asked)
        except SyncRefused as refused:
            self._wait(refused)
        self._lose_patience()

    def standing(self) -> SyncReport:
        """Returns how the sync stands of those who wait."""
        problem = self._in_the_way()
        return SyncReport(
            state=SyncState.PENDING,
            problem=problem.problem if problem else None,
            detail=problem.detail[:_SHOWN] or None if problem else None,
        )

    def newest(self) -> SyncReport:
        """Returns how the newest delta sync ended, or was given up.

        The state is "not needed" if there was none yet.
        """
        return self._newest

    def hindrance(self) -> SyncHindrance | None:
        """Returns what is in the way of those who wait, and since when; None if nothing is."""
        problem = self._in_the_way()
        if problem is None or problem.problem in ORDINARY or not self._journal.owed():
            return None
        since = self._hindered_since if self._problem else self._asked_at
        detail = problem.detail[:_SHOWN] or None
        return SyncHindrance(problem=problem.problem, detail=detail, since=since)

    def close(self) -> None:
        """Ends the session on the host, where the host is quick about it."""
        if self._host and self._asked is None:
            self._errands.begin(self._host.close).wait(_PARTING)

    def _is_due(self) -> bool:
        due = self.due()
        return due is not None and due <= self._clock()

    def _ask(self) -> None:
        self._asked_at, owed = self._clock(), dict(self._journal.owed())
        self._host = host = self._host or self._new_session()
        work: Callable[[], Started | Seen]
        if not self.is_running and self._tries.may_start(owed, self._asked_at):
            work = partial(start, host)
        else:
            known = self._cycle.runs_before if self._cycle else frozenset[str]()
            work = partial(look, host, known, stays=self.is_running)
        self._asked = _Asked(self._errands.begin(work), owed, self._asked_at)

    def _take_in(self, asked: _Asked) -> None:
        if not asked.errand.is_done:
            if self._clock() > asked.at + MOST_ANSWERS * self._timing.answer:
                # Whatever its thread hangs in, nothing is waited for that long; nor is its session
                # touched again.
                self._asked = self._host = None
                raise SyncRefused(SyncProblem.HANGS, "a session that does not end was given up")
            return
        self._asked = None
        answer = asked.errand.result()
        if isinstance(answer, Started):
            self._note_start(asked, answer)
        else:
            self._judge(asked, answer)

    def _note_start(self, asked: _Asked, started: Started) -> None:
        self._cycle = _Cycle(asked.owed, started.runs_before, asked.at, is_ours=True)
        self._tries = self._tries.noting_start(asked.owed, asked.at, started.interval)
        self._patient_from = asked.at
        self._problem = None
        self._not_before = self._clock() + self._timing.poll
        _log.info("delta-sync-started", commands=len(asked.owed))

    def _judge(self, asked: _Asked, seen: Seen) -> None:
        cycle = self._cycle
        self.imports_from = seen.facts.controller(self._carrier.domain) or self.imports_from
        if cycle is None or not cycle.is_ours:
            self._judge_the_schedulers(asked, seen)
            return
        self._problem = None
        self._not_before = self._clock() + self._timing.until_the_next_look(asked.at - cycle.since)
        if ended := verdict(seen.scheduler, seen.runs, cycle.empty_looks, self._carrier):
            self._end(cycle, ended, asked, seen)
        elif not seen.scheduler.in_progress:
            self._cycle = replace(cycle, empty_looks=cycle.empty_looks + 1)

    def _judge_the_schedulers(self, asked: _Asked, seen: Seen) -> None:
        """Judges what the scheduler has run by itself since the last look, if it has."""
        cycle, interval = self._cycle, seen.scheduler.interval
        self._look_after = self._clock() + min(self._tries.pause, interval)
        self._tries = replace(self._tries.after_pause(interval), interval=interval)
        if seen.scheduler.in_progress:
            return
        if problem := obstacle(seen.scheduler):
            raise SyncRefused(problem)
        if cycle is None:
            self._await_the_scheduler(asked, frozenset(run.identifier for run in seen.runs))
        elif not seen.runs:
            # Whatever comes now covers what has been written meanwhile, too.
            self._await_the_scheduler(asked, cycle.runs_before)
        elif ended := verdict(seen.scheduler, seen.runs, 0, self._carrier):
            self._end(cycle, ended, asked, seen)

    def _end(self, cycle: _Cycle, ended: SyncVerdict, asked: _Asked, seen: Seen) -> None:
        ended = counted(ended, seen.facts.version)
        self._report(cycle, ended, seen)
        self._cycle = None
        if cycle.is_ours and self._host:
            self._errands.begin(self._host.close)
            self._host = None
        if ended.problem is None:
            self._tries = self._tries.noting_success()
            self._problem = None
            return
        self._tries = self._tries.noting_failure()
        known = cycle.runs_before | {run.identifier for run in seen.runs}
        self._await_the_scheduler(asked, known)
        raise SyncRefused(ended.problem, ended.detail)

    def _await_the_scheduler(self, asked: _Asked, known: frozenset[str]) -> None:
        self._cycle = _Cycle(asked.owed, known, asked.at, is_ours=False)

    def _report(self, cycle: _Cycle, ended: SyncVerdict, seen: Seen) -> None:
        # A command that was written to again meanwhile waits for the next cycle.
        owed = self._journal.owed()
        keys = [key for key, since in cycle.covers.items() if owed.get(key) == since]
        self._newest = SyncReport(
            state=SyncState.FAILED if ended.problem else SyncState.SUCCEEDED,
            problem=ended.problem,
            detail=ended.detail or None,
            started_at=cycle.since if cycle.is_ours else None,
            ended_at=self._clock(),
        )
        elsewhere = missed(seen.facts.controller(self._carrier.domain), self._writes_to())
        if elsewhere and not ended.problem:
            # It is for Entra to show it: another cycle from here would know no more.
            pending = SyncReport(
                state=SyncState.PENDING, problem=SyncProblem.OTHER_CONTROLLER, detail=elsewhere
            )
            self._journal.report(keys, pending, settles=True)
            _log.warning("delta-sync-elsewhere", detail=elsewhere, commands=len(keys))
            return
        self._journal.report(keys, self._newest)
        state, problem = self._newest.state, ended.problem
        _log.info("delta-sync-ended", state=state, problem=problem, commands=len(keys))

    def _in_the_way(self) -> SyncRefused | None:
        """Returns the newest problem; a host that takes its time has one before it is given up."""
        if self._problem is None and self._asked:
            waited = self._clock() - self._asked.at
            if waited > self._timing.answer / 2:
                text = f"no answer for {waited.total_seconds():.0f} s"
                return SyncRefused(SyncProblem.HANGS, text)
        return self._problem

    def _wait(self, refused: SyncRefused) -> None:
        now = self._clock()
        if self._problem is None or self._problem.problem is not refused.problem:
            _log.warning("delta-sync-waits", problem=refused.problem, detail=refused.detail)
            self._hindered_since = self._asked_at
        self._problem = refused
        if refused.problem is SyncProblem.BUSY:
            pause = self._timing.until_the_next_look(now - self._hindered_since)
        else:
            pause = min(self._tries.pause, self._timing.longest_pause)
            self._tries = self._tries.after_pause(self._timing.longest_pause)
        self._not_before = now + pause

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
    imports_from = None

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

    def hindrance(self) -> None:
        """Returns None: who does not ask is hindered by nobody."""

    def close(self) -> None:
        """Does nothing: there is no session."""
