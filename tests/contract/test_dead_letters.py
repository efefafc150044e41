"""Dead letters on the real SDK and the broker: any kind of body, and a broker that is ill."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from azure.servicebus import ServiceBusReceivedMessage
from azure.servicebus.amqp import AmqpAnnotatedMessage, AmqpMessageBodyType

from sandbox.testing.service_bus_process import Bus, take
from sandbox.testing.service_bus_process import running as running_bus
from shared.adapters.service_bus.dead_letters import ServiceBusDeadLetters
from shared.adapters.service_bus.outbox import ServiceBusAddress
from shared.contracts.messages.queues import ONBOARDING_EVENTS
from shared.domain.errors import ServiceUnavailable
from tests.support.operator_api_parts import QUEUES

TEXT = '{"employeeId": "100260"}'
LARGE = 2**40


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bus]:
    queues = json.loads(QUEUES.read_text())
    with running_bus(tmp_path_factory.mktemp("dead-letters"), queues) as bus:
        yield bus


@pytest.fixture
def letters(bus: Bus) -> ServiceBusDeadLetters:
    bus.control.post("/reset").raise_for_status()
    return ServiceBusDeadLetters(ServiceBusAddress(connection_string=bus.connection_string))


def set_aside(bus: Bus, message: AmqpAnnotatedMessage) -> None:
    with bus.client() as client, client.get_queue_sender(ONBOARDING_EVENTS) as sender:
        sender.send_messages(message)
    _each(bus, lambda receiver, one: receiver.dead_letter_message(one, reason="NotDone"))


def arrived(bus: Bus) -> ServiceBusReceivedMessage:
    found: list[ServiceBusReceivedMessage] = []

    def keep(receiver: Any, one: ServiceBusReceivedMessage) -> None:
        found.append(one)
        receiver.complete_message(one)

    _each(bus, keep)
    return found[0]


def _each(bus: Bus, act: Callable[[Any, ServiceBusReceivedMessage], None]) -> None:
    with bus.client() as client, client.get_queue_receiver(ONBOARDING_EVENTS) as receiver:
        (message,) = take(receiver, 1)
        act(receiver, message)


@pytest.mark.parametrize(
    ("body", "shown", "kind"),
    [
        ({"value_body": TEXT}, TEXT, AmqpMessageBodyType.VALUE),
        ({"value_body": {"employeeId": 7}}, '{"employeeId": 7}', AmqpMessageBodyType.VALUE),
        ({"sequence_body": [[1, "a"]]}, '[[1, "a"]]', AmqpMessageBodyType.SEQUENCE),
        ({"data_body": [b"{", b"}"]}, "{}", AmqpMessageBodyType.DATA),
    ],
    ids=["text", "map", "sequence", "data"],
)
async def test_any_kind_of_body_is_shown_and_sent_again_as_that_kind_with_all_beside_it(
    bus: Bus,
    letters: ServiceBusDeadLetters,
    body: dict[str, Any],
    shown: str,
    kind: AmqpMessageBodyType,
) -> None:
    properties = {"text": "ä", "large": {"TYPE": "LONG", "VALUE": LARGE}, "yes": True, "half": 0.5}
    message = AmqpAnnotatedMessage(
        **body,
        properties={
            "message_id": "jms-1",
            "correlation_id": "c-1",
            "subject": "hired",
            "content_type": "text/plain",
            "reply_to": "somewhere",
        },
        application_properties=properties,
    )
    set_aside(bus, message)
    (letter,) = await letters.peek(ONBOARDING_EVENTS, after=0, limit=10)
    assert letter.body.decode() == shown
    assert dict(letter.properties) == {"text": "ä", "large": LARGE, "yes": True, "half": 0.5}
    done = await letters.resubmit(ONBOARDING_EVENTS, [letter.sequence_number])
    assert done == {letter.sequence_number}
    again = arrived(bus)
    assert again.body_type is kind
    assert again.message_id != "jms-1"
    assert (again.correlation_id, again.subject) == ("c-1", "hired")
    assert (again.content_type, again.reply_to) == ("text/plain", "somewhere")
    known = {
        name.decode() if isinstance(name, bytes) else name: value
        for name, value in (again.application_properties or {}).items()
    }
    assert (known["text"], known["large"]) == ("ä".encode(), LARGE)
    assert (known["yes"], known["half"]) == (True, 0.5)
    assert known["ssprMessageId"] == b"jms-1"
    assert await letters.peek(ONBOARDING_EVENTS, after=0, limit=10) == []


async def test_what_was_passed_by_is_free_at_once_and_only_the_broker_counts_it(
    bus: Bus, letters: ServiceBusDeadLetters
) -> None:
    for number in range(3):
        set_aside(bus, AmqpAnnotatedMessage(data_body=[f"{number}".encode()]))
    numbers = [
        one.sequence_number for one in await letters.peek(ONBOARDING_EVENTS, after=0, limit=10)
    ]
    assert await letters.discard(ONBOARDING_EVENTS, [numbers[2]]) == {numbers[2]}
    assert await letters.discard(ONBOARDING_EVENTS, numbers[:2]) == set(numbers[:2])


async def test_a_queue_that_is_not_there_and_a_broker_that_is_away_are_told(
    letters: ServiceBusDeadLetters,
) -> None:
    with pytest.raises(ServiceUnavailable, match="Service Bus: "):
        await letters.peek("no-such-queue", after=0, limit=1)
    away = ServiceBusAddress(
        connection_string="Endpoint=sb://127.0.0.1:9;SharedAccessKeyName=a;SharedAccessKey=b;"
        "UseDevelopmentEmulator=true;"
    )
    with pytest.raises(ServiceUnavailable, match="Service Bus: "):
        await ServiceBusDeadLetters(away).discard(ONBOARDING_EVENTS, [1])
