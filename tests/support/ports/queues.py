"""The queues that an outbox sends to: in memory, or on the broker."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from azure.servicebus import ServiceBusMessage, ServiceBusReceiveMode, ServiceBusReceiver

from sandbox.testing.service_bus_process import Bus
from shared.adapters.memory.broker import Broker
from shared.adapters.memory.dead_letters import MemoryDeadLetters
from shared.adapters.memory.outbox import MemoryOutbox
from shared.adapters.service_bus.dead_letters import ServiceBusDeadLetters
from shared.adapters.service_bus.outbox import ServiceBusAddress, ServiceBusOutbox
from shared.ports.dead_letters import DeadLetters
from shared.ports.outbox import Outbox

REASON, DESCRIPTION = "NotDone", "ten times"
ENQUEUED = datetime(2026, 1, 5, 8, tzinfo=UTC)


@dataclass(frozen=True)
class Arrived:
    """A message that a receiver gets."""

    key: str
    body: bytes
    properties: Mapping[str, Any]
    sequence_number: int


class Queues(ABC):
    """An outbox, and what lies on its queues."""

    outbox: Outbox
    dead_letters: DeadLetters

    @abstractmethod
    def set_aside(self, queue: str, *bodies: bytes, **properties: Any) -> list[int]:
        """Has the broker set messages aside; returns their sequence numbers among the dead."""

    @abstractmethod
    def keys(self, queue: str) -> list[str]:
        """Of everything on the queue, what is kept for later too."""

    @abstractmethod
    def take(self, queue: str) -> Sequence[Arrived]:
        """Receive whatever can be received now, and complete it."""


class MemoryQueues(Queues):
    """In memory."""

    def __init__(self) -> None:
        self.broker = Broker()
        self.outbox = MemoryOutbox(self.broker)
        self.dead_letters = MemoryDeadLetters(self.broker)

    def set_aside(self, queue: str, *bodies: bytes, **properties: Any) -> list[int]:
        return [
            self.broker.dead_letter(
                queue,
                body,
                reason=REASON,
                description=DESCRIPTION,
                at=ENQUEUED,
                properties=properties,
            )
            for body in bodies
        ]

    def keys(self, queue: str) -> list[str]:
        return [message.key for message in self.broker.messages(queue)]

    def take(self, queue: str) -> Sequence[Arrived]:
        return [
            Arrived(one.key, one.body, one.properties, one.sequence_number)
            for one in self.broker.take(queue)
        ]


class Receivers:
    """A receiver for each queue of a broker, kept open: to close one takes a second."""

    def __init__(self, bus: Bus) -> None:
        self._client = bus.client()
        self._open: dict[str, ServiceBusReceiver] = {}

    def of(self, queue: str) -> ServiceBusReceiver:
        """Whose messages are completed by being received."""
        if queue not in self._open:
            mode = ServiceBusReceiveMode.RECEIVE_AND_DELETE
            self._open[queue] = self._client.get_queue_receiver(queue, receive_mode=mode)
        return self._open[queue]

    def close(self) -> None:
        """Close the connection, and all of them."""
        for receiver in self._open.values():
            receiver.close()
        self._client.close()


class BusQueues(Queues):
    """On the broker, by the real SDK."""

    def __init__(self, bus: Bus, outbox: ServiceBusOutbox, receivers: Receivers) -> None:
        self.bus = bus
        self.outbox = outbox
        self.dead_letters = ServiceBusDeadLetters(
            ServiceBusAddress(connection_string=bus.connection_string)
        )
        self._receivers = receivers

    def set_aside(self, queue: str, *bodies: bytes, **properties: Any) -> list[int]:
        with self.bus.client() as client, client.get_queue_sender(queue) as sender:
            known = {one["sequenceNumber"] for one in self.bus.messages(queue, dead_letters=True)}
            for body in bodies:
                sender.send_messages(
                    ServiceBusMessage(
                        body,
                        message_id=uuid4().hex,
                        content_type="application/json",
                        application_properties=dict(properties.items()),
                    )
                )
            with client.get_queue_receiver(queue) as receiver:
                left = len(bodies)
                while left:
                    for one in receiver.receive_messages(left, max_wait_time=5):
                        receiver.dead_letter_message(
                            one, reason=REASON, error_description=DESCRIPTION
                        )
                        left -= 1
            dead = self.bus.messages(queue, dead_letters=True)
            return sorted(
                one["sequenceNumber"] for one in dead if one["sequenceNumber"] not in known
            )

    def keys(self, queue: str) -> list[str]:
        return [message["messageId"] for message in self.bus.messages(queue)]

    def take(self, queue: str) -> Sequence[Arrived]:
        left = sum(one["state"] == "active" for one in self.bus.messages(queue))
        arrived: list[Arrived] = []
        while len(arrived) < left:
            messages = self._receivers.of(queue).receive_messages(
                left - len(arrived), max_wait_time=5
            )
            arrived += [
                Arrived(
                    str(message.message_id),
                    b"".join(message.body),
                    _texts(message.application_properties or {}),
                    message.sequence_number or 0,
                )
                for message in messages
            ]
        return arrived


def _texts(properties: Mapping[Any, Any]) -> dict[str, Any]:
    """The SDK gives names as bytes."""
    return {
        name.decode() if isinstance(name, bytes) else str(name): value.decode()
        if isinstance(value, bytes)
        else value
        for name, value in properties.items()
    }
