"""The port `Unread`: dead letters of Service Bus whose bodies are no AMQP data.

By the SDK, since a trigger on the dead letters would be handed the same bodies, and all others too.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING, Any

from shared.adapters.service_bus.dead_letter_search import peeked, searching
from shared.adapters.service_bus.failure import service_bus
from shared.adapters.service_bus.outbox import ServiceBusAddress
from shared.contracts.messages.onboarding_event import Envelope
from shared.ports.dead_letters import MOST_PASSED
from shared.ports.unread import DealWithUnread, UnreadMessage

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.servicebus import ServiceBusClient, ServiceBusReceivedMessage, ServiceBusReceiver

_SECONDS = 20.0


class ServiceBusUnread:
    """Looks without taking anything; receives only where there is something to take.

    Every method raises `ServiceUnavailable` when the broker does not answer; what was received then
    comes again when its lock ends.
    """

    def __init__(
        self,
        address: ServiceBusAddress,
        credential: "Callable[[], TokenCredential] | None" = None,
    ) -> None:
        """Takes note of the address; nothing is opened before it is needed."""
        self._address = address
        self._credential = credential
        self._lock = Lock()
        self._open: dict[str, tuple[ServiceBusClient, ServiceBusReceiver]] = {}

    async def take(self, queue: str, deal: DealWithUnread) -> None:
        """Has the unread messages of a queue dealt with, and then removes them."""
        found = await asyncio.to_thread(self._guarded, queue, _unread)
        if found:
            await deal([_message_of(one) for one in found])
            await asyncio.to_thread(self._guarded, queue, lambda at: _complete(at, found))

    async def aclose(self) -> None:
        """Closes the connections; the next look opens its own again."""
        await asyncio.to_thread(self._close)

    def _guarded[T](self, queue: str, work: "Callable[[ServiceBusReceiver], T]") -> T:
        with self._lock, service_bus(f"dead letters of {queue}"):
            try:
                return work(self._receiver(queue))
            except Exception:
                # Whatever the SDK raises of a broken link: the next look opens another.
                self._drop(queue)
                raise

    def _receiver(self, queue: str) -> "ServiceBusReceiver":
        from azure.servicebus import ServiceBusSubQueue

        if queue not in self._open:
            credential = self._credential() if self._credential else None
            client = self._address.client(credential, seconds=_SECONDS)
            receiver = client.get_queue_receiver(queue, sub_queue=ServiceBusSubQueue.DEAD_LETTER)
            self._open[queue] = client, receiver
        return self._open[queue][1]

    def _drop(self, queue: str) -> None:
        if opened := self._open.pop(queue, None):
            for one in reversed(opened):
                with suppress(Exception):
                    one.close()

    def _close(self) -> None:
        with self._lock:
            for queue in list(self._open):
                self._drop(queue)


def _unread(receiver: "ServiceBusReceiver") -> "Sequence[ServiceBusReceivedMessage]":
    """Receives those that are unread, and gives the others back."""
    looked_at = peeked(receiver, after=0, limit=MOST_PASSED)
    wanted = {one.sequence_number or 0 for one in looked_at if _is_unread(one)}
    with searching(receiver, wanted) as search:
        return list(search)


def _complete(
    receiver: "ServiceBusReceiver", messages: "Sequence[ServiceBusReceivedMessage]"
) -> None:
    for one in messages:
        receiver.complete_message(one)


def _is_unread(message: "ServiceBusReceivedMessage") -> bool:
    from azure.servicebus.amqp import AmqpMessageBodyType

    return message.body_type is not AmqpMessageBodyType.DATA


def _message_of(message: "ServiceBusReceivedMessage") -> UnreadMessage:
    from azure.servicebus.amqp import AmqpMessageBodyType

    body: Any = message.body
    if message.body_type is AmqpMessageBodyType.SEQUENCE:
        body = [element for section in body for element in section]
    return UnreadMessage(
        value=body,
        envelope=Envelope(message.sequence_number, message.enqueued_time_utc),
        properties={"subject": message.subject, **_texts(message.application_properties or {})},
        content_type=message.content_type,
    )


def _texts(properties: Mapping[Any, Any]) -> dict[str, Any]:
    """Returns the properties with texts as such: the SDK gives them as bytes."""
    return {str(_text(name)): _text(value) for name, value in properties.items()}


def _text(value: Any) -> Any:
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else value
