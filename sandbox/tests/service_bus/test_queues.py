"""The queues' semantics as the unmodified SDK sees them, sync and async."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.servicebus import (
    AutoLockRenewer,
    ServiceBusClient,
    ServiceBusMessage,
    ServiceBusReceivedMessage,
    ServiceBusReceiveMode,
    ServiceBusSender,
    ServiceBusSubQueue,
)
from azure.servicebus.aio import AutoLockRenewer as AsyncAutoLockRenewer
from azure.servicebus.aio import ServiceBusClient as AsyncServiceBusClient
from azure.servicebus.exceptions import (
    MessageLockLostError,
    MessageNotFoundError,
    MessageSizeExceededError,
    ServiceBusAuthenticationError,
)

from sandbox.testing.service_bus_process import Bus, running, take, take_async
from sandbox.testing.waiting import PATIENCE, wait_until

LOCK = WINDOW = 60
"""Seconds; no machine is so slow that they end by themselves within a test, see `later`."""
QUEUES: dict[str, dict[str, object]] = {
    "plain": {},
    "Other": {},
    "twice": {"maxDeliveryCount": 2},
    "lapsing-locks": {"lockDurationSeconds": LOCK},
    "renewed-locks": {"lockDurationSeconds": LOCK},
    "expiring": {"defaultTimeToLiveSeconds": 0.5, "deadLetterOnExpiration": True},
    "dropping": {"defaultTimeToLiveSeconds": 0.5},
    "unique": {"duplicateDetectionWindowSeconds": WINDOW},
}


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bus]:
    with running(tmp_path_factory.mktemp("bus"), QUEUES) as bus:
        yield bus


@pytest.fixture(autouse=True)
def _empty(bus: Bus) -> None:
    bus.control.post("/reset")


@pytest.fixture(scope="module")
def client(bus: Bus) -> Iterator[ServiceBusClient]:
    with bus.client(retry_total=0) as client:
        yield client


class Send:
    """Sends with one sender per queue: opening and closing one takes the SDK a second."""

    def __init__(self, client: ServiceBusClient) -> None:
        self._client = client
        self._senders: dict[str, ServiceBusSender] = {}

    def __call__(self, queue: str, *messages: ServiceBusMessage) -> None:
        self.sender(queue).send_messages(list(messages))

    def sender(self, queue: str) -> ServiceBusSender:
        if queue not in self._senders:
            self._senders[queue] = self._client.get_queue_sender(queue)
        return self._senders[queue]


@pytest.fixture(scope="module")
def send(client: ServiceBusClient) -> Send:
    return Send(client)


def bodies(messages: list[ServiceBusReceivedMessage]) -> list[str]:
    return [str(message) for message in messages]


def later(bus: Bus, seconds: float) -> None:
    """So much time is over for the broker, however little or much of it was for the machine."""
    bus.fault("clock", seconds=seconds)


def test_a_message_arrives_with_everything_its_sender_set(
    bus: Bus, client: ServiceBusClient, send: Send
) -> None:
    properties: dict[str | bytes, Any] = {"text": "é", "count": 3, "share": 0.5, "yes": True}
    sent = ServiceBusMessage(
        "body",
        message_id="the id",
        correlation_id="the correlation",
        subject="the subject",
        content_type="application/json",
        application_properties=properties,
        time_to_live=timedelta(minutes=5),
    )
    before = datetime.now(UTC)
    send("plain", sent)
    with client.get_queue_receiver("plain", max_wait_time=PATIENCE) as receiver:
        message = next(receiver)
        assert str(message) == "body"
        assert message.message_id == "the id"
        assert message.correlation_id == "the correlation"
        assert message.subject == "the subject"
        assert message.content_type == "application/json"
        assert message.application_properties == {
            b"text": b"\xc3\xa9",
            b"count": 3,
            b"share": 0.5,
            b"yes": True,
        }
        assert message.time_to_live == timedelta(minutes=5)
        assert message.delivery_count == 0
        assert message.enqueued_time_utc is not None
        # The broker counts whole milliseconds.
        assert before - timedelta(milliseconds=1) <= message.enqueued_time_utc < datetime.now(UTC)
        assert message.locked_until_utc is not None
        assert message.locked_until_utc > before + timedelta(seconds=55)
        receiver.complete_message(message)
    assert bus.counts("plain")["active"] == 0


def test_a_batch_arrives_as_single_messages_in_order_under_rising_numbers(
    client: ServiceBusClient,
    send: Send,
) -> None:
    send("plain", *[ServiceBusMessage(str(number)) for number in range(50)])
    mode = ServiceBusReceiveMode.RECEIVE_AND_DELETE
    with client.get_queue_receiver("plain", receive_mode=mode) as receiver:
        received = take(receiver, 50)
    assert bodies(received) == [str(number) for number in range(50)]
    numbers = [message.sequence_number or 0 for message in received]
    assert numbers == list(range(numbers[0], numbers[0] + 50))


def test_receive_and_delete_leaves_nothing_behind(
    bus: Bus, client: ServiceBusClient, send: Send
) -> None:
    send("plain", ServiceBusMessage("one"))
    mode = ServiceBusReceiveMode.RECEIVE_AND_DELETE
    with client.get_queue_receiver("plain", receive_mode=mode) as receiver:
        assert bodies(receiver.receive_messages(1, max_wait_time=PATIENCE)) == ["one"]
    assert bus.messages("plain") == []


def test_a_message_of_many_frames_arrives_whole_and_a_larger_one_than_256_kb_is_refused(
    client: ServiceBusClient,
    send: Send,
) -> None:
    large = "x" * 200_000
    with pytest.raises(MessageSizeExceededError):
        send("plain", ServiceBusMessage("x" * 263_000))
    send("plain", ServiceBusMessage(large))
    with client.get_queue_receiver("plain", max_wait_time=PATIENCE) as receiver:
        message = next(receiver)
        assert str(message) == large
        receiver.complete_message(message)


def test_a_queue_that_does_not_exist_has_no_tokens_and_names_ignore_case(
    bus: Bus, client: ServiceBusClient, send: Send
) -> None:
    send("oTHER", ServiceBusMessage("one"))
    assert bus.counts("Other")["active"] == 1
    sender = client.get_queue_sender("missing")
    with pytest.raises(ServiceBusAuthenticationError):  # put-token is answered with 404 already
        sender.send_messages(ServiceBusMessage("one"))


def test_abandoning_counts_deliveries_until_the_message_is_dead_lettered(
    bus: Bus, client: ServiceBusClient, send: Send
) -> None:
    send("twice", ServiceBusMessage("stubborn"))
    with client.get_queue_receiver("twice", max_wait_time=PATIENCE) as receiver:
        for count in range(2):
            message = next(receiver)
            assert message.delivery_count == count
            receiver.abandon_message(message)
    (dead,) = bus.messages("twice", dead_letters=True)
    assert dead["deadLetterReason"] == "MaxDeliveryCountExceeded"
    assert bus.counts("twice")["totals"]["abandoned"] == 2


def test_a_dead_letter_can_be_peeked_and_received_with_reason_and_description(
    bus: Bus, client: ServiceBusClient, send: Send
) -> None:
    send("plain", ServiceBusMessage("broken", application_properties={"kept": 1}))
    with client.get_queue_receiver("plain", max_wait_time=PATIENCE) as receiver:
        receiver.dead_letter_message(next(receiver), reason="why", error_description="how")
    (listed,) = bus.messages("plain", dead_letters=True)
    assert (listed["deadLetterReason"], listed["body"]) == ("why", "broken")
    dead = ServiceBusSubQueue.DEAD_LETTER
    with client.get_queue_receiver("plain", sub_queue=dead, max_wait_time=PATIENCE) as receiver:
        (peeked,) = receiver.peek_messages()
        message = next(receiver)
        for seen in (peeked, message):
            assert seen.dead_letter_reason == "why"
            assert seen.dead_letter_error_description == "how"
            assert seen.application_properties is not None
            assert seen.application_properties[b"kept"] == 1
        receiver.complete_message(message)
    assert bus.counts("plain")["deadLettered"] == 0


def test_a_deferred_message_is_received_by_its_number_only(
    client: ServiceBusClient, send: Send
) -> None:
    send("plain", ServiceBusMessage("later"), ServiceBusMessage("now"))
    with client.get_queue_receiver("plain", max_wait_time=PATIENCE) as receiver:
        deferred = next(receiver)
        receiver.defer_message(deferred)
        number = deferred.sequence_number
        assert number is not None
        receiver.complete_message(next(receiver))
        (again,) = receiver.receive_deferred_messages([number])
        assert str(again) == "later"
        receiver.complete_message(again)
        with pytest.raises(MessageNotFoundError):
            receiver.receive_deferred_messages([number])


def test_scheduled_messages_wait_for_their_time_and_can_be_cancelled(
    bus: Bus, client: ServiceBusClient, send: Send
) -> None:
    soon = datetime.now(UTC) + timedelta(hours=1)
    much_later = soon + timedelta(hours=1)
    sender = send.sender("plain")
    sender.send_messages(ServiceBusMessage("annotated", scheduled_enqueue_time_utc=soon))
    sender.schedule_messages(ServiceBusMessage("requested"), soon)
    numbers = sender.schedule_messages(
        [ServiceBusMessage("cancelled"), ServiceBusMessage("kept")], much_later
    )
    assert bus.counts("plain")["scheduled"] == 4
    sender.cancel_scheduled_messages(numbers[0])
    with pytest.raises(MessageNotFoundError):
        sender.cancel_scheduled_messages(numbers[0])
    with client.get_queue_receiver("plain") as receiver:
        states = [message.state.name for message in receiver.peek_messages(10)]
        assert states == ["SCHEDULED"] * 3
        # A second before their time, so that it is the broker who sees it come.
        later(bus, (soon - datetime.now(UTC)).total_seconds() - 1)
        received = take(receiver, 2)
    assert sorted(bodies(received)) == ["annotated", "requested"]
    for message in received:
        assert message.enqueued_time_utc is not None
        assert message.enqueued_time_utc >= soon - timedelta(milliseconds=2)
    assert bus.counts("plain")["scheduled"] == 1


def test_peeking_locks_nothing_and_pages_by_number(client: ServiceBusClient, send: Send) -> None:
    send("plain", *[ServiceBusMessage(str(number)) for number in range(5)])
    with client.get_queue_receiver("plain", max_wait_time=PATIENCE) as receiver:
        assert bodies(receiver.peek_messages(3)) == ["0", "1", "2"]
        assert bodies(receiver.peek_messages(3)) == ["3", "4"]
        assert receiver.peek_messages(3) == []
        received = take(receiver, 5)
        assert [message.delivery_count for message in received] == [0] * 5


def test_expired_messages_are_dead_lettered_or_dropped_as_the_queue_is_configured(
    bus: Bus, send: Send
) -> None:
    for queue in ("expiring", "dropping"):
        send(queue, ServiceBusMessage("stale"))
    own = ServiceBusMessage("own", time_to_live=timedelta(milliseconds=200))
    send("plain", own, ServiceBusMessage("fresh"))
    wait_until(lambda: bus.counts("expiring")["deadLettered"] == 1)
    (dead,) = bus.messages("expiring", dead_letters=True)
    assert dead["deadLetterReason"] == "TTLExpiredException"
    wait_until(lambda: bus.messages("dropping") == [])
    assert bus.counts("dropping")["deadLettered"] == 0
    wait_until(lambda: [message["body"] for message in bus.messages("plain")] == ["fresh"])


def test_a_message_id_counts_once_within_the_window(bus: Bus, send: Send) -> None:
    sender = send.sender("unique")
    for _ in range(2):
        sender.send_messages([ServiceBusMessage("same", message_id="1")] * 2)
    sender.send_messages(ServiceBusMessage("other", message_id="2"))
    assert bus.counts("unique")["active"] == 2
    assert bus.counts("unique")["totals"]["duplicates"] == 3
    later(bus, WINDOW)
    sender.send_messages(ServiceBusMessage("same", message_id="1"))
    assert bus.counts("unique")["active"] == 3


def test_an_expired_lock_brings_the_message_back_with_its_count_up(
    bus: Bus, client: ServiceBusClient, send: Send
) -> None:
    send("lapsing-locks", ServiceBusMessage("slow"))
    with client.get_queue_receiver("lapsing-locks", max_wait_time=PATIENCE) as receiver:
        lost = next(receiver)
        # A second before its end, so that it is the broker who sees it come.
        later(bus, LOCK - 1)
        again = next(receiver)
        assert again.delivery_count == 1
        assert bus.counts("lapsing-locks")["totals"]["expiredLocks"] == 1
        with pytest.raises(MessageLockLostError):
            receiver.renew_message_lock(lost)
        receiver.complete_message(again)


def test_settling_a_message_that_is_gone_says_that_the_lock_is_lost(
    bus: Bus, client: ServiceBusClient, send: Send
) -> None:
    send("plain", ServiceBusMessage("gone"))
    with client.get_queue_receiver("plain", max_wait_time=PATIENCE) as receiver:
        message = next(receiver)
        bus.control.post("/queues/plain/purge")
        with pytest.raises(MessageLockLostError):
            receiver.complete_message(message)
        with pytest.raises(MessageLockLostError):
            receiver.renew_message_lock(message)


def test_closing_a_receiver_keeps_its_locks_to_their_end_which_counts_a_delivery(
    bus: Bus, client: ServiceBusClient, send: Send
) -> None:
    send("lapsing-locks", ServiceBusMessage("kept"))
    with client.get_queue_receiver("lapsing-locks", max_wait_time=PATIENCE) as receiver:
        next(receiver)
    (kept,) = bus.messages("lapsing-locks")
    assert (kept["deliveryCount"], kept["lockedUntil"] is None) == (0, False)
    later(bus, LOCK)
    with client.get_queue_receiver("lapsing-locks", max_wait_time=PATIENCE) as receiver:
        assert next(receiver).delivery_count == 1


async def test_competing_receivers_share_the_messages_in_turn(bus: Bus) -> None:
    bus.hold("plain", "deliver")
    async with (
        AsyncServiceBusClient.from_connection_string(bus.connection_string) as client,
        client.get_queue_sender("plain") as sender,
        client.get_queue_receiver("plain") as first,
        client.get_queue_receiver("plain") as second,
    ):
        await sender.send_messages([ServiceBusMessage(str(number)) for number in range(10)])
        receiving = asyncio.gather(*(take_async(receiver, 5) for receiver in (first, second)))
        await asyncio.to_thread(wait_until, lambda: bus.waiting("plain", "deliver") == 2)
        bus.release("plain", "deliver")
        got = [set(bodies(messages)) for messages in await receiving]
    evens, odds = {"0", "2", "4", "6", "8"}, {"1", "3", "5", "7", "9"}
    assert got in ([evens, odds], [odds, evens])


def ends_soon(bus: Bus) -> None:
    """What is received from now on seems locked for 12 s, which the SDK renews after 2 s of them.

    So a test waits for 2 s alone, and a machine may be slow by 10 s before a lock is lost.
    """
    bus.fault("clock", seconds=12 - LOCK)


def held_beyond(bus: Bus, message: ServiceBusReceivedMessage) -> None:
    """Wait until the lock was renewed, and then on until after its first end."""
    first = message.locked_until_utc
    assert first is not None
    bus.clear_faults()

    def is_renewed() -> bool:
        (kept,) = bus.messages("renewed-locks")
        return datetime.fromisoformat(kept["lockedUntil"]) > first + timedelta(seconds=LOCK / 2)

    wait_until(is_renewed)
    later(bus, 20)
    assert datetime.now(UTC) + timedelta(seconds=20) > first


def test_a_lock_renewer_holds_a_message_beyond_the_lock_duration(
    bus: Bus, client: ServiceBusClient, send: Send
) -> None:
    send("renewed-locks", ServiceBusMessage("one"))
    before = bus.counts("renewed-locks")["totals"]
    ends_soon(bus)
    with (
        AutoLockRenewer() as renewer,
        client.get_queue_receiver("renewed-locks", max_wait_time=PATIENCE) as receiver,
    ):
        message = next(receiver)
        renewer.register(receiver, message, max_lock_renewal_duration=600)
        held_beyond(bus, message)
        receiver.complete_message(message)
    assert bus.counts("renewed-locks")["totals"] == before | {"completed": before["completed"] + 1}


async def test_so_does_the_renewer_of_the_async_client(bus: Bus, send: Send) -> None:
    send("renewed-locks", ServiceBusMessage("one"))
    before = bus.counts("renewed-locks")["totals"]
    ends_soon(bus)
    async with (
        AsyncServiceBusClient.from_connection_string(bus.connection_string) as client,
        AsyncAutoLockRenewer() as renewer,
        client.get_queue_receiver("renewed-locks") as receiver,
    ):
        (message,) = await take_async(receiver, 1)
        renewer.register(receiver, message, max_lock_renewal_duration=600)
        await asyncio.to_thread(held_beyond, bus, message)
        await receiver.complete_message(message)
    assert bus.counts("renewed-locks")["totals"] == before | {"completed": before["completed"] + 1}


async def test_the_async_client_can_do_all_of_it_too(bus: Bus) -> None:
    client = AsyncServiceBusClient.from_connection_string(bus.connection_string, retry_total=0)
    async with (
        client,
        client.get_queue_sender("plain") as sender,
        client.get_queue_receiver("plain") as receiver,
    ):
        await sender.send_messages([ServiceBusMessage(str(number)) for number in range(200)])
        received = await take_async(receiver, 200)
        assert bodies(received) == [str(number) for number in range(200)]
        await receiver.dead_letter_message(received[0], reason="why")
        await receiver.defer_message(received[1])
        await receiver.abandon_message(received[2])
        await asyncio.gather(*map(receiver.complete_message, received[3:]))
        (back,) = await receiver.receive_messages(1, max_wait_time=PATIENCE)
        assert (str(back), back.delivery_count) == ("2", 1)
        await receiver.renew_message_lock(back)
        await receiver.complete_message(back)
        (deferred,) = await receiver.receive_deferred_messages([received[1].sequence_number or 0])
        await receiver.complete_message(deferred)
        in_an_hour = datetime.now(UTC) + timedelta(hours=1)
        numbers = await sender.schedule_messages(ServiceBusMessage("later"), in_an_hour)
        assert len(await receiver.peek_messages(5)) == 1
        await sender.cancel_scheduled_messages(numbers)
    counts = bus.counts("plain")
    assert (counts["active"], counts["deferred"], counts["scheduled"]) == (0, 0, 0)
    assert (counts["deadLettered"], counts["locked"]) == (1, 0)


@pytest.mark.parametrize(
    "garbage",
    [b"GET / HTTP/1.1\r\n\r\n", b"AMQP\x00\x01\x00\x00" + b"\x00\x00\x00\x09\x02\x00\x00\x00\xff"],
)
def test_a_client_that_speaks_no_amqp_is_turned_away_and_nobody_else_suffers(
    bus: Bus, garbage: bytes
) -> None:
    with socket.create_connection(("127.0.0.1", bus.ports["amqp"]), PATIENCE) as stranger:
        stranger.sendall(garbage)
        answer = b""
        while received := stranger.recv(1000):
            answer += received
    assert b"amqp:decode-error" in answer
    assert bus.control.get("/health").status_code == 200


@pytest.mark.parametrize(
    ("queues", "complaint"),
    [
        ('{"q": {"maxDeliverycount": 3}}', "queue 'q': there is no setting 'maxDeliverycount'"),
        ('{"q": {"maxDeliveryCount": "3"}}', "queue 'q': maxDeliveryCount cannot be '3'"),
        ('["q"]', "expected an object of queue name to settings"),
    ],
)
def test_a_queues_file_that_makes_no_sense_is_refused_by_field_and_reason(
    tmp_path: Path, queues: str, complaint: str
) -> None:
    (tmp_path / "queues.json").write_text(queues)
    arguments: list[str | Path] = [
        "--database",
        tmp_path / "bus.db",
        "--queues",
        tmp_path / "queues.json",
    ]
    command: list[str | Path] = [sys.executable, "-m", "sandbox.service_bus", *arguments]
    finished = subprocess.run(
        [*command, "--amqp-port", "0", "--control-port", "0"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert finished.returncode == 1
    assert complaint in finished.stderr
