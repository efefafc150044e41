"""The queues that an outbox sends to: in memory, or on the broker."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from azure.servicebus import ServiceBusReceiveMode, ServiceBusReceiver

from sandbox.testing.service_bus_process import Bus
from shared.adapters.memory.broker import Broker
from shared.adapters.memory.outbox import MemoryOutbox
from shared.adapters.service_bus.outbox import ServiceBusOutbox
from shared.ports.outbox import Outbox


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
        self._receivers = receivers

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
