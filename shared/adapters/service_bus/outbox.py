"""The port `Outbox`: Service Bus, through the blocking client in threads.

The SDK's asynchronous client has been reported to hang inside Azure Functions
(https://github.com/Azure/azure-sdk-for-python/issues/44384).
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal

import stamina

from shared.adapters.service_bus.failure import service_bus
from shared.contracts.messages.batches import send_in_batches
from shared.contracts.messages.directory_command import DirectoryCommand
from shared.contracts.messages.directory_question import DirectoryQuestion
from shared.contracts.messages.directory_stop import DirectoryStop
from shared.contracts.messages.lifecycle_callback import LifecycleCallback
from shared.contracts.messages.operation_request import OperationRequest
from shared.contracts.messages.queues import (
    DIRECTORY_COMMANDS,
    LIFECYCLE_CALLBACKS,
    ONBOARDING_EVENTS,
    ROLLOUT_OPERATIONS,
    SCOPE_CHANGES,
    SENT_TO,
)
from shared.contracts.messages.returned_message import ReturnedMessage
from shared.contracts.messages.scope_change import ScopeChange
from shared.domain.errors import ConfigurationError

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.servicebus import ServiceBusClient, ServiceBusMessage, ServiceBusSender

_ATTEMPTS = 4
_ATTEMPT_SECONDS = 20.0

Message = tuple[str, bytes]
"""A message's id, by which the broker tells a copy, and its body."""


@dataclass(frozen=True, slots=True)
class _Outgoing:
    """A message on its way."""

    key: str
    body: bytes
    properties: Mapping[str, str] = field(default_factory=dict)

    def written(self, after: timedelta) -> "ServiceBusMessage":
        """Returns the SDK's message, to be delivered once `after` has passed."""
        from azure.servicebus import ServiceBusMessage

        written = ServiceBusMessage(
            self.body,
            message_id=self.key,
            content_type="application/json",
            application_properties=dict(self.properties.items()),
        )
        if after:
            # The broker goes by the machine's time, whatever time it is for the app.
            written.scheduled_enqueue_time_utc = datetime.now(UTC) + after
        return written


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceBusAddress:
    """Where Service Bus is and how to get there: a connection string, or a namespace and a token.

    Raises:
        ConfigurationError: neither of the two is given, or both are.
    """

    connection_string: str | None = field(default=None, repr=False)
    namespace: str | None = None
    """Fully qualified, as in `contoso.servicebus.windows.net`."""
    custom_endpoint: str | None = None
    """`sb://HOST:PORT` to connect to instead of the namespace's own address."""
    ca_file: Path | None = None
    """PEM file of the authorities to trust instead of the public ones."""
    transport: Literal["amqp", "websockets"] = "amqp"
    """WebSockets get through where only port 443 is open."""

    def __post_init__(self) -> None:
        if bool(self.connection_string) == bool(self.namespace):
            raise ConfigurationError(
                "Service Bus: give either a connection string or a fully qualified namespace"
            )

    def client(
        self, credential: "TokenCredential | None" = None, *, seconds: float = _ATTEMPT_SECONDS
    ) -> "ServiceBusClient":
        """Makes a blocking client that leaves retrying to its user.

        It waits `seconds` for an answer.

        Raises:
            ConfigurationError: a namespace without a credential, or a broken connection string.
        """
        from azure.servicebus import ServiceBusClient

        if self.connection_string:
            try:
                return ServiceBusClient.from_connection_string(
                    self.connection_string, **self._options(seconds)
                )
            except ValueError:
                # Not chained: the original's text may repeat the key.
                raise ConfigurationError("Service Bus: the connection string is broken") from None
        if credential is None or self.namespace is None:
            raise ConfigurationError("Service Bus: a namespace needs a credential")
        return ServiceBusClient(self.namespace, credential, **self._options(seconds))

    def _options(self, seconds: float) -> dict[str, Any]:
        from azure.servicebus import TransportType

        websockets = self.transport == "websockets"
        return {
            "transport_type": TransportType.AmqpOverWebsocket if websockets else TransportType.Amqp,
            "custom_endpoint_address": self.custom_endpoint,
            "connection_verify": str(self.ca_file) if self.ca_file else None,
            "retry_total": 0,
            "try_timeout": seconds,
        }


