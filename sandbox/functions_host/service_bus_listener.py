"""Service Bus queue triggers, on the unmodified ``azure-servicebus``."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress

from azure.core.exceptions import AzureError
from azure.servicebus import ServiceBusReceivedMessage

from sandbox.functions_host import service_bus_trigger as trigger
from sandbox.functions_host.message_lock import MessageLock
from sandbox.functions_host.protocol import TypedData
from sandbox.functions_host.runtime import Function, Runtime
from sandbox.functions_host.service_bus_connection import ServiceBusConnection
from sandbox.functions_host.settings import AppSettings, HostOptions, SettingsError

_log = logging.getLogger(__name__)

_WAIT_SECONDS = 1.0
_BUSY_WAIT_SECONDS = 0.02
_PAUSE_AFTER_ERROR_SECONDS = 2.0


class ServiceBusListener:
    """Invokes one function with the messages of one queue.

    Success completes the messages, an exception abandons every one of them. Batches come one at a
    time and nobody renews their locks; single messages come up to ``maxConcurrentCalls`` at once
    and keep their locks while their function runs, up to ``maxAutoLockRenewalDuration``. In Azure
    the locks are kept by another process; here by the loop that asynchronous functions run on, so
    that one which computes without a pause for longer than a lock lasts loses its message.
    """

    def __init__(
        self, runtime: Runtime, function: Function, settings: AppSettings, options: HostOptions
    ) -> None:
        """Prepare to listen.

        Raises:
            SettingsError: For a topic, sessions, a missing connection or an unresolved queue name.
        """
        if "queueName" not in function.trigger or function.trigger.get("isSessionsEnabled"):
            raise SettingsError(
                f"function {function.name}: topics and sessions are not part of this host"
            )
        self._runtime = runtime
        self.function = function
        self._options = options
        self._queue = settings.resolve(function.trigger["queueName"])
        self._batches = (function.trigger.get("cardinality") or "one").lower() == "many"
        self._binary = (function.trigger.get("dataType") or "").lower() == "binary"
        self._connection = ServiceBusConnection(settings, function.trigger["connection"])
        self._receiver = self._connection.client.get_queue_receiver(self._queue)
        self._running: dict[asyncio.Task[bool], MessageLock] = {}

    async def start(self) -> None:
        """Attach to the queue.

        Raises:
            ConnectionError: When the namespace or the queue cannot be reached.
        """
        try:
            await self._receiver.__aenter__()
        except AzureError as error:
            name = self.function.name
            raise ConnectionError(f"function {name}: queue {self._queue!r}: {error}") from error

    async def run(self, stop: asyncio.Event) -> None:
        """Receive and invoke; after the stop, let running functions settle their messages."""
        step = self._next_batch if self._batches else self._next_singles
        while not stop.is_set():
            try:
                await step()
            except AzureError as error:
                _log.warning("receiving queue=%s failed: %s", self._queue, error)
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), _PAUSE_AFTER_ERROR_SECONDS)
        while self._running:
            await self._tend(_WAIT_SECONDS)
        await self._receiver.close()
        await self._connection.close()

    async def invoke_by_hand(self, text: str) -> None:
        """Invoke the function with a message that is on no queue; a batch function gets a batch."""
        data, metadata = self._bind([text.encode()], [trigger.fields_by_hand()])
        await self._runtime.invoke(self.function, data, metadata)

    async def _next_batch(self) -> None:
        messages = await self._receive(self._options.max_message_batch_size, _WAIT_SECONDS)
        if messages:
            await self._settle(messages, succeeded=await self._process(messages))

    async def _next_singles(self) -> None:
        """Fill the free places and tend to what runs.

        Both are done here, in turn: the SDK's connection has one lock for reading and writing, and
        a receiver that waits for messages holds it for 0.2 s at a time.
        """
        free = self._options.max_concurrent_calls - len(self._running)
        if free:
            wait = _BUSY_WAIT_SECONDS if self._running else _WAIT_SECONDS
            for message in await self._receive(free, wait):
                lock = MessageLock(message, self._options.max_auto_lock_renewal_seconds)
                self._running[asyncio.create_task(self._process([message]))] = lock
        if self._running:
            full = len(self._running) == self._options.max_concurrent_calls
            await self._tend(_WAIT_SECONDS if full else _BUSY_WAIT_SECONDS)

    async def _tend(self, seconds: float) -> None:
        """Settle what finishes within that time, and keep the locks of the rest."""
        finished, _ = await asyncio.wait(
            self._running, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
        )
        settled = [(self._running.pop(task).message, task.result()) for task in finished]
        for outcome in (True, False):
            await self._settle([m for m, ok in settled if ok is outcome], succeeded=outcome)
        due = [lock for lock in self._running.values() if lock.is_due()]
        await asyncio.gather(*(lock.renew(self._receiver) for lock in due))

    async def _receive(self, count: int, seconds: float) -> Sequence[ServiceBusReceivedMessage]:
        # Nothing while it is open. Receiving would open it again, but within its short wait only.
        await self._receiver.__aenter__()
        return await self._receiver.receive_messages(max_message_count=count, max_wait_time=seconds)

    async def _process(self, messages: Sequence[ServiceBusReceivedMessage]) -> bool:
        try:
            payloads = [trigger.body(message) for message in messages]
            data, metadata = self._bind(payloads, [trigger.fields(each) for each in messages])
        except ValueError as error:
            _log.error("cannot bind function=%s: %s", self.function.name, error)
            return False
        return (await self._runtime.invoke(self.function, data, metadata)).succeeded

    async def _settle(
        self, messages: Sequence[ServiceBusReceivedMessage], *, succeeded: bool
    ) -> None:
        settle = self._receiver.complete_message if succeeded else self._receiver.abandon_message
        results = await asyncio.gather(*map(settle, messages), return_exceptions=True)
        failures = [result for result in results if isinstance(result, Exception)]
        if failures:
            _log.warning(
                "settling queue=%s failed for %s of %s messages, which will come again: %s",
                self._queue,
                len(failures),
                len(messages),
                failures[0],
            )

    def _bind(
        self, payloads: Sequence[bytes], known: Sequence[trigger.Fields]
    ) -> tuple[TypedData, dict[str, TypedData]]:
        name = self.function.name
        if self._batches:
            data = trigger.payload_of_many(payloads, binary=self._binary)
            return data, trigger.many(known, name)
        data = trigger.payload_of_one(payloads[0], binary=self._binary)
        return data, trigger.one(payloads[0], known[0], name)
