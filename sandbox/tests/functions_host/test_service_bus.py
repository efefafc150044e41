"""Service Bus functions on the host, against the stand-in and through the unmodified SDK."""

import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from azure.servicebus import ServiceBusMessage
from azure.servicebus._pyamqp._decode import decode_payload
from azure.servicebus._pyamqp.described import DescribedInt
from azure.servicebus.amqp import AmqpAnnotatedMessage

from sandbox.certificates import server_certificate
from sandbox.functions_host import amqp_types
from sandbox.functions_host.application_properties import spell, spell_properties
from sandbox.testing.functions_host_process import App, RunningHost
from sandbox.testing.service_bus_process import Bus, running
from sandbox.testing.waiting import wait_until

QUEUES = ("single", "batch", "failing", "binary", "traps", "outlived", "named")
LOCK_SECONDS = 30
SHORT_LOCK_SECONDS = 2

CODE = """
    from typing import List

    one = dict(arg_name="message", connection="Bus")
    many = dict(arg_name="messages", connection="Bus", cardinality="many", data_type="string")

    def describe(message):
        return dict(
            body=message.get_body().decode(errors="backslashreplace"),
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
        record(function="batch", bodies=[one.get_body().decode() for one in messages])

    @app.service_bus_queue_trigger(queue_name="traps", **one)
    def traps(message: func.ServiceBusMessage) -> None:
        record(function="traps", **describe(message))

    @app.service_bus_queue_trigger(queue_name="failing", **one)
    async def failing(message: func.ServiceBusMessage) -> None:
        record(function="failing", count=message.delivery_count)
        raise RuntimeError("cannot")

    @app.service_bus_queue_trigger(queue_name="binary", data_type="binary", **one)
    def binary(message: func.ServiceBusMessage) -> None:
        record(function="binary", **describe(message))

    @app.service_bus_queue_trigger(queue_name="outlived", **many)
    async def outlived(messages: List[func.ServiceBusMessage]) -> None:
        await asyncio.sleep(4)
        record(function="outlived", counts=[one.delivery_count for one in messages])
"""


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bus]:
    queues = {name: {"maxDeliveryCount": 3, "lockDurationSeconds": LOCK_SECONDS} for name in QUEUES}
    queues["outlived"]["lockDurationSeconds"] = SHORT_LOCK_SECONDS
    with running(tmp_path_factory.mktemp("bus"), queues) as bus:
        yield bus


@pytest.fixture(scope="module")
def app(bus: Bus, tmp_path_factory: pytest.TempPathFactory) -> App:
    values = {"Bus": bus.connection_string, "SingleQueue": "single"}
    return App(tmp_path_factory.mktemp("host"), CODE, values=values)


@pytest.fixture(scope="module")
def host(app: App) -> Iterator[RunningHost]:
    with app.running() as host:
        yield host


@pytest.mark.usefixtures("host")
def test_a_single_message_arrives_with_its_metadata_and_is_completed(app: App, bus: Bus) -> None:
    properties: dict[str | bytes, Any] = {
        "text": "a",
        "number": 7,
        "moment": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    }
    bus.send(
        "single",
        ServiceBusMessage(
            "hello", message_id="m1", correlation_id="c1", application_properties=properties
        ),
    )
    (seen,) = app.seen_by("single", 1)
    assert (seen["body"], seen["id"], seen["correlation"]) == ("hello", "m1", "c1")
    assert seen["count"] == 1
    assert seen["properties"] == {
        "text": "a",
        "number": 7,
        "moment": "2026-01-02T03:04:05Z",
    }
    assert seen["type"] == "azure.functions.servicebus"
    assert "+" not in seen["enqueued"]
    names = set(seen["names"])
    assert {"MessageId", "LockToken", "ExpiresAtUtc", "UserProperties", "Client"} <= names
    assert not {"ReplyTo", "sys"} & names
    bus.is_emptied("single")


@pytest.mark.usefixtures("host")
def test_top_level_properties_of_a_json_body_replace_the_metadata_as_text(
    app: App, bus: Bus
) -> None:
    body = {"messageid": 42, "CORRELATIONID": "2024-05-01T10:00:00Z", "deliveryCount": "8"}
    message = ServiceBusMessage(json.dumps({**body, "list": [1]}), message_id="m1")
    bus.send("traps", message)
    (seen,) = app.seen_by("traps", 1)
    assert (seen["id"], seen["correlation"], seen["count"]) == ("42", "05/01/2024 10:00:00", 8)


@pytest.mark.usefixtures("host")
def test_an_exception_abandons_until_the_message_is_dead_lettered(app: App, bus: Bus) -> None:
    bus.send("failing", ServiceBusMessage("x"))
    wait_until(lambda: len(bus.messages("failing", dead_letters=True)) == 1)
    assert [line["count"] for line in app.seen_by("failing", 3)] == [1, 2, 3]
    (dead,) = bus.messages("failing", dead_letters=True)
    assert "MaxDeliveryCountExceeded" in json.dumps(dead)


@pytest.mark.usefixtures("host")
def test_binary_reaches_only_a_function_that_asks_for_it(app: App, bus: Bus) -> None:
    before = len(app.seen_by("single", 0))
    bus.send("binary", ServiceBusMessage(b"\xff!"))
    assert app.seen_by("binary", 1)[-1]["body"] == r"\xff!"
    bus.send("single", ServiceBusMessage(b"\xff!"))
    assert app.seen_by("single", before + 1)[-1]["body"] == "\N{REPLACEMENT CHARACTER}!"
    bus.is_emptied("single")


