"""Tokens, TLS with a private authority, and WebSockets, as the unmodified SDK uses them."""

import asyncio
import base64
import hashlib
import hmac
import json
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote_plus, urlencode

import httpx
import pytest
from azure.core.credentials import AccessToken
from azure.servicebus import (
    ServiceBusClient,
    ServiceBusMessage,
    ServiceBusReceiver,
    ServiceBusSender,
    TransportType,
)
from azure.servicebus.aio import ServiceBusClient as AsyncServiceBusClient
from azure.servicebus.exceptions import ServiceBusAuthorizationError, ServiceBusConnectionError

from sandbox.certificates import server_certificate
from sandbox.service_bus.access import (
    Access,
    InvalidTokenError,
    Keys,
    Role,
    UnauthorizedError,
    verify_token,
)
from sandbox.testing.service_bus_process import Bus, running, take_async
from sandbox.testing.waiting import PATIENCE

SIGNING_KEY = b"the sandbox tenant's key"
AUDIENCE = "https://servicebus.azure.net"
RETRIES = 5
"""Of whoever has to get in: the SDK waits one second for a WebSocket's handshake, four begin at
once, and a busy machine needs longer. Nothing was sent by then that would arrive twice."""


def jwt(key: bytes = SIGNING_KEY, **claims: Any) -> str:
    def part(content: bytes) -> bytes:
        return base64.urlsafe_b64encode(content).rstrip(b"=")

    payload = {"aud": AUDIENCE, "exp": time.time() + 3600, **claims}
    signed = b".".join(part(json.dumps(item).encode()) for item in ({"alg": "HS256"}, payload))
    return (signed + b"." + part(hmac.digest(key, signed, hashlib.sha256))).decode()


@dataclass
class Credential:
    """Gives out one token, to sync and async clients."""

    token: str

    def get_token(self, *_: str, **__: Any) -> AccessToken:
        return AccessToken(self.token, int(time.time()) + 3600)


class AsyncCredential(Credential):
    async def get_token(self, *_: str, **__: Any) -> AccessToken:  # type: ignore[override] # aio's protocol
        return AccessToken(self.token, int(time.time()) + 3600)

    async def close(self) -> None: ...

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None: ...


@dataclass(frozen=True)
class SecureBus:
    bus: Bus
    authority: Path

    def options(self, transport: str, retries: int = 0) -> dict[str, Any]:
        kind = TransportType.Amqp if transport == "tls" else TransportType.AmqpOverWebsocket
        return {
            "fully_qualified_namespace": "sandbox.servicebus.windows.net",
            "custom_endpoint_address": f"sb://localhost:{self.bus.ports[transport]}",
            "connection_verify": str(self.authority),
            "transport_type": kind,
            "retry_total": retries,
        }

    def client(self, token: str, transport: str = "tls", retries: int = 0) -> ServiceBusClient:
        return ServiceBusClient(credential=Credential(token), **self.options(transport, retries))


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureBus]:
    folder = tmp_path_factory.mktemp("bus")
    files = server_certificate(folder, "service-bus", ["localhost", "127.0.0.1"])
    (folder / "signing.key").write_bytes(SIGNING_KEY)
    options: list[str | Path] = [
        *("--tls-port", "0", "--websocket-port", "0", "--signing-key", folder / "signing.key"),
        *("--certificate", files.certificate, "--private-key", files.key),
    ]
    with running(folder, {queue: {} for queue in "abcdqr"}, *options) as bus:
        yield SecureBus(bus, files.authority)


def send_and_receive(secure: SecureBus, queue: str, transport: str) -> None:
    large = "x" * 150_000
    with secure.client(jwt(), transport, RETRIES) as client:
        with client.get_queue_sender(queue) as sender:
            sender.send_messages(ServiceBusMessage(large))
        with client.get_queue_receiver(queue, max_wait_time=PATIENCE) as receiver:
            message = next(receiver)
            assert str(message) == large
            receiver.renew_message_lock(message)
            receiver.complete_message(message)


async def send_and_receive_async(secure: SecureBus, queue: str, transport: str) -> None:
    options = secure.options(transport, RETRIES)
    client = AsyncServiceBusClient(credential=AsyncCredential(jwt()), **options)
    async with (
        client,
        client.get_queue_sender(queue) as sender,
        client.get_queue_receiver(queue) as receiver,
    ):
        await sender.send_messages(ServiceBusMessage("async"))
        (message,) = await take_async(receiver, 1)
        assert str(message) == "async"
        await receiver.complete_message(message)


async def test_a_token_opens_tls_and_websockets_to_sync_and_async_clients(
    secure: SecureBus,
) -> None:
    await asyncio.gather(
        asyncio.to_thread(send_and_receive, secure, "a", "tls"),
        asyncio.to_thread(send_and_receive, secure, "b", "websocket"),
        send_and_receive_async(secure, "c", "tls"),
        send_and_receive_async(secure, "d", "websocket"),
    )
    for queue in "abcd":
        totals = secure.bus.counts(queue)["totals"]
        assert (totals["sent"], totals["completed"]) == (1, 1)


