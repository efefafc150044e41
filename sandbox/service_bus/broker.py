"""The broker: queues, who receives from them, and turns.

Whatever the network or the clock brings in one round of the event loop is one turn: queues change,
messages are handed to receivers, all of it goes to disk in one transaction, and only then is
anything written to any connection.
"""

import asyncio
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable
from typing import Protocol

from sandbox.service_bus.faults import (
    FORCED,
    REFUSALS,
    ActiveFault,
    Faults,
    Incident,
    Place,
    Refusal,
    Scope,
)
from sandbox.service_bus.holds import Holds, Operation
from sandbox.service_bus.queue import Message, Queue
from sandbox.service_bus.store import Store


class Receiver(Protocol):
    """A link that takes messages from a queue."""

    @property
    def ready(self) -> bool:
        """Whether it has credit and its session's window is open."""

    @property
    def pre_settled(self) -> bool:
        """Whether messages are gone once delivered: RECEIVE_AND_DELETE."""

    def deliver(self, message: Message) -> None:
        """Sends a message to the client."""

    def after_dispatch(self) -> None:
        """Nothing more comes for now; answers a drain."""


class Flushable(Protocol):
    """Something that holds back its output until the turn is on disk."""

    def flush(self) -> None:
        """Writes the output."""


class Peer(Protocol):
    """A connection, as far as faults go."""

    @property
    def places(self) -> Collection[Place]:
        """Where its links are attached."""

    def detach(self, meant: Callable[[Place], bool], refusal: Refusal) -> None:
        """Detaches links by force."""

    def deafen(self, meant: Callable[[Place], bool]) -> None:
        """Gives receivers no more messages."""

    def reset(self) -> None:
        """Ends it without a word."""


class HostedQueue:
    """A queue, its holds and its receivers."""

    def __init__(self, queue: Queue) -> None:
        self.queue = queue
        self.holds = Holds()
        self._receivers: tuple[deque[Receiver], deque[Receiver]] = (deque(), deque())

    def attach(self, receiver: Receiver, *, dead_letters: bool) -> None:
        """Adds a receiver of the queue or of its dead letters."""
        self._receivers[dead_letters].append(receiver)

    def detach(self, receiver: Receiver, *, dead_letters: bool) -> None:
        """Removes a receiver."""
        self._receivers[dead_letters].remove(receiver)

    def dispatch(self, now: int) -> None:
        """Hands messages to receivers, in turn, as long as there are both."""
        for dead_letters in (False, True):
            if not self.holds.holds(Operation.DELIVER):
                self._dispatch(now, dead_letters=dead_letters)
            for receiver in self._receivers[dead_letters]:
                receiver.after_dispatch()

    def _dispatch(self, now: int, *, dead_letters: bool) -> None:
        receivers = self._receivers[dead_letters]
        while (receiver := _next_ready(receivers)) is not None:
            hand_out = self.queue.take if receiver.pre_settled else self.queue.acquire
            message = hand_out(now, dead_letters=dead_letters)
            if message is None:
                return
            receiver.deliver(message)

    def waiting(self) -> dict[str, int]:
        """What is held, and how many operations wait; for deliveries, how many receivers do."""
        counts = {str(operation): count for operation, count in self.holds.waiting().items()}
        if Operation.DELIVER in counts:
            counts[Operation.DELIVER] += sum(
                receiver.ready for side in self._receivers for receiver in side
            )
        return counts


def _next_ready(receivers: deque[Receiver]) -> Receiver | None:
    for _ in range(len(receivers)):
        receiver = receivers[0]
        receivers.rotate(-1)
        if receiver.ready:
            return receiver
    return None


class Broker:
    """All queues, and the turns in which they change.

    Attributes:
        failure: The disk's error, after which nothing is acknowledged and `stop` was called.
        faults: What is wrong on purpose.
        peers: The connections that are open.
    """

    def __init__(self, queues: Iterable[Queue], store: Store, stop: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self.failure: sqlite3.Error | None = None
        self.faults = Faults()
        self.peers: set[Peer] = set()
        self._stop = stop
        self._store = store
        self.queues: dict[str, HostedQueue] = {}
        for queue in queues:
            store.load(queue, self.now())
            self.queues[queue.name.lower()] = HostedQueue(queue)
        self._unflushed: dict[Flushable, None] = {}
        self._turn_due = False
        self._timer: asyncio.TimerHandle | None = None
        self.request_turn()

    def now(self) -> int:
        """Unix milliseconds, by a clock that may be wrong on purpose."""
        return time.time_ns() // 1_000_000 + self.faults.clock_offset()

    def begin(self, fault: ActiveFault) -> None:
        """Switches a fault on."""
        self.faults.begin(fault)
        if fault.fault in REFUSALS:
            for peer in list(self.peers):
                peer.detach(fault.ends, REFUSALS[fault.fault])
        self.request_turn()

    def clear_faults(self) -> None:
        """Switches all faults off."""
        self.faults.clear()
        self.request_turn()

    def befall(self, incident: Incident, scope: Scope) -> None:
        """Lets something happen once."""
        meant = [peer for peer in self.peers if scope.covers_connection(peer.places)]
        match incident:
            case Incident.DETACH:
                for peer in meant:
                    peer.detach(scope.covers, FORCED)
            case Incident.DEAFEN:
                for peer in meant:
                    peer.deafen(scope.covers)
            case Incident.RESET:
                for peer in meant:
                    peer.reset()
            case Incident.LOCKS_LAPSE:
                for name, hosted in self.queues.items():
                    if scope.queue in {None, name}:
                        hosted.queue.lapse_locks()
        self.request_turn()

    def request_turn(self, output: Flushable | None = None) -> None:
        """Asks for a turn, after which `output` is flushed."""
        if output is not None:
            self._unflushed[output] = None
        if not self._turn_due:
            self._turn_due = True
            self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        self._turn_due = False
        now = self.now()
        for hosted in self.queues.values():
            hosted.queue.advance(now)
            hosted.dispatch(now)
        try:
            self._store.commit(hosted.queue for hosted in self.queues.values())
        except sqlite3.Error as error:
            self.failure = error
            self._turn_due = True  # no more turns
            self._stop()
            return
        unflushed, self._unflushed = self._unflushed, {}
        for output in unflushed:
            output.flush()
        self._set_timer(now)

    def _set_timer(self, now: int) -> None:
        if self._timer is not None:
            self._timer.cancel()
        deadlines = [hosted.queue.next_deadline() for hosted in self.queues.values()]
        next_deadline = min((when for when in deadlines if when is not None), default=None)
        if next_deadline is not None:
            delay = max(next_deadline - now, 1) / 1000
            self._timer = self._loop.call_later(delay, self.request_turn)

    def close(self) -> None:
        """Takes no more turns; what was acknowledged is on disk."""
        if self._timer is not None:
            self._timer.cancel()
        self._turn_due = True
        self._store.close()
