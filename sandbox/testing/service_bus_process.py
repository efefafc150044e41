"""Starts the real Service Bus stand-in, for its contract tests."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import httpx
from azure.servicebus import (
    ServiceBusClient,
    ServiceBusMessage,
    ServiceBusReceivedMessage,
    ServiceBusReceiver,
)
from azure.servicebus.aio import ServiceBusReceiver as AsyncServiceBusReceiver
from azure.servicebus.amqp import AmqpAnnotatedMessage

from sandbox.testing.waiting import PATIENCE, wait_until


@dataclass(frozen=True)
class Bus:
    """A running broker."""

    process: subprocess.Popen[str]
    ports: dict[str, int]
    control: httpx.Client

    @property
    def connection_string(self) -> str:
        endpoint = f"Endpoint=sb://127.0.0.1:{self.ports['amqp']}"
        return f"{endpoint};SharedAccessKeyName=a;SharedAccessKey=b;UseDevelopmentEmulator=true;"

    def client(self, **options: Any) -> ServiceBusClient:
        return ServiceBusClient.from_connection_string(self.connection_string, **options)

    def counts(self, queue: str) -> dict[str, Any]:
        return cast("dict[str, Any]", self.control.get("/queues").json()[queue])

    def messages(self, queue: str, *, dead_letters: bool = False) -> list[dict[str, Any]]:
        params = {"deadletter": str(dead_letters).lower()}
        answer = self.control.get(f"/queues/{queue}/messages", params=params)
        return cast("list[dict[str, Any]]", answer.json())

    def send(self, queue: str, *messages: ServiceBusMessage | AmqpAnnotatedMessage) -> None:
        """Send these in one batch, whatever kinds they are."""
        with self.client() as client, client.get_queue_sender(queue) as sender:
            sender.send_messages(list(messages))  # type: ignore[arg-type]  # a mixture is no other

    def is_emptied(self, queue: str) -> None:
        """Wait until a queue has no message, locked or not."""
        wait_until(lambda: not self.messages(queue), lambda: str(self.counts(queue)))

    def hold(self, queue: str, operation: str) -> None:
        self.control.post(f"/queues/{queue}/hold", json={"operation": operation})

    def release(self, queue: str, operation: str) -> None:
        self.control.post(f"/queues/{queue}/release", json={"operation": operation})

    def waiting(self, queue: str, operation: str) -> int:
        return int(self.control.get(f"/queues/{queue}/holds").json()[operation])

    def fault(
        self,
        fault: str,
        queue: str | None = None,
        role: str | None = None,
        seconds: float = 0,
    ) -> None:
        """Switch a fault on, or let an incident happen; see `sandbox.service_bus.faults`."""
        body = {"fault": fault, "queue": queue, "role": role, "seconds": seconds}
        self.control.post("/faults", json=body).raise_for_status()

    def clear_faults(self) -> None:
        self.control.delete("/faults").raise_for_status()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE)


def take(receiver: ServiceBusReceiver, count: int) -> list[ServiceBusReceivedMessage]:
    """So many messages, in however many answers: the SDK waits 0.2 s for the others of the first.

    What one answer is short of comes with the next one.
    """
    taken: list[ServiceBusReceivedMessage] = []
    while len(taken) < count:
        more = receiver.receive_messages(count - len(taken), max_wait_time=PATIENCE)
        assert more, f"{len(taken)} of {count} came, and none in {PATIENCE} s"
        taken += more
    return taken


async def take_async(
    receiver: AsyncServiceBusReceiver, count: int
) -> list[ServiceBusReceivedMessage]:
    """The same, by the async client."""
    taken: list[ServiceBusReceivedMessage] = []
    while len(taken) < count:
        more = await receiver.receive_messages(count - len(taken), max_wait_time=PATIENCE)
        assert more, f"{len(taken)} of {count} came, and none in {PATIENCE} s"
        taken += more
    return taken


@contextmanager
def _kept(port: int) -> Iterator[int]:
    """A port that the kernel deals to nobody else, even while the broker that has it is down."""
    with socket.socket() as place:
        place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        place.bind(("127.0.0.1", port))
        yield place.getsockname()[1]


@contextmanager
def running(
    folder: Path, queues: Mapping[str, object], *options: str | Path, amqp_port: int = 0
) -> Iterator[Bus]:
    """A broker on the database in `folder`, stopped at the end unless it was killed before."""
    (folder / "queues.json").write_text(json.dumps(queues))
    with _kept(amqp_port) as port:
        yield from _running(folder, port, options)


def _running(folder: Path, amqp_port: int, options: Sequence[str | Path]) -> Iterator[Bus]:
    command: list[str | Path] = [
        *(sys.executable, "-m", "sandbox.service_bus"),
        *("--database", folder / "bus.db", "--queues", folder / "queues.json"),
        *("--amqp-port", str(amqp_port), "--control-port", "0"),
        *("--shared-access-key=a=b", "--shared-access-key=RootManageSharedAccessKey=local"),
        *options,
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            ports = json.loads(process.stdout.readline())
            address = f"http://127.0.0.1:{ports['control']}"
            with httpx.Client(base_url=address, timeout=PATIENCE) as control:
                yield Bus(process, ports, control)
        finally:
            process.terminate()
            status = process.wait(PATIENCE)
        assert status in {0, -signal.SIGKILL}
