"""Service Bus functions on the host, against the stand-in and through the unmodified SDK."""

import json
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from azure.servicebus import ServiceBusClient, ServiceBusMessage

from sandbox.certificates import server_certificate
from tests.contract.functions_host_process import App, RunningHost
from tests.contract.service_bus_process import Bus, running
from tests.waiting import wait_until

QUEUES = ("single", "batch", "failing", "failing-batch", "mass", "binary", "traps")

CODE = """
    from typing import List

    one = dict(arg_name="message", connection="Bus")
    many = dict(arg_name="messages", connection="Bus", cardinality="many")

    def describe(message):
        return dict(
            body=message.get_body().decode(),
            id=message.message_id,
            correlation=message.correlation_id,
            count=message.delivery_count,
            properties=message.application_properties,
            enqueued=message.enqueued_time_utc.isoformat(),
            sequence=message.sequence_number,
            type=type(message).__module__,
        )

    @app.service_bus_queue_trigger(queue_name="%SingleQueue%", **one)
    async def single(message: func.ServiceBusMessage, context: func.Context) -> None:
        record(function="single", names=sorted(message.metadata), **describe(message))

    @app.service_bus_queue_trigger(queue_name="batch", **many)
    def batch(messages: List[func.ServiceBusMessage]) -> None:
        names = sorted(messages[0].metadata)
        record(function="batch", names=names, messages=[describe(one) for one in messages])

    @app.service_bus_queue_trigger(queue_name="traps", **one)
    def traps(message: func.ServiceBusMessage) -> None:
        record(function="traps", **describe(message))

    @app.service_bus_queue_trigger(queue_name="failing", **one)
    async def failing(message: func.ServiceBusMessage) -> None:
        record(function="failing", count=message.delivery_count)
        raise RuntimeError("cannot")

    @app.service_bus_queue_trigger(queue_name="failing-batch", **many)
    async def failing_batch(messages: List[func.ServiceBusMessage]) -> None:
        record(function="failing_batch", counts=[one.delivery_count for one in messages])
        raise RuntimeError("cannot")

    @app.service_bus_queue_trigger(queue_name="mass", **many)
    def mass(messages: List[func.ServiceBusMessage]) -> None:
        record(function="mass", size=len(messages), time=time.time())

    @app.service_bus_queue_trigger(queue_name="binary", data_type="binary", **one)
    def binary(message: func.ServiceBusMessage) -> None:
        record(function="binary", body=message.get_body().hex())
"""


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bus]:
    queues = {name: {"maxDeliveryCount": 3, "lockDurationSeconds": 30} for name in QUEUES}
    with running(tmp_path_factory.mktemp("bus"), queues) as bus:
        yield bus


@pytest.fixture(scope="module")
def client(bus: Bus) -> Iterator[ServiceBusClient]:
    with ServiceBusClient.from_connection_string(bus.connection_string) as client:
        yield client


@pytest.fixture(scope="module")
def app(bus: Bus, tmp_path_factory: pytest.TempPathFactory) -> App:
    values = {"Bus": bus.connection_string, "SingleQueue": "single"}
    return App(tmp_path_factory.mktemp("host"), CODE, values=values)


@pytest.fixture(scope="module")
def host(app: App) -> Iterator[RunningHost]:
    with app.running() as host:
        yield host


def send(client: ServiceBusClient, queue: str, *messages: ServiceBusMessage) -> None:
    with client.get_queue_sender(queue) as sender:
        sender.send_messages(list(messages))


def seen_by(app: App, function: str, count: int) -> list[dict[str, Any]]:
    def found() -> list[dict[str, Any]]:
        return [line for line in app.seen() if line["function"] == function]

    wait_until(lambda: len(found()) >= count, app.log)
    return found()


def empty(bus: Bus, queue: str) -> None:
    wait_until(lambda: not bus.messages(queue), lambda: str(bus.counts(queue)))


