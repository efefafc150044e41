"""The port `DeadLetters`: each queue's dead-letter sub-queue, by the blocking client in threads."""

import asyncio
from collections.abc import Callable, Collection, Iterator, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Protocol

from shared.adapters.service_bus.dead_letter_search import ANSWER_SECONDS, peeked, searching
from shared.adapters.service_bus.failure import service_bus
from shared.adapters.service_bus.letters import copy_of, letter_of
from shared.adapters.service_bus.outbox import ServiceBusAddress
from shared.domain.errors import ServiceUnavailable
from shared.ports.dead_letters import DeadLetter

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.servicebus import (
        ServiceBusClient,
        ServiceBusReceivedMessage,
        ServiceBusReceiver,
    )

_WHOLE_SECONDS = 25.0
"""After which nobody waits any longer: the command line waits for half a minute."""
_MOST_THREADS = 8


class _Closable(Protocol):
    def close(self) -> None: ...


type Deal = Callable[["ServiceBusReceivedMessage"], None]


class ServiceBusDeadLetters:
    """Opens a connection for each call: operators ask seldom, and one kept open grows deaf."""

    def __init__(
        self,
        address: ServiceBusAddress,
        credential: "Callable[[], TokenCredential] | None" = None,
    ) -> None:
        """Takes note of the address; `credential` is called when a namespace is first used."""
        self._address = address
        self._credential = credential
        # Its own threads: the senders' are not to wait for a look that hangs.
        self._threads = ThreadPoolExecutor(_MOST_THREADS, thread_name_prefix="dead-letters")

    async def peek(self, queue: str, *, after: int, limit: int) -> Sequence[DeadLetter]:
        """Returns up to `limit` that follow that sequence number, oldest first; takes none."""
        return await self._run(partial(self._peek, queue, after, limit))

    async def resubmit(self, queue: str, numbers: Collection[int]) -> AbstractSet[int]:
        """Sends these to their queue again; returns the numbers of those that were sent."""
        return await self._run(partial(self._resubmit, queue, frozenset(numbers)))

    async def discard(self, queue: str, numbers: Collection[int]) -> AbstractSet[int]:
        """Takes these off for good; returns the numbers of those that were there."""
        return await self._run(partial(self._discard, queue, frozenset(numbers)))

    async def _run[T](self, work: Callable[[], T]) -> T:
        def guarded() -> T:
            with service_bus("Service Bus"):
                return work()

        running = asyncio.get_running_loop().run_in_executor(self._threads, guarded)
        try:
            async with asyncio.timeout(_WHOLE_SECONDS):
                return await running
        except TimeoutError:
            text = f"Service Bus did not answer within {_WHOLE_SECONDS:g} s"
            raise ServiceUnavailable(text) from None

    def _peek(self, queue: str, after: int, limit: int) -> list[DeadLetter]:
        with self._client() as client, _receiver(client, queue) as receiver:
            return [letter_of(one, queue) for one in peeked(receiver, after=after, limit=limit)]

    def _resubmit(self, queue: str, numbers: frozenset[int]) -> AbstractSet[int]:
        with self._client() as client, _closing(client.get_queue_sender(queue)) as sender:
            return _take(
                client,
                queue,
                numbers,
                lambda found: sender.send_messages(copy_of(found, queue), timeout=ANSWER_SECONDS),
            )

    def _discard(self, queue: str, numbers: frozenset[int]) -> AbstractSet[int]:
        with self._client() as client:
            return _take(client, queue, numbers, lambda _: None)

    @contextmanager
    def _client(self) -> "Iterator[ServiceBusClient]":
        credential = self._credential() if self._credential and self._address.namespace else None
        with _closing(self._address.client(credential, seconds=ANSWER_SECONDS)) as client:
            yield client


def _take(
    client: "ServiceBusClient", queue: str, numbers: frozenset[int], deal: Deal
) -> AbstractSet[int]:
    """Deals with each that is found and then takes it off; returns the numbers of those."""
    done: set[int] = set()
    with _receiver(client, queue) as receiver, searching(receiver, numbers) as search:
        for message in search:
            if _dealt_with(message, deal):
                receiver.complete_message(message)
                done.add(message.sequence_number or 0)
            else:
                search.pass_by(message)
    return done


def _dealt_with(message: "ServiceBusReceivedMessage", deal: Deal) -> bool:
    """Tells whether it could be dealt with; one that cannot be sent stays, and stops no other."""
    from azure.servicebus.exceptions import MessageSizeExceededError

    try:
        deal(message)
    except (MessageSizeExceededError, ValueError, TypeError):
        return False
    return True


@contextmanager
def _receiver(client: "ServiceBusClient", queue: str) -> "Iterator[ServiceBusReceiver]":
    from azure.servicebus import ServiceBusSubQueue

    receiver = client.get_queue_receiver(queue, sub_queue=ServiceBusSubQueue.DEAD_LETTER)
    with _closing(receiver):
        yield receiver


@contextmanager
def _closing[C: _Closable](opened: C) -> Iterator[C]:
    """Closes it in the end, whatever closing comes to.

    It is not entered as a context: that alone would wait for the link without a limit of ours.
    """
    try:
        yield opened
    finally:
        with suppress(Exception):
            opened.close()