def test_whoever_asks_for_no_websocket_is_told_what_time_it_is(secure: SecureBus) -> None:
    url = f"https://localhost:{secure.bus.ports['websocket']}"
    trust = ssl.create_default_context(cafile=secure.authority)
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    secure.bus.fault("clock", seconds=-3600)
    for path, headers in (
        ("/", {}),
        ("/nothing", upgrade | {"Sec-WebSocket-Key": "a" * 22 + "=="}),
    ):
        answer = httpx.get(url + path, headers=headers, verify=trust, timeout=PATIENCE)
        said = parsedate_to_datetime(answer.headers["date"])
        assert abs(datetime.now(UTC) - timedelta(hours=1) - said) < timedelta(seconds=10)
    secure.bus.clear_faults()


def test_a_client_whose_token_proves_nothing_gets_nowhere(secure: SecureBus) -> None:
    with (
        secure.client(jwt(key=b"another")) as client,
        pytest.raises(ServiceBusConnectionError),  # what the SDK makes of 401 at custom endpoints
        client.get_queue_sender("q"),
    ):
        pytest.fail("it opened")


@pytest.mark.parametrize(
    ("token", "complaint"),
    [
        (jwt(key=b"another"), "signature"),
        (jwt(exp=1), "exp"),
        (jwt(exp=None), "exp"),
        (jwt(aud="https://graph.microsoft.com"), "aud"),
        (jwt(queueRoles=["Sender"]), "queueRoles"),
        ("no.jwt", "three parts"),
        ("not.a.token", "header"),
    ],
)
def test_a_token_is_refused_with_the_reason(token: str, complaint: str) -> None:
    with pytest.raises(InvalidTokenError, match=complaint):
        verify_token(token, Keys(SIGNING_KEY), "q", time.time())


async def test_queue_roles_restrict_what_a_token_opens(secure: SecureBus) -> None:
    client = secure.client(jwt(queueRoles={"Q": ["Sender"], "r": ["Receiver"]}))

    def send() -> None:
        with client.get_queue_sender("q") as sender:
            sender.send_messages(ServiceBusMessage("allowed"))

    def peek() -> None:
        with client.get_queue_receiver("r") as receiver:
            assert receiver.peek_messages() == []

    def refused(link: ServiceBusSender | ServiceBusReceiver) -> None:
        with pytest.raises(ServiceBusAuthorizationError, match="does not grant"), link:
            pytest.fail("it opened")

    with client:
        await asyncio.gather(
            asyncio.to_thread(send),
            asyncio.to_thread(peek),
            asyncio.to_thread(refused, client.get_queue_receiver("q")),
            asyncio.to_thread(refused, client.get_queue_sender("r")),
        )
    assert secure.bus.counts("q")["active"] == 1


def test_a_shared_access_key_opens_everything_and_a_wrong_one_nothing(secure: SecureBus) -> None:
    options = secure.options("tls")
    namespace = options.pop("fully_qualified_namespace")
    right = f"Endpoint=sb://{namespace};SharedAccessKeyName=a;SharedAccessKey=b"
    with (
        ServiceBusClient.from_connection_string(right, **options) as client,
        client.get_queue_receiver("r") as receiver,
    ):
        assert receiver.peek_messages() == []
    wrong = f"{right}b"
    with (
        ServiceBusClient.from_connection_string(wrong, **options) as client,
        pytest.raises(ServiceBusConnectionError),  # what the SDK makes of 401 at custom endpoints
        client.get_queue_receiver("r"),
    ):
        pytest.fail("it opened")


def signature(queue: str = "q", name: str = "n", key: str = "k", until: object = 2**40) -> str:
    resource = quote_plus(f"sb://host/{queue}")
    digest = hmac.digest(key.encode(), f"{resource}\n{until}".encode(), hashlib.sha256)
    return "SharedAccessSignature " + urlencode(
        {"sr": f"sb://host/{queue}", "sig": base64.b64encode(digest), "se": until, "skn": name}
    )


def test_a_signature_of_the_key_opens_the_queue_and_what_belongs_to_it() -> None:
    keys = Keys(shared={"n": "k"})
    for queue in ("q", "Q/$DeadLetterQueue", ""):
        assert verify_token(signature(queue), keys, "q", time.time()).expires_at == 2**40


@pytest.mark.parametrize(
    ("token", "complaint"),
    [
        (signature(key="another"), "not that of the key"),
        (signature(name="nobody"), "no key"),
        (signature("other"), "not for 'q'"),
        (signature(until=1), "past"),
        (signature(until="soon"), "missing"),
        ("SharedAccessSignature", "three parts"),
        ("SharedAccessSignature ", "no key"),
    ],
)
def test_a_signature_is_refused_with_the_reason(token: str, complaint: str) -> None:
    with pytest.raises(InvalidTokenError, match=complaint):
        verify_token(token, Keys(b"", {"n": "k"}), "q", time.time())


def test_on_secure_ports_a_queue_is_closed_until_a_valid_token_for_it_came() -> None:
    access = Access(Keys(SIGNING_KEY), token_required=True)
    with pytest.raises(UnauthorizedError, match="no token was put for queue 'q'"):
        access.demand("q", Role.SENDER, now=time.time())
    access.put_token("q", jwt(), time.time())
    access.demand("q", Role.SENDER, now=time.time())
    with pytest.raises(UnauthorizedError, match="expired"):
        access.demand("q", Role.SENDER, now=time.time() + 4000)
    with pytest.raises(UnauthorizedError, match="no token"):
        access.demand("r", Role.SENDER, now=time.time())
