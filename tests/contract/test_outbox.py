"""The outbox against the Service Bus stand-in: a real process, the real SDK, real AMQP."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import jwt
import pytest
from azure.core.credentials import AccessToken
from azure.servicebus.exceptions import MessageSizeExceededError

from sandbox.certificates import server_certificate
from sandbox.testing.service_bus_process import Bus, running, take
from sandbox.testing.waiting import PATIENCE, wait_until
from shared.adapters.service_bus.outbox import ServiceBusAddress, ServiceBusOutbox
from shared.contracts.messages.operation_request import OperationRequest
from shared.contracts.messages.queues import (
    DIRECTORY_COMMANDS,
    ONBOARDING_EVENTS,
    SCOPE_CHANGES,
)
from shared.domain.errors import ConfigurationError, ServiceUnavailable

SETTINGS = {
    queue: {"duplicateDetectionWindowSeconds": 600}
    for queue in (ONBOARDING_EVENTS, SCOPE_CHANGES, DIRECTORY_COMMANDS)
}
SIGNING_KEY = b"0123456789abcdef0123456789abcdef"
NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bus]:
    with running(tmp_path_factory.mktemp("bus"), SETTINGS) as bus:
        yield bus


@pytest.fixture(scope="module")
async def open_outbox(bus: Bus) -> AsyncIterator[ServiceBusOutbox]:
    outbox = ServiceBusOutbox(ServiceBusAddress(connection_string=bus.connection_string))
    yield outbox
    await outbox.aclose()


@pytest.fixture
def outbox(bus: Bus, open_outbox: ServiceBusOutbox) -> ServiceBusOutbox:
    """The same for all tests, as in a function app; the queues are empty and know no key."""
    bus.control.post("/reset")
    return open_outbox


def ids(bus: Bus, queue: str) -> list[str]:
    return [message["messageId"] for message in bus.messages(queue)]


async def test_events_arrive_as_they_are_and_under_their_keys(
    bus: Bus, outbox: ServiceBusOutbox
) -> None:
    await outbox.send_onboarding([("k1", b'{"employeeId": "1"}'), ("k2", b"not even JSON")])
    with bus.client() as client, client.get_queue_receiver(ONBOARDING_EVENTS) as receiver:
        received = take(receiver, 2)
        assert [(each.message_id, b"".join(each.body)) for each in received] == [
            ("k1", b'{"employeeId": "1"}'),
            ("k2", b"not even JSON"),
        ]
        assert {each.content_type for each in received} == {"application/json"}


async def test_what_does_not_fit_one_batch_is_split(bus: Bus, outbox: ServiceBusOutbox) -> None:
    messages = [(f"k{number}", b"x" * 150_000) for number in range(12)]
    await outbox.send_onboarding(messages)
    assert ids(bus, ONBOARDING_EVENTS) == [key for key, _ in messages]


async def test_a_message_too_large_for_any_batch_is_refused_and_the_others_are_sent(
    bus: Bus, outbox: ServiceBusOutbox
) -> None:
    messages = [("k1", b"{}"), ("k2", b"x" * 2_000_000), ("k3", b"x" * 250_000), ("k4", b"{}")]
    with pytest.raises(MessageSizeExceededError, match="1 of 4"):
        await outbox.send_onboarding(messages)
    assert ids(bus, ONBOARDING_EVENTS) == ["k1", "k3", "k4"]


async def test_senders_at_the_same_time_do_not_disturb_one_another(
    bus: Bus, outbox: ServiceBusOutbox
) -> None:
    sends = (outbox.send_onboarding([(f"{n}-{m}", b"{}") for m in range(20)]) for n in range(10))
    await asyncio.gather(*sends)
    assert sorted(ids(bus, ONBOARDING_EVENTS)) == sorted(
        f"{n}-{m}" for n in range(10) for m in range(20)
    )


async def test_sending_nothing_opens_no_connection() -> None:
    address = ServiceBusAddress(namespace="nowhere.servicebus.windows.net")
    await ServiceBusOutbox(address).send_commands([])


async def test_the_event_loop_goes_on_while_a_broker_keeps_a_sender_waiting(
    bus: Bus, outbox: ServiceBusOutbox
) -> None:
    bus.hold(ONBOARDING_EVENTS, "send")
    sending = asyncio.create_task(outbox.send_onboarding([("k1", b"{}")]))
    await asyncio.to_thread(wait_until, lambda: bus.waiting(ONBOARDING_EVENTS, "send") == 1)
    assert not sending.done()
    bus.release(ONBOARDING_EVENTS, "send")
    await sending
    assert ids(bus, ONBOARDING_EVENTS) == ["k1"]


async def test_an_unknown_queue_is_an_error_and_no_endless_wait(bus: Bus) -> None:
    address = ServiceBusAddress(connection_string=bus.connection_string)
    outbox = ServiceBusOutbox(address)
    # The SDK names no queue; what counts is that it does not try without end.
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(ServiceUnavailable):
            await outbox.send_operations([OperationRequest(operation_key="k1")])
    await outbox.aclose()


async def test_after_a_broker_comes_back_the_broken_sender_is_replaced(tmp_path: Path) -> None:
    with running(tmp_path, SETTINGS) as first:
        port = first.ports["amqp"]
        address = ServiceBusAddress(connection_string=first.connection_string)
        outbox = ServiceBusOutbox(address)
        await outbox.send_onboarding([("k1", b"{}")])
        first.kill()
    with running(tmp_path, SETTINGS, amqp_port=port) as second:
        await outbox.send_onboarding([("k1", b"{}"), ("k2", b"{}")])
        assert ids(second, ONBOARDING_EVENTS) == ["k1", "k2"]
        await outbox.aclose()
        await outbox.send_onboarding([("k3", b"{}")])
        assert ids(second, ONBOARDING_EVENTS) == ["k1", "k2", "k3"]
        await outbox.aclose()


async def test_a_broker_that_stays_away_ends_as_one_error_of_ours() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # whoever does not listen refuses, and keeps others away
        port = taken.getsockname()[1]
        endpoint = f"Endpoint=sb://127.0.0.1:{port};SharedAccessKeyName=a;SharedAccessKey=b;"
        address = ServiceBusAddress(connection_string=f"{endpoint}UseDevelopmentEmulator=true;")
        with pytest.raises(ServiceUnavailable):
            await ServiceBusOutbox(address).send_onboarding([("k1", b"{}")])


@dataclass
class Credential:
    """Gives out one signed token, and counts how often it is asked."""

    asked: int = 0

    def get_token(self, *_: str, **__: object) -> AccessToken:
        self.asked += 1
        expires = int(time.time()) + 3600
        claims = {"aud": "https://servicebus.azure.net", "exp": expires}
        return AccessToken(jwt.encode(claims, SIGNING_KEY, algorithm="HS256"), expires)


@pytest.mark.parametrize(("transport", "port"), [("amqp", "tls"), ("websockets", "websocket")])
async def test_a_namespace_is_reached_with_a_token_over_tls_by_a_custom_endpoint(
    tmp_path: Path, transport: Literal["amqp", "websockets"], port: str
) -> None:
    files = server_certificate(tmp_path, "service-bus", ["localhost", "127.0.0.1"])
    (tmp_path / "signing.key").write_bytes(SIGNING_KEY)
    options: list[str | Path] = [
        *("--tls-port", "0", "--websocket-port", "0", "--signing-key", tmp_path / "signing.key"),
        *("--certificate", files.certificate, "--private-key", files.key),
    ]
    credential = Credential()
    with running(tmp_path, SETTINGS, *options) as bus:
        address = ServiceBusAddress(
            namespace="sandbox.servicebus.windows.net",
            custom_endpoint=f"sb://localhost:{bus.ports[port]}",
            ca_file=files.authority,
            transport=transport,
        )
        outbox = ServiceBusOutbox(address, lambda: credential)
        await outbox.send_onboarding([("k1", b"{}")])
        await outbox.send_onboarding([("k2", json.dumps({"a": 1}).encode())])
        assert ids(bus, ONBOARDING_EVENTS) == ["k1", "k2"]
        assert credential.asked == 1
        await outbox.aclose()


@pytest.mark.parametrize(
    "given", [{}, {"connection_string": "Endpoint=sb://x/;", "namespace": "x.example.test"}]
)
def test_an_address_is_either_a_connection_string_or_a_namespace(given: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="either a connection string or"):
        ServiceBusAddress(**given)  # type: ignore[arg-type]  # the strings are of the right names


def test_a_namespace_needs_a_credential() -> None:
    with pytest.raises(ConfigurationError, match="needs a credential"):
        ServiceBusAddress(namespace="x.servicebus.windows.net").client()


def test_a_broken_connection_string_is_refused_without_repeating_the_key() -> None:
    address = ServiceBusAddress(connection_string="SharedAccessKey=hush;Endpoint")
    with pytest.raises(ConfigurationError) as caught:
        address.client()
    assert "hush" not in f"{caught.value} {address!r}"
    assert caught.value.__suppress_context__
