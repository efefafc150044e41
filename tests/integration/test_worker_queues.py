"""The worker's edge to Service Bus: whatever happens there is one error, and it has an end."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from azure.servicebus import ServiceBusMessage
from pydantic import SecretStr

from hybrid_worker.queues import Delivery, Queues, QueuesUnavailable
from hybrid_worker.settings import ServiceBusSettings
from sandbox.testing import service_bus_process
from sandbox.testing.relay import Relay, relaying
from sandbox.testing.service_bus_process import Bus
from sandbox.testing.waiting import PATIENCE
from shared.contracts.messages.queues import DIRECTORY_COMMANDS
from tests.support.worker_process import QUEUES

type Use = Callable[[Queues, Delivery], object]
USES: dict[str, Use] = {
    "receive": lambda queues, _: queues.receive(1, 0.1),
    "prove": lambda queues, _: queues.prove(),
    "complete": lambda queues, delivery: queues.complete(delivery),
    "send": lambda queues, _: queues.send([("answer", b"{}")]),
}
TOO_LARGE = b"x" * 300_000
LOCK = 60
"""Seconds; no machine is so slow that it ends within a test."""


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bus]:
    commands = {DIRECTORY_COMMANDS: {"lockDurationSeconds": LOCK, "maxDeliveryCount": 5}}
    with service_bus_process.running(tmp_path_factory.mktemp("bus"), QUEUES | commands) as bus:
        yield bus


@contextmanager
def opened(
    connection_string: str, *, answer_within: float = PATIENCE, **more: Any
) -> Iterator[Queues]:
    settings = ServiceBusSettings(
        connection_string=SecretStr(connection_string), transport="amqp", **more
    )
    queues = Queues(settings, 60, lambda: datetime.now(UTC), answer_within=answer_within)
    try:
        yield queues
    finally:
        queues.close()


def taken(bus: Bus, queues: Queues) -> Delivery:
    """A command that the worker holds, and a sender that is open."""
    queues.send([("open", b"{}")])
    with bus.client() as client, client.get_queue_sender(DIRECTORY_COMMANDS) as sender:
        sender.send_messages(ServiceBusMessage(b"{}"))
    (delivery,) = queues.receive(1, PATIENCE)
    return delivery


@pytest.mark.parametrize("use", ["receive", "complete"])
def test_a_link_that_another_thread_has_closed_is_unavailable_and_opened_again(
    bus: Bus, use: str
) -> None:
    """Given a lock's renewal that lost the connection, when the link is used, then it passes."""
    with opened(bus.connection_string) as queues:
        delivery = taken(bus, queues)
        # What the SDK does in the thread that renews locks, once the connection is gone.
        delivery._receiver.close()

        with pytest.raises(QueuesUnavailable):
            USES[use](queues, delivery)

        queues.close()
        queues.prove()


@pytest.mark.parametrize("use", USES)
def test_a_broker_that_swallows_everything_is_waited_for_no_longer_than_told(
    bus: Bus, use: str
) -> None:
    """Given a dead connection that nobody has closed, when it is used, then the wait has an end."""
    with relaying(("127.0.0.1", bus.ports["amqp"])) as relay:
        through = _through(bus, relay)
        # So long is the wait for what never comes; what does come has as long.
        with opened(through, answer_within=6) as queues:
            delivery = taken(bus, queues)
            relay.swallow()

            if use == "receive":
                # A dead link and an empty queue look alike; that is what `prove` is for.
                assert queues.receive(1, 0.1) == []
            else:
                with pytest.raises(QueuesUnavailable):
                    USES[use](queues, delivery)

            queues.close()
            relay.flow()
            queues.prove()


def test_an_answer_that_no_message_can_hold_keeps_none_behind_it(bus: Bus) -> None:
    with opened(bus.connection_string) as queues:
        aside = queues.send([("before", b"1"), ("large", TOO_LARGE), ("behind", b"2")])

    assert aside == ["large"]
    told = {one["messageId"] for one in bus.messages("directory-results")}
    assert {"before", "behind"} <= told
    assert "large" not in told


def test_as_many_answers_as_there_are_go_in_batches_that_are_taken(bus: Bus) -> None:
    answers = [(f"brim-{number}", b"x" * 900) for number in range(700)]
    with opened(bus.connection_string) as queues:
        queues.send(answers)

    told = {one["messageId"] for one in bus.messages("directory-results")}
    assert {message_id for message_id, _ in answers} <= told


def test_a_link_that_has_gone_deaf_is_opened_anew_after_a_silence(bus: Bus) -> None:
    """Given a link that gets nothing while its connection answers, then it hears again."""
    began = time.monotonic()
    with opened(bus.connection_string, reopen_after=5) as queues:
        queues.receive(1, 0.1)
        bus.fault("deafen", DIRECTORY_COMMANDS)
        with bus.client() as client, client.get_queue_sender(DIRECTORY_COMMANDS) as sender:
            sender.send_messages(ServiceBusMessage(b"{}"))
        queues.prove()  # the other link of the same connection has nothing to complain of
        while not (deliveries := queues.receive(1, 0.5)):
            assert time.monotonic() < began + PATIENCE
        assert time.monotonic() >= began + 5
        queues.complete(deliveries[0])


def test_a_message_whose_lock_is_over_when_it_comes_tells_that_the_clock_is_ahead(
    bus: Bus,
) -> None:
    bus.fault("clock", seconds=-LOCK - 70)
    try:
        with opened(bus.connection_string) as queues:
            taken(bus, queues)
            assert queues.clock_ahead is not None
            # By the lock less, which the worker cannot know.
            assert 60 < queues.clock_ahead.total_seconds() < 90
    finally:
        bus.clear_faults()
        bus.control.post("/reset")


def _through(bus: Bus, relay: Relay) -> str:
    return bus.connection_string.replace(f":{bus.ports['amqp']}", f":{relay.port}")
