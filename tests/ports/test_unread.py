"""Unread messages: those alone whose bodies no function can be handed, dealt with and gone."""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from azure.servicebus import ServiceBusMessage
from azure.servicebus.amqp import AmqpAnnotatedMessage

from sandbox.testing.service_bus_process import Bus
from shared.adapters.memory.broker import Broker
from shared.adapters.memory.unread import MemoryUnread
from shared.adapters.service_bus.outbox import ServiceBusAddress
from shared.adapters.service_bus.unread import ServiceBusUnread
from shared.contracts.messages.onboarding_event import Envelope
from shared.contracts.messages.queues import ONBOARDING_EVENTS
from shared.domain.errors import ServiceUnavailable
from shared.ports.unread import Unread, UnreadMessage

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
PROPERTIES = {"cloudEvents:type": "left", "number": 7}
VALUES: list[Any] = [
    "a text",
    b"bytes",
    {"employeeId": "1"},
    None,
    7,
]

type SetAside = Callable[..., None]


@pytest.fixture(params=["memory", "broker"])
async def dead(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Unread, SetAside]]:
    """The port, and how a value comes to be among the dead letters."""
    if request.param == "memory":
        broker = Broker()
        yield MemoryUnread(broker), lambda *values: _in_memory(broker, values)
        return
    bus: Bus = request.getfixturevalue("bus")
    bus.control.post("/reset").raise_for_status()
    port = ServiceBusUnread(ServiceBusAddress(connection_string=bus.connection_string))
    yield port, lambda *values: _on_broker(bus, values)
    await port.aclose()


def _in_memory(broker: Broker, values: Sequence[Any]) -> None:
    for number, value in enumerate(values, start=1):
        message = UnreadMessage(
            value=value, envelope=Envelope(number, NOW), properties=PROPERTIES, content_type="text"
        )
        broker.set_aside(ONBOARDING_EVENTS, message)


def _on_broker(bus: Bus, values: Sequence[Any]) -> None:
    """Sent as values, and dead-lettered as the host would, with healthy ones before and between."""
    with bus.client() as client:
        with client.get_queue_sender(ONBOARDING_EVENTS) as sender:
            for value in values:
                sender.send_messages(ServiceBusMessage("healthy"))
                sender.send_messages(_value(value))
        with client.get_queue_receiver(ONBOARDING_EVENTS) as receiver:
            left = 2 * len(values)
            while left:
                for message in receiver.receive_messages(left, max_wait_time=5):
                    receiver.dead_letter_message(message, reason="MaxDeliveryCountExceeded")
                    left -= 1


def _value(value: Any) -> AmqpAnnotatedMessage:
    body = {"sequence_body": value} if isinstance(value, list) else {"value_body": value}
    return AmqpAnnotatedMessage(
        application_properties=PROPERTIES, properties={"content_type": "text"}, **body
    )


async def taken(port: Unread) -> list[UnreadMessage]:
    found: list[UnreadMessage] = []

    async def deal(messages: Sequence[UnreadMessage]) -> None:
        found.extend(messages)

    await port.take(ONBOARDING_EVENTS, deal)
    return found


async def test_values_of_every_kind_come_once_with_their_place_and_properties(
    dead: tuple[Unread, SetAside],
) -> None:
    port, set_aside = dead
    assert await taken(port) == []
    set_aside(*VALUES)
    found = await taken(port)
    assert [_comparable(one.value) for one in found] == [_comparable(one) for one in VALUES]
    assert {one.content_type for one in found} == {"text"}
    # The broker adds why it set them aside.
    assert all(PROPERTIES.items() <= one.properties.items() for one in found)
    assert len({one.envelope.sequence_number for one in found}) == len(VALUES)
    assert all(one.envelope.enqueued_at for one in found)
    assert await taken(port) == []


async def test_what_could_not_be_dealt_with_comes_again(dead: tuple[Unread, SetAside]) -> None:
    port, set_aside = dead
    set_aside("a text")

    async def fail(_: Sequence[UnreadMessage]) -> None:
        raise LookupError("away")

    with pytest.raises(LookupError):
        await port.take(ONBOARDING_EVENTS, fail)


async def test_a_broker_that_is_away_is_a_service_that_is_unavailable() -> None:
    nowhere = "Endpoint=sb://127.0.0.1:1;SharedAccessKeyName=a;SharedAccessKey=b;"
    port = ServiceBusUnread(
        ServiceBusAddress(connection_string=f"{nowhere}UseDevelopmentEmulator=true;")
    )
    with pytest.raises(ServiceUnavailable):
        await taken(port)
    await port.aclose()


async def test_sequences_come_as_their_elements_and_healthy_dead_letters_stay(bus: Bus) -> None:
    bus.control.post("/reset").raise_for_status()
    _on_broker(bus, [["a", "b"]])
    port = ServiceBusUnread(ServiceBusAddress(connection_string=bus.connection_string))
    (found,) = await taken(port)
    assert _comparable(found.value) == ["a", "b"]
    await port.aclose()
    left = bus.messages(ONBOARDING_EVENTS, dead_letters=True)
    assert [one["body"] for one in left] == ["healthy"]


def _comparable(value: Any) -> Any:
    """Texts as such: the SDK gives them as bytes, wherever in a value."""
    match value:
        case bytes():
            return value.decode()
        case dict():
            return {_comparable(name): _comparable(one) for name, one in value.items()}
        case list():
            return [_comparable(one) for one in value]
    return value
