"""The search among a queue's dead letters: they are looked at by number, and taken from the front.

Service Bus hands out only deferred messages by their sequence number. So what is wanted is looked
for from the front: what is passed by is kept locked meanwhile, and given back at the end.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from time import monotonic
from typing import TYPE_CHECKING

from shared.ports.dead_letters import LARGEST_PAGE, MOST_PASSED

if TYPE_CHECKING:
    from azure.servicebus import ServiceBusReceivedMessage, ServiceBusReceiver

ANSWER_SECONDS = 10.0
"""For one answer of the broker."""
_SEARCH_SECONDS = 12.0
"""After which a search takes nothing more; a lock of a minute has not ended by then."""
_PAUSE_SECONDS = 3.0
"""How long the broker may be silent before there is taken to be nothing more."""


def peeked(
    receiver: "ServiceBusReceiver", *, after: int, limit: int
) -> "Iterator[ServiceBusReceivedMessage]":
    """Yields up to `limit` that follow that sequence number, oldest first; takes none."""
    left = limit
    # The broker may answer with fewer than asked for; only nothing means the end.
    while left > 0:
        some = receiver.peek_messages(
            max_message_count=left, sequence_number=after + 1, timeout=ANSWER_SECONDS
        )
        if not some:
            return
        yield from some
        left -= len(some)
        after = max(one.sequence_number or 0 for one in some)


class Search:
    """Receives until those wanted are found, or too much was passed by; iterated over once."""

    def __init__(self, receiver: "ServiceBusReceiver", numbers: Collection[int]) -> None:
        """Takes note of whom to look for; nothing is received yet."""
        self._receiver = receiver
        self._left = set(numbers)
        self._passed: list[ServiceBusReceivedMessage] = []

    def __iter__(self) -> "Iterator[ServiceBusReceivedMessage]":
        ends = monotonic() + _SEARCH_SECONDS
        while self._left and len(self._passed) < MOST_PASSED and monotonic() < ends:
            some = self._receiver.receive_messages(LARGEST_PAGE, max_wait_time=_PAUSE_SECONDS)
            if not some:
                return
            wanted = [one for one in some if one.sequence_number in self._left]
            # First of all: whatever happens to those wanted, these are given back.
            self._passed += [one for one in some if one.sequence_number not in self._left]
            for one in wanted:
                self._left.discard(one.sequence_number or 0)
                yield one

    def pass_by(self, message: "ServiceBusReceivedMessage") -> None:
        """Leaves one where it is that was found."""
        self._passed.append(message)

    def end(self) -> None:
        """Gives back whatever was passed by."""
        for message in self._passed:
            # One that cannot be given back comes free by itself once its lock ends.
            with suppress(Exception):
                self._receiver.abandon_message(message)


@contextmanager
def searching(receiver: "ServiceBusReceiver", numbers: Collection[int]) -> Iterator[Search]:
    """Looks for those numbers; what was passed by is free again at the end, however it ends."""
    search = Search(receiver, numbers)
    try:
        yield search
    finally:
        search.end()
