"""Stops: which commands are void, found out before anything behind them is carried out."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

import structlog

from hybrid_worker.collaborators import CommandQueues
from hybrid_worker.journal import Journal
from hybrid_worker.queues import Delivery, body_of, taken_at
from shared.contracts.messages.directory_stop import SCHEMA, DirectoryStop

_log = structlog.get_logger(__name__)


class Stops:
    """The stops on the queue, and the newest in the journal."""

    def __init__(
        self,
        queues: CommandQueues,
        journal: Journal,
        clock: Callable[[], datetime],
        turned: Callable[[], None],
    ) -> None:
        self._queues = queues
        self._journal = journal
        self._clock = clock
        self._turned = turned
        self._looked_to = 0

    def look_ahead(self) -> None:
        """Finds a stop that is still behind other messages.

        Each message is looked at once; a stop that was found is taken off in its turn.
        """
        while ahead := self._queues.peek(self._looked_to):
            self._turned()
            for peeked in ahead:
                self._looked_to = max(self._looked_to, peeked.sequence_number or 0)
                stop = None
                # What is wrong with a message is told when it is taken.
                with suppress(Exception):
                    stop = stop_in(body_of(peeked))
                if stop:
                    self.note(stop, peeked)

    def note(self, stop: DirectoryStop, delivery: Delivery) -> None:
        """Notes until when commands were issued that are void."""
        stopped_at = stop.by_the_queue(taken_at(delivery, self._clock())).stopped_at
        known = self._journal.stopped_at()
        if known is None or known < stopped_at:
            self._journal.note_stop(stopped_at)
            _log.warning("stopped", stopped_at=stopped_at.isoformat())


def stop_in(body: bytes) -> DirectoryStop | None:
    """Returns the stop that a message is by its own word, or None if it says to be something else.

    Raises:
        InvalidMessage: it says to be a stop and is none.
    """
    if f'"{SCHEMA}"'.encode() not in body:
        return None
    return DirectoryStop.read(body)
