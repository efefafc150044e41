"""What clients other than the Python SDK rely on, frame by frame."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from azure.servicebus import ServiceBusClient, ServiceBusMessage
from azure.servicebus.exceptions import ServiceBusError

from sandbox.service_bus.amqp.message import (
    APPLICATION_PROPERTIES,
    DATA,
    DELIVERY_ANNOTATIONS,
    LOCK_TOKEN,
    PROPERTIES,
    sections,
)
from sandbox.service_bus.amqp.performatives import (
    MODIFIED,
    Attach,
    Detach,
    Disposition,
    Transfer,
    accepted,
)
from sandbox.service_bus.amqp.types import Described, Symbol, UInt, ULong, decode, encode
from sandbox.testing.amqp_client import COORDINATOR, AmqpClient, connected
from sandbox.testing.service_bus_process import Bus, running

QUEUES: dict[str, dict[str, object]] = {"plain": {"maxDeliveryCount": 3}}


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bus]:
    with running(tmp_path_factory.mktemp("bus"), QUEUES) as bus:
        yield bus


@pytest.fixture
def client(bus: Bus) -> Iterator[AmqpClient]:
    bus.control.post("/reset")
    with connected(bus.ports["amqp"]) as client:
        yield client


def message(**parts: object) -> bytes:
    codes = {
        "annotations": DELIVERY_ANNOTATIONS,
        "properties": PROPERTIES,
        "application": APPLICATION_PROPERTIES,
        "data": DATA,
    }
    return b"".join(encode(Described(ULong(codes[name]), part)) for name, part in parts.items())


def found(encoded: bytes) -> dict[int, object]:
    return {code: decode(encoded, start + 3)[0] for code, start, _ in sections(encoded)}


def refused(client: AmqpClient) -> tuple[str, str]:
    """The condition and text with which a link was not attached."""
    answer = client.next(Attach).performative
    assert isinstance(answer, Attach)
    assert answer.source is None
    detach = client.next(Detach).performative
    assert isinstance(detach, Detach)
    assert detach.closed
    assert detach.error is not None
    return str(detach.error.value[0]), str(detach.error.value[1])


@pytest.mark.parametrize("flags", [[], [None, False], [False, False], [True]])
def test_an_abandon_counts_a_delivery_whatever_its_flags(
    bus: Bus, client: AmqpClient, flags: list[bool | None]
) -> None:
    """Given the abandon of .NET or JavaScript, when it comes often enough, then it is the last."""
    client.attach_sender(0, "plain")
    client.transfer(0, message(data=b"stubborn"))
    client.attach_receiver(1, "plain")
    for _ in range(3):
        delivery = client.next(Transfer).performative
        assert isinstance(delivery, Transfer)
        client.settle(int(delivery.delivery_id or 0), Described(ULong(MODIFIED), flags))
        client.next(Disposition)
    (dead,) = bus.messages("plain", dead_letters=True)
    assert dead["deadLetterReason"] == "MaxDeliveryCountExceeded"


def test_a_transaction_is_refused_by_name(client: AmqpClient) -> None:
    client.attach_sender(0, "", COORDINATOR)
    condition, text = refused(client)
    assert condition == "amqp:not-implemented"
    assert "transactions" in text


def test_a_receiver_of_a_session_is_refused(client: AmqpClient) -> None:
    client.attach_receiver(0, "plain", {Symbol("com.microsoft:session-filter"): None})
    condition, text = refused(client)
    assert condition == "amqp:not-allowed"
    assert "does not require sessions" in text


def test_a_message_without_an_id_gets_one_and_keeps_everything_else(
    bus: Bus, client: AmqpClient
) -> None:
    client.attach_sender(0, "plain")
    client.transfer(0, message(data=b"bare"))
    properties = [None, None, None, "a subject"]
    client.transfer(0, message(properties=properties, application={"kept": 1}, data=b"body"))
    client.transfer(0, message(properties=["mine"], data=b"named"))
    client.attach_receiver(1, "plain")
    first, second, third = (found(client.next(Transfer).payload) for _ in range(3))

    ids = [sections[PROPERTIES][0] for sections in (first, second)]  # type: ignore[index]
    assert len({UUID(one) for one in ids}) == 2
    assert second[PROPERTIES][1:] == properties[1:]  # type: ignore[index]
    assert (second[APPLICATION_PROPERTIES], second[DATA]) == ({"kept": 1}, b"body")
    assert third[PROPERTIES] == ["mine"]
    assert bus.messages("plain")[0]["messageId"] == ids[0]


def test_what_a_sender_tells_receivers_in_delivery_annotations_arrives(client: AmqpClient) -> None:
    sent = {Symbol("x-opt-mine"): "yes", LOCK_TOKEN: UUID(int=1)}
    client.attach_sender(0, "plain")
    client.transfer(0, message(annotations=sent, properties=["1"], data=b"body"))
    client.attach_receiver(1, "plain")
    delivery = client.next(Transfer)

    annotations = found(delivery.payload)[DELIVERY_ANNOTATIONS]
    assert isinstance(delivery.performative, Transfer)
    tag = delivery.performative.delivery_tag or b""
    assert annotations == {"x-opt-mine": "yes", LOCK_TOKEN: UUID(bytes_le=tag)}


def test_a_link_that_is_detached_settles_nothing(bus: Bus, client: AmqpClient) -> None:
    client.attach_sender(0, "plain")
    client.transfer(0, message(data=b"kept"))
    client.attach_receiver(1, "plain")
    delivery = client.next(Transfer).performative
    assert isinstance(delivery, Transfer)
    client.send(Detach(UInt(1), closed=True))
    client.next(Detach)

    client.settle(int(delivery.delivery_id or 0), accepted())
    client.transfer(0, message(data=b"another"))  # by now the settlement has been read

    assert [one["body"] for one in bus.messages("plain")] == ["kept", "another"]
    assert bus.counts("plain")["totals"]["completed"] == 0
    assert bus.counts("plain")["locked"] == 1


def test_a_wrong_key_is_refused_and_the_right_one_is_not(bus: Bus) -> None:
    wrong = bus.connection_string.replace("SharedAccessKey=b", "SharedAccessKey=c")
    with (
        ServiceBusClient.from_connection_string(wrong, retry_total=0) as client,
        pytest.raises(ServiceBusError),
    ):
        client.get_queue_sender("plain").send_messages(ServiceBusMessage("no"))
    with (
        bus.client(retry_total=0) as client,
        client.get_queue_sender("plain") as sender,
    ):
        sender.send_messages(ServiceBusMessage("yes"))