@pytest.mark.usefixtures("host")
def test_of_a_body_that_is_wanted_as_bytes_nothing_replaces_the_metadata(
    app: App, bus: Bus
) -> None:
    before = len(app.seen_by("binary", 0))
    body = json.dumps({"messageId": "mine", "deliveryCount": 8})
    bus.send("binary", ServiceBusMessage(body, message_id="m1"))
    seen = app.seen_by("binary", before + 1)[-1]
    assert (seen["body"], seen["id"], seen["count"]) == (body, "m1", 1)


@pytest.mark.usefixtures("host")
def test_a_text_that_is_an_amqp_value_reaches_a_single_function_that_wants_text(
    app: App, bus: Bus
) -> None:
    before = len(app.seen_by("single", 0))
    for queue in ("single", "binary", "batch"):
        bus.send(queue, AmqpAnnotatedMessage(value_body="a value"))
    assert app.seen_by("single", before + 1)[-1]["body"] == "a value"
    for queue in ("binary", "batch"):
        wait_until(lambda queue=queue: len(bus.messages(queue, dead_letters=True)) == 1)  # type: ignore[misc]  # mypy knows no default of a lambda
        assert f"cannot bind function={queue}" in app.log()


@pytest.mark.usefixtures("host")
def test_a_batch_that_outlives_its_lock_is_dead_lettered_although_it_succeeds(
    app: App, bus: Bus
) -> None:
    bus.send("outlived", ServiceBusMessage("x"))
    wait_until(lambda: len(bus.messages("outlived", dead_letters=True)) == 1, app.log)
    delivered = [count for line in app.seen_by("outlived", 2) for count in line["counts"]]
    # What comes a third time may be set aside while it waits for the second to end.
    assert delivered[:2] == [1, 2]
    assert not re.search("function=outlived .* result=failed", app.log())
    assert bus.counts("outlived")["totals"]["completed"] == 0


def test_bytes_among_the_properties_are_told_from_text_and_spelt_as_base64() -> None:
    amqp_types.install()
    # The SDK sends both as text, so this is a section as another sender writes it.
    section = b"\x00\x53\x74\xc1\x12\x04\xa1\x01b\xa0\x04text\xa1\x01s\xa1\x04text"
    properties = decode_payload(memoryview(section)).application_properties
    assert spell_properties(properties or {}) == {"b": "dGV4dA==", "s": "text"}


def test_time_spans_are_spelt_as_dot_net_does() -> None:
    def spelt(ticks: int) -> Any:
        described: Any = DescribedInt
        return spell(described(ticks, descriptor=b"com.microsoft:timespan"))

    assert spelt(90 * 10_000_000) == "00:01:30"
    assert spelt(-(26 * 3600 * 10_000_000 + 5)) == "-1.02:00:00.0000005"


def test_a_function_of_single_messages_runs_by_hand(host: RunningHost, app: App) -> None:
    before = len(app.seen_by("single", 0))
    assert host.invoke_by_hand("single", "by hand").status_code == 202
    seen = app.seen_by("single", before + 1)[-1]
    assert (seen["body"], seen["count"]) == ("by hand", 0)
    assert "Client" not in seen["names"]


@pytest.mark.parametrize(("function", "body"), [("batch", {"input": "by hand"}), ("single", {})])
def test_a_batch_or_no_input_says_202_by_hand_and_is_not_called(
    host: RunningHost, app: App, function: str, body: dict[str, str]
) -> None:
    before = len(app.seen_by(function, 0))
    assert host.administer("POST", f"functions/{function}", json=body).status_code == 202
    wait_until(lambda: f"function={function} was not invoked by hand" in app.log(), app.log)
    assert len(app.seen_by(function, 0)) == before


def test_a_missing_queue_is_tried_again_unless_the_host_is_strict(bus: Bus, tmp_path: Path) -> None:
    code = """
        @app.service_bus_queue_trigger(arg_name="message", connection="Bus", queue_name="nowhere")
        def f(message: func.ServiceBusMessage) -> None: ...
    """
    app = App(tmp_path, code, values={"Bus": bus.connection_string})
    assert "queue 'nowhere'" in app.refused()
    with app.running() as host:
        assert host.http.get("/admin/host/ping").status_code == 200
        wait_until(lambda: app.log().count("queue 'nowhere'") >= 2, app.log)


@pytest.mark.parametrize("name", ["ConnectionStrings__Bus", "AzureWebJobsBus", "bus"])
def test_a_connection_may_stand_in_any_of_azures_places(
    bus: Bus, tmp_path: Path, name: str
) -> None:
    code = """
        @app.service_bus_queue_trigger("message", connection="Bus", queue_name="named")
        def f(message: func.ServiceBusMessage) -> None:
            record(body=message.get_body().decode())
    """
    app = App(tmp_path, code, values={name: bus.connection_string})
    bus.send("named", ServiceBusMessage(name))
    with app.running():
        assert app.wait_for(1) == [{"body": name}]
        bus.is_emptied("named")


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
        with app.running():
            for queue in ("tls", "web"):
                bus.send(queue, ServiceBusMessage("x"))
            seen = app.wait_for(2)
        assert {line["function"] for line in seen} == {"over_tls", "over_web_sockets"}
        bus.is_emptied("tls")
        bus.is_emptied("web")