@pytest.mark.usefixtures("host")
def test_a_single_message_arrives_with_its_metadata_and_is_completed(
    app: App, bus: Bus, client: ServiceBusClient
) -> None:
    properties: dict[str | bytes, Any] = {"text": "a", "number": 7}
    send(
        client,
        "single",
        ServiceBusMessage(
            "hello", message_id="m1", correlation_id="c1", application_properties=properties
        ),
    )
    (seen,) = seen_by(app, "single", 1)
    assert (seen["body"], seen["id"], seen["correlation"]) == ("hello", "m1", "c1")
    assert (seen["count"], seen["properties"]) == (1, {"text": "a", "number": 7})
    assert seen["type"] == "azure.functions.servicebus"
    assert "+" not in seen["enqueued"]
    assert {"MessageId", "LockToken", "ExpiresAtUtc", "UserProperties", "sys"} <= set(seen["names"])
    assert "ReplyTo" not in seen["names"]
    empty(bus, "single")


@pytest.mark.usefixtures("host")
def test_top_level_properties_of_a_json_body_replace_the_metadata_as_text(
    app: App, client: ServiceBusClient
) -> None:
    body = {"messageid": 42, "CORRELATIONID": "2024-05-01T10:00:00Z", "deliveryCount": "8"}
    message = ServiceBusMessage(json.dumps({**body, "list": [1]}), message_id="m1")
    send(client, "traps", message)
    (seen,) = seen_by(app, "traps", 1)
    assert (seen["id"], seen["correlation"], seen["count"]) == ("42", "05/01/2024 10:00:00", 8)


@pytest.mark.usefixtures("host")
def test_a_batch_arrives_as_arrays_in_which_optional_texts_have_moved(
    app: App, bus: Bus, client: ServiceBusClient
) -> None:
    bodies = ('{"messageId": "x"}', "two", "three")
    messages = [ServiceBusMessage(body, message_id=f"m{i}") for i, body in enumerate(bodies)]
    messages[2].correlation_id = "of the third"
    send(client, "batch", *messages)
    (seen,) = seen_by(app, "batch", 1)
    assert [one["body"] for one in seen["messages"]] == list(bodies)
    assert [one["id"] for one in seen["messages"]] == ["m0", "m1", "m2"]
    assert [one["correlation"] for one in seen["messages"]] == ["of the third", None, None]
    assert [one["count"] for one in seen["messages"]] == [1, 1, 1]
    assert [one["properties"] for one in seen["messages"]] == [{}, {}, {}]
    numbers = [one["sequence"] for one in seen["messages"]]
    assert numbers == sorted(numbers)
    assert {"MessageIdArray", "LockTokenArray", "EnqueuedTimeUtcArray"} <= set(seen["names"])
    empty(bus, "batch")


@pytest.mark.usefixtures("host")
def test_an_exception_abandons_until_the_message_is_dead_lettered(
    app: App, bus: Bus, client: ServiceBusClient
) -> None:
    send(client, "failing", ServiceBusMessage("x"))
    wait_until(lambda: len(bus.messages("failing", dead_letters=True)) == 1)
    assert [line["count"] for line in seen_by(app, "failing", 3)] == [1, 2, 3]
    (dead,) = bus.messages("failing", dead_letters=True)
    assert "MaxDeliveryCountExceeded" in json.dumps(dead)


@pytest.mark.usefixtures("host")
def test_an_exception_in_a_batch_abandons_every_message_of_it(
    app: App, bus: Bus, client: ServiceBusClient
) -> None:
    bus.hold("failing-batch", "deliver")
    send(client, "failing-batch", ServiceBusMessage("x"), ServiceBusMessage("y"))
    bus.release("failing-batch", "deliver")
    wait_until(lambda: len(bus.messages("failing-batch", dead_letters=True)) == 2)
    delivered = [line["counts"] for line in seen_by(app, "failing_batch", 3)]
    assert delivered == [[1, 1], [2, 2], [3, 3]]


@pytest.mark.usefixtures("host")
def test_thousands_of_messages_are_a_few_invocations_of_up_to_a_thousand(
    app: App, bus: Bus, client: ServiceBusClient
) -> None:
    messages = [ServiceBusMessage(f"{number}") for number in range(2000)]
    bus.hold("mass", "deliver")
    send(client, "mass", *messages)
    bus.release("mass", "deliver")
    wait_until(lambda: sum(line["size"] for line in seen_by(app, "mass", 1)) == 2000)
    sizes = [line["size"] for line in seen_by(app, "mass", 1)]
    # How many there are for the taking at a time depends on how busy the machine is.
    assert max(sizes) <= 1000
    assert len(sizes) <= 10
    assert sum(sizes) == 2000
    empty(bus, "mass")