class ServiceBusOutbox:
    """Sends in batches, over one connection to a queue that is kept open.

    Every method raises `ServiceUnavailable` when the broker does not take the messages; some may
    have been taken by then, and sending all again is safe. A message that is too large even alone
    raises the SDK's `MessageSizeExceededError` when all others are sent.
    """

    def __init__(
        self,
        address: ServiceBusAddress,
        credential: "Callable[[], TokenCredential] | None" = None,
    ) -> None:
        """Takes note of the address; `credential` is called when a namespace is first used."""
        self._senders = {queue: _Sender(address, queue, credential) for queue in SENT_TO}

    async def send_onboarding(self, bodies: Sequence[Message]) -> None:
        """Sends onboarding events as they are, each with its key."""
        await self._send(ONBOARDING_EVENTS, bodies)

    async def send_scope_changes(self, changes: Sequence[ScopeChange]) -> None:
        """Sends the keys of people whose membership is to be written."""
        await self._send(SCOPE_CHANGES, [(each.change_key, each.text()) for each in changes])

    async def send_commands(self, commands: Sequence[DirectoryCommand]) -> None:
        """Sends commands to the hybrid worker."""
        await self._send(DIRECTORY_COMMANDS, [(each.command_key, each.text()) for each in commands])

    async def send_questions(self, questions: Sequence[DirectoryQuestion]) -> None:
        """Asks the hybrid worker about people; it writes nothing for that."""
        await self._send(
            DIRECTORY_COMMANDS, [(each.message_key, each.text()) for each in questions]
        )

    async def send_stop(self, stop: DirectoryStop) -> None:
        """Tells the hybrid worker that commands issued before are void."""
        await self._send(DIRECTORY_COMMANDS, [(stop.message_key, stop.text())])

    async def send_operations(self, requests: Sequence[OperationRequest]) -> None:
        """Sends operations that take longer than an HTTP request may."""
        await self._send(
            ROLLOUT_OPERATIONS, [(each.operation_key, each.text()) for each in requests]
        )

    async def send_callbacks(
        self, callbacks: Sequence[LifecycleCallback], after: timedelta = timedelta()
    ) -> None:
        """Sends workflows that wait to be called back, to be delivered once `after` has passed.

        The time is by the broker's clock.
        """
        await self._send(
            LIFECYCLE_CALLBACKS, [(each.message_key, each.text()) for each in callbacks], after
        )

    async def return_messages(
        self, queue: str, messages: Sequence[ReturnedMessage], after: timedelta
    ) -> None:
        """Sends messages back to a queue of ours, to be delivered once `after` has passed."""
        outgoing = [_Outgoing(each.key, each.body, each.properties) for each in messages]
        await self._hand_over(queue, outgoing, after)

    async def aclose(self) -> None:
        """Closes every connection; the next send opens its own again."""
        closing = (asyncio.to_thread(each.close) for each in self._senders.values())
        await asyncio.gather(*closing)

    async def _send(
        self, queue: str, messages: Sequence[Message], after: timedelta = timedelta()
    ) -> None:
        await self._hand_over(queue, [_Outgoing(*each) for each in messages], after)

    async def _hand_over(self, queue: str, messages: Sequence[_Outgoing], after: timedelta) -> None:
        if messages:
            with service_bus(f"queue {queue}"):
                await asyncio.to_thread(self._senders[queue].send, messages, after)


class _Sender:
    """One queue's sender and its connection; a lock, since the SDK's are not safe for threads."""

    def __init__(
        self,
        address: ServiceBusAddress,
        queue: str,
        credential: "Callable[[], TokenCredential] | None",
    ) -> None:
        self._address = address
        self._queue = queue
        self._credential = credential
        self._lock = Lock()
        self._open: tuple[ServiceBusClient, ServiceBusSender] | None = None

    def send(self, messages: Sequence[_Outgoing], after: timedelta) -> None:
        with self._lock:
            # Not the decorator: stamina logs a decorated function's arguments.
            for attempt in stamina.retry_context(
                on=_may_pass, attempts=_ATTEMPTS, timeout=None, wait_initial=0.2
            ):
                with attempt:
                    self._send_once(messages, after)

    def close(self) -> None:
        with self._lock:
            self._drop()

    def _send_once(self, messages: Sequence[_Outgoing], after: timedelta) -> None:
        from azure.servicebus.exceptions import MessageSizeExceededError

        written = [one.written(after) for one in messages]
        try:
            aside = send_in_batches(self._sender(), written, MessageSizeExceededError)
        except BaseException:
            # Whatever it was: a sender that is broken is not to meet the next who sends.
            self._drop()
            raise
        if aside:
            raise MessageSizeExceededError(
                message=f"{len(aside)} of {len(messages)} messages are too large even alone"
            )

    def _sender(self) -> "ServiceBusSender":
        if self._open is None:
            client = self._address.client(self._credential() if self._credential else None)
            self._open = client, client.get_queue_sender(self._queue)
        return self._open[1]

    def _drop(self) -> None:
        if self._open:
            client, sender = self._open
            self._open = None
            # Told already by what broke it; nothing more can be lost in closing.
            with suppress(Exception):
                sender.close()
            with suppress(Exception):
                client.close()


def _may_pass(error: Exception) -> bool:
    """Tells whether the same messages may be taken a moment later."""
    from azure.servicebus import exceptions

    return isinstance(
        error,
        exceptions.ServiceBusConnectionError
        | exceptions.ServiceBusCommunicationError
        | exceptions.ServiceBusServerBusyError
        | exceptions.OperationTimeoutError,
    )
