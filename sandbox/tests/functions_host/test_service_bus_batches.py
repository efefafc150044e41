"""Service Bus functions that take many messages at once, through the unmodified SDK.

What is sent together is seen together here: the host waits for `TOGETHER` messages. Without that
it takes what there is, and on a busy machine that may be the first message alone.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.servicebus import ServiceBusMessage
from azure.servicebus.amqp import AmqpAnnotatedMessage

from sandbox.testing.functions_host_process import App, RunningHost
from sandbox.testing.service_bus_process import Bus, running
from sandbox.testing.waiting import wait_until

TOGETHER = 3
QUEUES = ("batch", "failing", "mass", "binary", "binary-single", "objects")
DELIVERIES = 3
CODE = """
    from typing import List

    untyped = dict(arg_name="messages", connection="Bus", cardinality="many")
    many = dict(data_type="string", **untyped)

    def bodies(messages):
        return [one.get_body().decode() for one in messages]

    @app.service_bus_queue_trigger(queue_name="batch", **many)
    def batch(messages: List[func.ServiceBusMessage]) -> None:
        record(
            function="batch",
            names=sorted(messages[0].metadata),
            bodies=bodies(messages),
            ids=[one.message_id for one in messages],
            correlations=[one.correlation_id for one in messages],
            counts=[one.delivery_count for one in messages],
            properties=[one.application_properties for one in messages],
            sequence=[one.sequence_number for one in messages],
        )

    @app.service_bus_queue_trigger(queue_name="failing", **many)
    async def failing(messages: List[func.ServiceBusMessage]) -> None:
        record(function="failing", counts=[one.delivery_count for one in messages])
        raise RuntimeError("cannot")

    @app.service_bus_queue_trigger(queue_name="mass", **many)
    def mass(messages: List[func.ServiceBusMessage]) -> None:
        record(function="mass", size=len(messages))

    @app.service_bus_queue_trigger(queue_name="binary", data_type="binary", **untyped)
    def binary(messages: List[func.ServiceBusMessage]) -> None:
        record(function="binary", bodies=bodies(messages))

    @app.service_bus_queue_trigger("message", "Bus", "binary-single", data_type="binary")
    def binary_single(message: func.ServiceBusMessage) -> None:
        record(function="binary_single", body=message.get_body().decode())

    @app.service_bus_queue_trigger(queue_name="objects", **untyped)
    def objects(messages: List[func.ServiceBusMessage]) -> None:
        record(function="objects", bodies=bodies(messages))
