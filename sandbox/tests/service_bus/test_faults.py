"""Faults on demand, as the unmodified SDK meets them: each is there, is over when it is cleared."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from azure.servicebus import ServiceBusClient, ServiceBusMessage, ServiceBusReceiver
from azure.servicebus.exceptions import (
    MessageLockLostError,
    OperationTimeoutError,
    ServiceBusAuthorizationError,
    ServiceBusConnectionError,
    ServiceBusError,
    ServiceBusQuotaExceededError,
    ServiceBusServerBusyError,
)

from sandbox.testing.service_bus_process import Bus, running
from sandbox.testing.waiting import PATIENCE

QUEUES: dict[str, dict[str, object]] = {"here": {}, "there": {}}


@pytest.fixture(scope="module")
def shared_bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bus]:
    with running(tmp_path_factory.mktemp("bus"), QUEUES) as bus:
        yield bus


@pytest.fixture
def bus(shared_bus: Bus) -> Iterator[Bus]:
    shared_bus.control.post("/reset")
    yield shared_bus
    shared_bus.clear_faults()


@pytest.fixture
def client(bus: Bus) -> Iterator[ServiceBusClient]:
    with bus.client(retry_total=0, socket_timeout=2) as client:
        yield client


def send(client: ServiceBusClient, body: str, queue: str = "here") -> None:
    with client.get_queue_sender(queue) as sender:
        sender.send_messages(ServiceBusMessage(body))


def received(receiver: ServiceBusReceiver, wait: float = PATIENCE) -> list[str]:
    return [str(one) for one in receiver.receive_messages(10, max_wait_time=wait)]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("server-busy", ServiceBusServerBusyError),
        ("quota-full", ServiceBusQuotaExceededError),
        ("entity-disabled", ServiceBusError),
        ("token-refused", ServiceBusError),
        ("black-hole", OperationTimeoutError),
        ("reset", ServiceBusConnectionError),
        ("detach", ServiceBusError),
    ],
)
def test_a_sender_meets_it_and_gets_through_when_it_is_over(
    bus: Bus, client: ServiceBusClient, fault: str, error: type[ServiceBusError]
) -> None:
    with client.get_queue_sender("here") as sender:
        sender.send_messages(ServiceBusMessage("before"))
        bus.fault(fault, "here")
        # Only an answer that never comes has to be waited for.
        patience = 2 if fault == "black-hole" else PATIENCE
        with pytest.raises(error):
            sender.send_messages(ServiceBusMessage("during"), timeout=patience)
    bus.clear_faults()
    send(client, "after")
    assert [one["body"] for one in bus.messages("here")] == ["before", "after"]


@pytest.mark.parametrize("fault", ["server-busy", "entity-disabled", "token-refused"])
def test_a_queue_that_refuses_everybody_is_alone_with_it(
    bus: Bus, client: ServiceBusClient, fault: str
) -> None:
    bus.fault(fault, "here")
    with pytest.raises(ServiceBusError), client.get_queue_receiver("here") as receiver:
        receiver.receive_messages(1, max_wait_time=PATIENCE)
    send(client, "elsewhere", "there")


def test_a_full_queue_can_still_be_emptied(bus: Bus, client: ServiceBusClient) -> None:
    send(client, "one")
    bus.fault("quota-full")
    with client.get_queue_receiver("here") as receiver:
        (message,) = receiver.receive_messages(1, max_wait_time=PATIENCE)
        receiver.complete_message(message)
    assert bus.counts("here")["totals"]["completed"] == 1


def test_a_connection_that_lost_bytes_stays_dead_and_a_new_one_is_not(
    bus: Bus, client: ServiceBusClient
) -> None:
    with client.get_queue_receiver("here") as receiver:
        assert received(receiver, 0.5) == []
        bus.fault("black-hole", "here", "receiver")
        send(client, "one")
        assert received(receiver, 1) == []
        bus.clear_faults()
        assert received(receiver, 1) == []
    bus.fault("locks-lapse")  # what was sent into the hole is locked
    with client.get_queue_receiver("here") as receiver:
        assert received(receiver) == ["one"]


def test_a_deaf_receiver_gets_nothing_while_its_requests_are_answered(
    bus: Bus, client: ServiceBusClient
) -> None:
    with client.get_queue_receiver("here") as deaf:
        assert received(deaf, 0.5) == []
        bus.fault("deafen", "here")
        send(client, "one")
        assert received(deaf, 1) == []
        assert [str(one) for one in deaf.peek_messages(1)] == ["one"]
        with client.get_queue_receiver("here") as hears:
            assert received(hears) == ["one"]


def test_a_receiver_that_is_detached_by_force_loses_what_it_holds_to_the_locks_end(
    bus: Bus, client: ServiceBusClient
) -> None:
    send(client, "one")
    with client.get_queue_receiver("here") as receiver:
        assert received(receiver) == ["one"]
        bus.fault("detach", "here", "receiver")
        assert bus.counts("here")["locked"] == 1
    bus.fault("locks-lapse", "here")
    assert bus.messages("here")[0]["deliveryCount"] == 1


def test_when_every_lock_lapses_nothing_is_settled_and_all_comes_again(
    bus: Bus, client: ServiceBusClient
) -> None:
    send(client, "one")
    with client.get_queue_receiver("here") as receiver:
        (message,) = receiver.receive_messages(1, max_wait_time=PATIENCE)
        bus.fault("locks-lapse")
        with pytest.raises(MessageLockLostError):
            receiver.complete_message(message)
        (again,) = receiver.receive_messages(1, max_wait_time=PATIENCE)
        assert again.delivery_count == 1


def test_slowness_delays_every_answer(bus: Bus, client: ServiceBusClient) -> None:
    with client.get_queue_sender("here") as sender:
        sender.send_messages(ServiceBusMessage("at once"))
        bus.fault("slowness", seconds=0.7)
        began = time.monotonic()
        sender.send_messages(ServiceBusMessage("later"))
        assert time.monotonic() - began > 0.6


def test_a_clock_that_is_behind_ends_locks_early_for_the_others(
    bus: Bus, client: ServiceBusClient
) -> None:
    bus.fault("clock", seconds=-70)
    send(client, "one")
    with client.get_queue_receiver("here") as receiver:
        (message,) = receiver.receive_messages(1, max_wait_time=PATIENCE)
        assert message.locked_until_utc is not None
        assert message.locked_until_utc < datetime.now(UTC) - timedelta(seconds=5)
        with pytest.raises(MessageLockLostError):
            receiver.complete_message(message)


def test_a_token_that_is_refused_in_mid_life_ends_links_that_are_open(
    bus: Bus, client: ServiceBusClient
) -> None:
    with client.get_queue_receiver("here") as receiver:
        assert received(receiver, 0.5) == []
        bus.fault("token-refused", "here")
        with pytest.raises(ServiceBusError) as raised:
            received(receiver)
    assert isinstance(raised.value, ServiceBusAuthorizationError | ServiceBusConnectionError)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"fault": "bad luck"}, 400),
        ({"fault": "slowness"}, 400),
        ({"fault": "reset", "seconds": 3}, 400),
        ({"fault": "reset", "role": "owner"}, 400),
        ({"fault": "reset", "queue": "nowhere"}, 404),
        (["reset"], 400),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(bus: Bus, body: object, status: int) -> None:
    assert bus.control.post("/faults", json=body).status_code == status
    assert bus.control.get("/faults").json() == []


def test_what_is_wrong_on_purpose_can_be_seen(bus: Bus) -> None:
    bus.fault("slowness", "here", "sender", 2)
    bus.fault("slowness", "here", "sender", 3)
    expected = {"fault": "slowness", "queue": "here", "role": "sender", "seconds": 3}
    assert bus.control.get("/faults").json() == [expected]
