"""Nothing is lost by a kill: neither the broker's nor a client's, before or after it counts."""

import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from azure.servicebus import (
    ServiceBusMessage,
    ServiceBusReceiver,
    ServiceBusSender,
)
from azure.servicebus.exceptions import MessageLockLostError

from sandbox.testing.service_bus_process import Bus, running
from sandbox.testing.waiting import PATIENCE, wait_until

LOCK = 300
"""Seconds; what has to outlast a lock moves the broker's clock, since one that a test could sit
out would end too early on a slow machine."""
QUEUES = {
    "q": {"duplicateDetectionWindowSeconds": 600, "lockDurationSeconds": LOCK},
    "brief-locks": {"lockDurationSeconds": 1},
}


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[Bus]:
    with running(tmp_path, QUEUES) as bus:
        yield bus


def restarted(bus: Bus, folder: Path) -> AbstractContextManager[Bus]:
    """Kills the broker and starts another one on the same file and port."""
    bus.kill()
    return running(folder, QUEUES, amqp_port=bus.ports["amqp"])


def client_process(bus: Bus, code: str) -> subprocess.Popen[bytes]:
    """A process of its own with `client`, which runs the code."""
    script = f"""
from azure.servicebus import ServiceBusClient, ServiceBusMessage
client = ServiceBusClient.from_connection_string({bus.connection_string!r})
{textwrap.dedent(code)}
"""
    return subprocess.Popen([sys.executable, "-c", script])


def kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait(PATIENCE)


def test_a_message_received_before_a_kill_is_settled_after_it_by_the_same_receiver(
    bus: Bus, tmp_path: Path
) -> None:
    with bus.client() as client:
        with client.get_queue_sender("q") as sender:
            sender.send_messages([ServiceBusMessage("one"), ServiceBusMessage("two")])
        receiver = client.get_queue_receiver("q", max_wait_time=PATIENCE)
        message = next(receiver)
        with restarted(bus, tmp_path) as again:
            assert again.counts("q")["locked"] == 1
            receiver.complete_message(message)
            assert [left["body"] for left in again.messages("q")] == ["two"]
            assert again.counts("q")["totals"]["completed"] == 1
            receiver.close()


def every_kind_of_message(sender: ServiceBusSender, receiver: ServiceBusReceiver) -> None:
    sender.send_messages(
        [ServiceBusMessage(str(number), message_id=str(number)) for number in "abc"]
    )
    later = datetime.now(UTC) + timedelta(hours=1)
    sender.schedule_messages(ServiceBusMessage("scheduled"), later)
    receiver.defer_message(next(receiver))
    receiver.dead_letter_message(next(receiver), reason="why", error_description="how")
    receiver.abandon_message(next(receiver))


def test_every_state_and_what_duplicate_detection_knows_survive_a_kill(
    bus: Bus, tmp_path: Path
) -> None:
    with (
        bus.client() as client,
        client.get_queue_sender("q") as sender,
        client.get_queue_receiver("q", max_wait_time=PATIENCE) as receiver,
    ):
        every_kind_of_message(sender, receiver)
    before = bus.counts("q"), bus.messages("q"), bus.messages("q", dead_letters=True)
    with restarted(bus, tmp_path) as again:
        after = again.counts("q"), again.messages("q"), again.messages("q", dead_letters=True)
        assert after == before
        assert [message["state"] for message in after[1]] == ["deferred", "active", "scheduled"]
        assert after[2][0]["deadLetterErrorDescription"] == "how"
        with (
            again.client() as client,
            client.get_queue_sender("q") as sender,
        ):
            sender.send_messages(ServiceBusMessage("a", message_id="a"))
            sender.send_messages(ServiceBusMessage("d", message_id="d"))
        assert [message["body"] for message in again.messages("q")] == ["a", "c", "scheduled", "d"]
        numbers = [message["sequenceNumber"] for message in again.messages("q")]
        assert len(set(numbers)) == 4


def test_a_sender_killed_before_its_message_reached_the_broker_has_sent_nothing(bus: Bus) -> None:
    bus.hold("q", "send")
    process = client_process(
        bus,
        """
        with client.get_queue_sender("q") as sender:
            sender.send_messages(ServiceBusMessage("never"))
        """,
    )
    wait_until(lambda: bus.waiting("q", "send") == 1)
    kill(process)
    wait_until(lambda: bus.waiting("q", "send") == 0)
    bus.release("q", "send")
    assert bus.messages("q") == []


def test_a_receiver_killed_before_it_settled_gets_the_message_again_after_its_lock(
    bus: Bus,
) -> None:
    with (
        bus.client() as client,
        client.get_queue_sender("q") as sender,
    ):
        sender.send_messages(ServiceBusMessage("work"))
        bus.hold("q", "settle")
        process = client_process(
            bus,
            """
            with client.get_queue_receiver("q", max_wait_time=60) as receiver:
                receiver.complete_message(next(receiver))
            """,
        )
        wait_until(lambda: bus.waiting("q", "settle") == 1)
        kill(process)
        wait_until(lambda: bus.waiting("q", "settle") == 0)
        bus.release("q", "settle")
        bus.fault("clock", seconds=LOCK)
        with client.get_queue_receiver("q", max_wait_time=PATIENCE) as receiver:
            message = next(receiver)
            assert (str(message), message.delivery_count) == ("work", 1)
            receiver.complete_message(message)


def is_waiting(bus: Bus, operation: str) -> bool:
    return bus.waiting("q", operation) == 1


def test_held_operations_of_living_clients_happen_on_release(bus: Bus) -> None:
    for operation in ("send", "deliver", "settle"):
        bus.hold("q", operation)
    process = client_process(
        bus,
        """
        with client.get_queue_sender("q") as sender:
            sender.send_messages(ServiceBusMessage("patient"))
        with client.get_queue_receiver("q", max_wait_time=60) as receiver:
            receiver.complete_message(next(receiver))
        """,
    )
    for operation in ("send", "deliver", "settle"):
        wait_until(partial(is_waiting, bus, operation))
        bus.release("q", operation)
    assert process.wait(PATIENCE) == 0
    assert bus.counts("q")["totals"]["completed"] == 1
    assert bus.control.get("/queues/q/holds").json() == {}


def test_a_lock_that_expired_while_the_broker_was_down_is_lost(bus: Bus, tmp_path: Path) -> None:
    with bus.client() as client:
        with client.get_queue_sender("brief-locks") as sender:
            sender.send_messages(ServiceBusMessage("one"))
        receiver = client.get_queue_receiver("brief-locks", max_wait_time=PATIENCE)
        message = next(receiver)
        with restarted(bus, tmp_path) as again:
            wait_until(lambda: again.messages("brief-locks")[0]["deliveryCount"] == 1)
            with pytest.raises(MessageLockLostError):
                receiver.complete_message(message)
            receiver.close()


def test_an_unknown_operation_or_queue_is_refused_by_the_control_api(bus: Bus) -> None:
    answer = bus.control.post("/queues/q/hold", json={"operation": "sned"})
    assert (answer.status_code, "send or settle or deliver" in answer.text) == (400, True)
    assert bus.control.post("/queues/missing/purge").status_code == 404