@pytest.mark.usefixtures("host")
def test_binary_reaches_only_a_function_that_asks_for_it(
    app: App, bus: Bus, client: ServiceBusClient
) -> None:
    send(client, "binary", ServiceBusMessage(b"\xff\x00"))
    assert seen_by(app, "binary", 1)[0]["body"] == "ff00"
    send(client, "single", ServiceBusMessage(b"\xff\x00", message_id="not text"))
    wait_until(lambda: len(bus.messages("single", dead_letters=True)) == 1)
    assert "cannot bind function=single" in app.log()


def test_queue_functions_run_by_hand(host: RunningHost, app: App) -> None:
    before = len(seen_by(app, "batch", 0))
    assert host.invoke_by_hand("batch", "by hand").status_code == 202
    seen = seen_by(app, "batch", before + 1)[-1]
    assert [one["body"] for one in seen["messages"]] == ["by hand"]


def test_a_missing_queue_keeps_the_host_from_starting(bus: Bus, tmp_path: Path) -> None:
    code = """
        @app.service_bus_queue_trigger(arg_name="message", connection="Bus", queue_name="nowhere")
        def f(message: func.ServiceBusMessage) -> None: ...
    """
    said = App(tmp_path, code, values={"Bus": bus.connection_string}).refused()
    assert "queue 'nowhere'" in said


class _IdentityEndpoint(BaseHTTPRequestHandler):
    """Hands out tokens as App Service does, for the one identity that exists."""

    def do_GET(self) -> None:
        known = self.headers["X-IDENTITY-HEADER"] == "secret" and "client_id=the-app" in self.path
        token = {"access_token": "any", "expires_on": str(int(time.time()) + 3600)}
        body = json.dumps({**token, "resource": "bus", "token_type": "Bearer"}).encode()
        self.send_response(200 if known else 400)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Keep standard error quiet."""


@pytest.fixture
def identity_endpoint() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _IdentityEndpoint) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/token"
        server.shutdown()
        thread.join()


def test_identities_work_on_both_transports_and_a_stop_lets_functions_settle(
    tmp_path: Path, identity_endpoint: str
) -> None:
    code = """
        @app.service_bus_queue_trigger(arg_name="message", connection="Tls", queue_name="tls")
        async def over_tls(message: func.ServiceBusMessage) -> None:
            record(function="over_tls")
            await asyncio.sleep(3)

        @app.service_bus_queue_trigger(arg_name="message", connection="Web", queue_name="web")
        def over_web_sockets(message: func.ServiceBusMessage) -> None:
            record(function="over_web_sockets")
            time.sleep(1)
    """
    files = server_certificate(tmp_path, "bus", ["localhost"])
    tls: list[str | Path] = ["--certificate", files.certificate, "--private-key", files.key]
    ports = ["--tls-port", "0", "--websocket-port", "0"]
    with running(tmp_path, {"tls": {}, "web": {}}, *tls, *ports) as bus:
        values = {"IDENTITY_ENDPOINT": identity_endpoint, "IDENTITY_HEADER": "secret"}
        for name, port, transport in (
            ("Tls", "tls", "Amqp"),
            ("Web", "websocket", "AmqpOverWebsocket"),
        ):
            values |= {
                f"{name}__fullyQualifiedNamespace": "company.servicebus.windows.net",
                f"{name}__credential": "managedidentity",
                f"{name}__clientId": "the-app",
                f"{name}__customEndpoint": f"sb://localhost:{bus.ports[port]}",
                f"{name}__caFile": str(files.authority),
                f"{name}__transport": transport,
            }
        app = App(tmp_path / "host", code, values=values)
        with (
            app.running(),
            ServiceBusClient.from_connection_string(bus.connection_string) as client,
        ):
            for queue in ("tls", "web"):
                send(client, queue, ServiceBusMessage("x"))
            seen = app.wait_for(2)
        assert {line["function"] for line in seen} == {"over_tls", "over_web_sockets"}
        empty(bus, "tls")
        empty(bus, "web")