"""


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bus]:
    queues = {name: {"maxDeliveryCount": DELIVERIES, "lockDurationSeconds": 60} for name in QUEUES}
    with running(tmp_path_factory.mktemp("bus"), queues) as bus:
        yield bus


def app_on(bus: Bus, folder: Path, wait: str) -> App:
    service_bus = {"minMessageBatchSize": TOGETHER, "maxBatchWaitTime": wait}
    options = {"extensions": {"serviceBus": service_bus}}
    return App(folder / "host", CODE, values={"Bus": bus.connection_string}, options=options)


@pytest.fixture(scope="module")
def app(bus: Bus, tmp_path_factory: pytest.TempPathFactory) -> App:
    return app_on(bus, tmp_path_factory.mktemp("app"), "00:00:30")


@pytest.fixture(scope="module")
def host(app: App) -> Iterator[RunningHost]:
    with app.running() as host:
        yield host


def dead(bus: Bus, queue: str) -> int:
    return len(bus.messages(queue, dead_letters=True))


def has_dead_letters(app: App, bus: Bus, queue: str, count: int) -> None:
    wait_until(lambda: dead(bus, queue) == count, app.log)


@pytest.mark.usefixtures("host")
def test_a_batch_arrives_as_arrays_in_which_optional_texts_have_moved(app: App, bus: Bus) -> None:
    bodies = ['{"messageId": "x"}', "two", "three"]
    messages = [ServiceBusMessage(body, message_id=f"m{i}") for i, body in enumerate(bodies)]
    messages[2].correlation_id = "of the third"
    bus.send("batch", *messages)
    (seen,) = app.seen_by("batch", 1)
    assert seen["bodies"] == bodies
    assert seen["ids"] == ["m0", "m1", "m2"]
    assert seen["correlations"] == ["of the third", None, None]
    assert seen["counts"] == [1, 1, 1]
    assert seen["properties"] == [{}, {}, {}]
    assert seen["sequence"] == sorted(seen["sequence"])
    names = set(seen["names"])
    assert {"MessageIdArray", "LockTokenArray", "EnqueuedTimeUtcArray", "MessageReceiver"} <= names
    bus.is_emptied("batch")


@pytest.mark.usefixtures("host")
def test_an_exception_in_a_batch_abandons_every_message_of_it(app: App, bus: Bus) -> None:
    bus.send("failing", *(ServiceBusMessage(body) for body in "xyz"))
    has_dead_letters(app, bus, "failing", TOGETHER)
    delivered = [line["counts"] for line in app.seen_by("failing", DELIVERIES)]
    assert delivered == [[1, 1, 1], [2, 2, 2], [3, 3, 3]]


@pytest.mark.usefixtures("host")
def test_thousands_of_messages_are_a_few_invocations_of_up_to_a_thousand(
    app: App, bus: Bus
) -> None:
    bus.hold("mass", "deliver")
    bus.send("mass", *(ServiceBusMessage(f"{number}") for number in range(2000)))
    bus.release("mass", "deliver")
    wait_until(lambda: sum(line["size"] for line in app.seen_by("mass", 1)) == 2000, app.log)
    sizes = [line["size"] for line in app.seen_by("mass", 1)]
    # How many there are for the taking at a time depends on how busy the machine is.
    assert max(sizes) <= 1000
    assert len(sizes) <= 2000 / TOGETHER / 10
    bus.is_emptied("mass")


@pytest.mark.usefixtures("host")
@pytest.mark.parametrize(
    "body",
    [
        {"value_body": "a text"},
        {"value_body": b"bytes"},
        {"value_body": {"a": 1}},
        {"value_body": None},
        {"sequence_body": [["a"]]},
    ],
)
def test_a_body_that_is_no_data_takes_its_whole_batch_with_it_and_alone_only_itself(
    body: dict[str, Any], app: App, bus: Bus
) -> None:
    """Source: `BindToValueAsync` fails before any function is called, in the extension."""
    called = {name: len(app.seen_by(name, 0)) for name in ("binary", "binary_single")}
    before = {queue: dead(bus, queue) for queue in ("binary", "binary-single")}
    for queue in before:
        healthy = [ServiceBusMessage("healthy") for _ in range(TOGETHER - 1)]
        bus.send(queue, *healthy, AmqpAnnotatedMessage(**body))
    has_dead_letters(app, bus, "binary", before["binary"] + TOGETHER)
    assert len(app.seen_by("binary", 0)) == called["binary"]
    seen = app.seen_by("binary_single", called["binary_single"] + TOGETHER - 1)
    assert [one["body"] for one in seen[called["binary_single"] :]] == ["healthy"] * (TOGETHER - 1)
    has_dead_letters(app, bus, "binary-single", before["binary-single"] + 1)


@pytest.mark.usefixtures("host")
def test_a_batch_without_a_data_type_is_json_that_is_read_and_written_again(
    app: App, bus: Bus
) -> None:
    good = ['{"a":1,"b":[]}', '{ "c": "ü" }', "{}"]
    bus.send("objects", *map(ServiceBusMessage, good))
    (seen,) = app.seen_by("objects", 1)
    assert seen["bodies"] == ['{"a": 1, "b": []}', r'{"c": "\u00fc"}', "{}"]
    bus.is_emptied("objects")
    bus.send("objects", *map(ServiceBusMessage, ["{}", "{}", "not JSON"]))
    has_dead_letters(app, bus, "objects", TOGETHER)
    assert len(app.seen_by("objects", 1)) == 1


@pytest.mark.usefixtures("host")
def test_one_empty_text_dead_letters_the_whole_batch(app: App, bus: Bus) -> None:
    before, called = dead(bus, "batch"), len(app.seen_by("batch", 0))
    bus.send("batch", *map(ServiceBusMessage, ["text", "more", ""]))
    has_dead_letters(app, bus, "batch", before + TOGETHER)
    assert len(app.seen_by("batch", 0)) == called


def test_fewer_than_are_waited_for_come_when_the_time_for_it_is_over(tmp_path: Path) -> None:
    with running(tmp_path, {name: {} for name in QUEUES}) as bus:
        app = app_on(bus, tmp_path, "00:00:01")
        with app.running():
            bus.send("batch", ServiceBusMessage("alone"))
            (seen,) = app.seen_by("batch", 1)
    assert (seen["bodies"], seen["counts"]) == (["alone"], [1])
