"""Errands to the Connect host, in a thread of their own: if one hangs, nobody else waits for it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Protocol

import structlog

from hybrid_worker.delta_sync.problems import SyncProblem, SyncRefused

_log = structlog.get_logger(__name__)

_MOST_LOST = 3
"""Threads that may hang somewhere in a library, all given up, before no more are begun."""


@dataclass(slots=True, eq=False)
class Errand[T]:
    """Work that is under way, or has come to an end."""

    _work: Callable[[], T]
    _done: Event = field(default_factory=Event)
    _value: T | None = None
    _error: SyncRefused | None = None

    def run(self) -> None:
        """Does the work; to be called once, by the thread that it is meant for."""
        try:
            self._value = self._work()
        except SyncRefused as refused:
            self._error = refused
        except Exception as error:  # noqa: BLE001
            # Nobody would see what ends a thread.
            _log.error("delta-sync-errand-failed", error=type(error).__name__, exc_info=error)
            self._error = SyncRefused(SyncProblem.UNREACHABLE, f"{type(error).__name__}: {error}")
        finally:
            self._done.set()

    @property
    def is_done(self) -> bool:
        """Whether there is a result."""
        return self._done.is_set()

    def wait(self, seconds: float) -> bool:
        """Waits for the end for so long; tells whether it has come."""
        return self._done.wait(seconds)

    def result(self) -> T:
        """Returns what came of it, once it is done.

        Raises:
            SyncRefused: the host did not do it.
        """
        if self._error:
            raise self._error
        return self._value  # type: ignore[return-value]  # done without an error


class Errands(Protocol):
    """Whoever runs errands."""

    def begin[T](self, work: Callable[[], T]) -> Errand[T]:
        """Begins with some work and returns at once."""


class ErrandThreads:
    """A thread for each errand, as long as not too many hang."""

    def __init__(self) -> None:
        self._threads: list[Thread] = []

    def begin[T](self, work: Callable[[], T]) -> Errand[T]:
        """Does what `Errands.begin` says.

        Raises:
            SyncRefused: too many earlier ones hang.
        """
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        if len(self._threads) > _MOST_LOST:
            raise SyncRefused(SyncProblem.HANGS, f"{len(self._threads)} sessions have not ended")
        errand = Errand(work)
        thread = Thread(target=errand.run, name="delta-sync", daemon=True)
        self._threads.append(thread)
        thread.start()
        return errand
