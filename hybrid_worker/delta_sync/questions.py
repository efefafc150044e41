"""The errands to the Connect host: several questions in one session each, with one answer."""

from dataclasses import dataclass
from datetime import timedelta

from hybrid_worker.delta_sync.connect_host import ConnectFacts, ConnectHost
from hybrid_worker.delta_sync.decisions import Run, Scheduler, obstacle
from hybrid_worker.delta_sync.problems import SyncProblem, SyncRefused

MOST_ANSWERS = 5
"""What one errand waits for: the session, the scheduler, the runs, the start, and a reason."""

_NOTHING_TOLD = ConnectFacts()


@dataclass(frozen=True, slots=True)
class Started:
    """A cycle has been started."""

    runs_before: frozenset[str]
    interval: timedelta


@dataclass(frozen=True, slots=True)
class Seen:
    """How things stand."""

    scheduler: Scheduler
    runs: tuple[Run, ...] = ()
    """Those that were not known; none is asked for while a cycle runs."""
    facts: ConnectFacts = _NOTHING_TOLD
    """What the host says of itself, of the same moment."""


def start(host: ConnectHost) -> Started:
    """Starts a cycle; the session is left open for the looks at it, or at the one that runs.

    Raises:
        SyncRefused: none can be started now.
    """
    try:
        return _start(host)
    except SyncRefused as refused:
        if refused.problem is not SyncProblem.BUSY:
            host.close()
        raise


def _start(host: ConnectHost) -> Started:
    scheduler = host.scheduler()
    if problem := obstacle(scheduler):
        raise SyncRefused(problem)
    before = frozenset(run.identifier for run in host.runs())
    host.start()
    return Started(before, scheduler.interval)


def look(host: ConnectHost, known: frozenset[str], *, stays: bool) -> Seen:
    """Looks how things stand, and ends the session unless another look follows soon.

    Raises:
        SyncRefused: the host does not say.
    """
    try:
        scheduler = host.scheduler()
        if scheduler.in_progress:
            return Seen(scheduler)
        return Seen(scheduler, tuple(host.runs(known)), host.facts())
    finally:
        if not stays:
            host.close()
