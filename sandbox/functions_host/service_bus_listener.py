"""Service Bus queue triggers, on the unmodified ``azure-servicebus``."""

import asyncio
import logging
import time
from collections.abc import Sequence
from contextlib import suppress

from azure.core.exceptions import AzureError
from azure.servicebus import ServiceBusReceivedMessage
from azure.servicebus.aio import ServiceBusReceiver

from sandbox.functions_host import service_bus_body as body
from sandbox.functions_host import service_bus_trigger as trigger
from sandbox.functions_host.dispatcher import Dispatcher
from sandbox.functions_host.function import Function
from sandbox.functions_host.host_options import HostOptions
from sandbox.functions_host.message_lock import MessageLock
from sandbox.functions_host.protocol import TypedData
from sandbox.functions_host.service_bus_connection import ServiceBusConnection
from sandbox.functions_host.settings import AppSettings, SettingsError

_log = logging.getLogger(__name__)

_WAIT_SECONDS = 1.0
_BUSY_WAIT_SECONDS = 0.02
_PAUSE_AFTER_ERROR_SECONDS = 2.0


class ServiceBusListener:
    """Invokes one function with the messages of one queue.

    Success completes the messages, an exception abandons every one of them. Batches come one at a
    time and nobody renews their locks; single messages come up to ``maxConcurrentCalls`` at once
    and keep their locks while their function runs, up to ``maxAutoLockRenewalDuration``.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        function: Function,
        settings: AppSettings,
        options: HostOptions,
    ) -> None:
        """Prepare to listen.

        Raises:
            SettingsError: For a topic, sessions or an unresolved queue name.
        """
        if "queueName" not in function.trigger or function.trigger.get("isSessionsEnabled"):
            raise SettingsError(
                f"function {function.name}: topics and sessions are not part of this host"
            )
        self._dispatcher = dispatcher
        self.function = function
        self._settings = settings
        self._options = options
        self._queue = settings.resolve(function.trigger["queueName"])
        self._batches = function.is_batched
        self._wanted = body.data_type(function.trigger, batched=self._batches)
        self._opened: tuple[ServiceBusConnection, ServiceBusReceiver] | None = None
        self._running: dict[asyncio.Task[bool], MessageLock] = {}

    @property
    def _receiver(self) -> ServiceBusReceiver:
        if self._opened is None:
            raise RuntimeError(f"function {self.function.name}: the listener has not been started")
        return self._opened[1]

    async def start(self) -> None:
        """Attach to the queue.

        Raises:
            SettingsError: When the settings say nothing of the connection.
            ConnectionError: When the namespace or the queue cannot be reached.
        """
        if self._opened is None:
            connection = ServiceBusConnection(self._settings, self.function.trigger["connection"])
            receiver = connection.client.get_queue_receiver(
                self._queue, prefetch_count=self._options.prefetch_count
            )
            self._opened = connection, receiver
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
        if self._opened:
            await self._receiver.close()
            await self._opened[0].close()

    async def invoke_by_hand(self, text: str | None) -> None:
        """Invoke the function with a message that is on no queue; a batch cannot be made of one.

        Raises:
            ValueError: For a batch function or no text at all; the production host fails as well,
                after it has said 202.
        """
        if self._batches or text is None:
            raise ValueError("cannot be converted to what the trigger takes")
        payload = text.encode()
        data, metadata = (
            body.value_of_one(payload, self._wanted),
            trigger.by_hand(payload, self._wanted),
        )
        await self._dispatcher.invoke(self.function, data, metadata)

    async def _next_batch(self) -> None:
        most = self._options.max_message_batch_size
        if messages := await self._receive(most, _WAIT_SECONDS):
            messages += await self._more(most, messages)
            await self._settle(messages, succeeded=await self._process(messages))

    async def _more(
        self, most: int, first: Sequence[ServiceBusReceivedMessage]
    ) -> list[ServiceBusReceivedMessage]:
        """What joins the first messages until there are enough, or the time for it is over."""
        until = time.monotonic() + self._options.max_batch_wait_seconds
        more: list[ServiceBusReceivedMessage] = []
        while len(first) + len(more) < self._options.min_message_batch_size:
            if (left := until - time.monotonic()) <= 0:
                break
            room = most - len(first) - len(more)
            more += await self._receive(room, min(left, _WAIT_SECONDS))
        return more

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

    async def _receive(self, count: int, seconds: float) -> list[ServiceBusReceivedMessage]:
        # Nothing while it is open. Receiving would open it again, but within its short wait only.
        await self._receiver.__aenter__()
        return await self._receiver.receive_messages(max_message_count=count, max_wait_time=seconds)

    async def _process(self, messages: Sequence[ServiceBusReceivedMessage]) -> bool:
        try:
            payloads = [
                body.payload(message, wanted=self._wanted, batched=self._batches)
                for message in messages
            ]
            data, metadata = self._bind(payloads, [trigger.fields(each) for each in messages])
        except ValueError as error:
            _log.error("cannot bind function=%s: %s", self.function.name, error)
            return False
        return (await self._dispatcher.invoke(self.function, data, metadata)).succeeded

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
        if self._batches:
            return body.value_of_many(payloads, self._wanted), trigger.many(known)
        data = body.value_of_one(payloads[0], self._wanted)
        return data, trigger.one(payloads[0], known[0], self._wanted)
