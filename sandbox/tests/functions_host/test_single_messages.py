"""Functions that take one Service Bus message at a time, and longer for it than its lock lasts."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.servicebus import ServiceBusMessage

from sandbox.testing import service_bus_process
from sandbox.testing.functions_host_process import App
from sandbox.testing.service_bus_process import Bus
from sandbox.testing.waiting import wait_until

LOCK = 60
"""Seconds; see `seems_locked_for`."""
QUEUES = {"operations": {"maxDeliveryCount": 5, "lockDurationSeconds": LOCK}}
CODE = """
    @app.service_bus_queue_trigger("message", connection="Bus", queue_name="operations")
    async def operate(message: func.ServiceBusMessage) -> None:
        work = json.loads(message.get_body())
        seen = dict(name=work["name"], delivery=message.delivery_count)
        record(begins=True, **seen)
        while not os.path.exists(f"{os.environ['LET_GO']}-{message.delivery_count}"):
            await asyncio.sleep(0.05)
        record(begins=False, **seen)
        if message.delivery_count <= work["failures"]:
            raise RuntimeError("cannot")
"""


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[Bus]:
    with service_bus_process.running(tmp_path, QUEUES) as bus:
        yield bus


def app_on(bus: Bus, folder: Path, **options: Any) -> App:
    service_bus = {"extensions": {"serviceBus": options}}
    values = {"Bus": bus.connection_string, "LET_GO": str(folder / "let-go")}
    return App(folder / "host", CODE, values=values, options=service_bus)


def let_go(folder: Path, *deliveries: int) -> None:
    """From now on an invocation ends where its message is delivered for that time."""
    for number in deliveries:
        (folder / f"let-go-{number}").touch()


def seems_locked_for(bus: Bus, seconds: float) -> None:
    """So long is a lock to the host, by whose clock the broker's is behind.

    It renews a lock when half of it is left, 10 s at the most: so a test waits for the first half,
    and the machine may stand still for the second one. What is renewed once the broker's clock is
    right again lasts for long.
    """
    bus.fault("clock", seconds=seconds - LOCK)


def locks(bus: Bus) -> list[datetime]:
    """The ends of all locks that there are."""
    ends = [one["lockedUntil"] for one in bus.messages("operations")]
    return [datetime.fromisoformat(end) for end in ends if end]


def outlast(bus: Bus, count: int, app: App) -> None:
    """Wait until the locks of so many messages were renewed, and then on until after their ends."""
    wait_until(lambda: len(locks(bus)) == count, app.log)
    first = max(locks(bus))
    bus.clear_faults()
    wait_until(
        lambda: all(end > first + timedelta(seconds=LOCK / 2) for end in locks(bus)), app.log
    )
    bus.fault("clock", seconds=20)
    assert datetime.now(UTC) + timedelta(seconds=20) > first


def send(bus: Bus, *names: str, failures: int = 0) -> None:
    works = [{"name": name, "failures": failures} for name in names]
    with bus.client() as client, client.get_queue_sender("operations") as sender:
        sender.send_messages([ServiceBusMessage(json.dumps(work)) for work in works])


def is_empty(bus: Bus) -> bool:
    return not bus.messages("operations")


def most_at_once(lines: Sequence[dict[str, Any]]) -> int:
    running = [
        sum(1 if line["begins"] else -1 for line in lines[: n + 1]) for n in range(len(lines))
    ]
    return max(running)


def test_as_many_messages_as_allowed_run_at_once_each_in_one_invocation_and_under_its_lock(
    bus: Bus, tmp_path: Path
) -> None:
    seems_locked_for(bus, 12)
    app = app_on(bus, tmp_path, maxConcurrentCalls=2)
    with app.running():
        send(bus, *"abc")
        outlast(bus, 2, app)
        let_go(tmp_path, 1)
        wait_until(lambda: is_empty(bus), app.log)
    lines = app.seen()
    assert sorted(line["name"] for line in lines if not line["begins"]) == ["a", "b", "c"]
    assert {line["delivery"] for line in lines} == {1}
    assert most_at_once(lines) == 2
    totals = bus.counts("operations")["totals"]
    assert (totals["completed"], totals["expiredLocks"]) == (3, 0)


def test_an_exception_after_longer_than_a_lock_gives_the_message_back_at_once(
    bus: Bus, tmp_path: Path
) -> None:
    seems_locked_for(bus, 12)
    app = app_on(bus, tmp_path)
    with app.running():
        send(bus, "a", failures=1)
        outlast(bus, 1, app)
        let_go(tmp_path, 1, 2)
        wait_until(lambda: is_empty(bus), app.log)
    ends = [line["delivery"] for line in app.seen() if not line["begins"]]
    assert ends == [1, 2]
    totals = bus.counts("operations")["totals"]
    assert (totals["abandoned"], totals["expiredLocks"], totals["completed"]) == (1, 0, 1)


def test_after_the_longest_renewal_the_message_comes_again_beside_its_first_invocation(
    bus: Bus, tmp_path: Path
) -> None:
    """Given renewal for a moment, when half of the lock is over, then nobody renews it."""
    seems_locked_for(bus, 7)
    app = app_on(bus, tmp_path, maxAutoLockRenewalDuration="00:00:00.1")
    with app.running():
        send(bus, "a")
        app.wait_for(1)
        bus.clear_faults()
        app.wait_for(2)
        let_go(tmp_path, 1)
        seen = app.wait_for(3)
        assert [(line["begins"], line["delivery"]) for line in seen[:3]] == [
            (True, 1),
            (True, 2),
            (False, 1),
        ]
        wait_until(lambda: "settling queue=operations failed" in app.log())
        let_go(tmp_path, 2)
        wait_until(lambda: is_empty(bus), app.log)
    totals = bus.counts("operations")["totals"]
    assert (totals["expiredLocks"], totals["completed"]) == (1, 1)


def test_a_broker_that_comes_back_in_time_finds_the_lock_kept_up(tmp_path: Path) -> None:
    with service_bus_process.running(tmp_path, QUEUES) as first:
        seems_locked_for(first, 16)
        app = app_on(first, tmp_path)
        with app.running():
            send(first, "a")
            app.wait_for(1)
            first.kill()
            port = first.ports["amqp"]
            with service_bus_process.running(tmp_path, QUEUES, amqp_port=port) as second:
                outlast(second, 1, app)
                let_go(tmp_path, 1)
                wait_until(lambda: is_empty(second), app.log)
                totals = second.counts("operations")["totals"]
    assert [line["delivery"] for line in app.seen()] == [1, 1]
    assert (totals["expiredLocks"], totals["completed"]) == (0, 1)
