"""What is known of the clock: asked for now and then, and told by messages that cannot be so."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from hybrid_worker.service_bus_clock import ClockUnknown, ServiceBusClock, time_ahead
from hybrid_worker.settings import ServiceBusSettings

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


@dataclass
class Asked:
    """A Service Bus that is asked for the time, and how often."""

    ahead: timedelta | None = None
    times: int = 0

    def __call__(self) -> timedelta:
        self.times += 1
        if self.ahead is None:
            raise ClockUnknown("silence")
        return self.ahead


@dataclass
class World:
    """A local clock beside it."""

    asked: Asked = field(default_factory=Asked)
    now: datetime = NOW

    def clock(self) -> ServiceBusClock:
        return ServiceBusClock(self.asked, lambda: self.now)


@pytest.mark.parametrize(
    ("ahead", "told"),
    [(70 * SECOND, True), (-70 * SECOND, True), (15 * SECOND, True), (14 * SECOND, False)],
)
def test_a_clock_is_off_well_before_a_lock_is_lost(ahead: timedelta, told: bool) -> None:
    clock = World(Asked(ahead)).clock()
    clock.look()
    assert clock.ahead == (ahead if told else None)


def test_service_bus_is_asked_now_and_then_and_at_once_when_the_clock_was_set() -> None:
    world = World(Asked(timedelta()))
    clock = world.clock()
    for _ in range(3):
        clock.look()
    assert world.asked.times == 1
    world.now += 11 * MINUTE
    clock.look()
    world.now -= 60 * MINUTE
    clock.look()
    assert world.asked.times == 3


def test_what_is_not_known_is_not_said() -> None:
    world = World()
    clock = world.clock()
    clock.look()
    assert clock.ahead is None


def test_what_was_known_is_forgotten_when_it_cannot_be_asked_any_more() -> None:
    world = World(Asked(MINUTE))
    clock = world.clock()
    clock.look()
    world.asked.ahead = None
    world.now += 11 * MINUTE
    clock.look()
    assert clock.ahead is None


@pytest.mark.parametrize(
    ("enqueued_at", "locked_until", "ahead"),
    [
        (NOW - MINUTE, NOW - 10 * SECOND, 25 * SECOND),
        (NOW + MINUTE, NOW + 2 * MINUTE, -MINUTE),
        (NOW - 60 * MINUTE, NOW + SECOND, None),
        (None, None, None),
    ],
    ids=["lock over already", "sent in the future", "waited long", "nothing said"],
)
def test_a_message_tells_what_cannot_be_otherwise(
    enqueued_at: datetime | None, locked_until: datetime | None, ahead: timedelta | None
) -> None:
    clock = World().clock()
    clock.learn(enqueued_at, locked_until)
    assert clock.ahead == ahead
    clock.learn(NOW, NOW + MINUTE)
    assert clock.ahead is None


@pytest.mark.parametrize(
    "settings",
    [
        {"connection_string": SecretStr("Endpoint=sb://h;UseDevelopmentEmulator=true;")}
        | {"transport": "amqp"},
        {"connection_string": SecretStr("Endpoint=sb://127.0.0.1/;SharedAccessKey=k")},
        {"namespace": "c.servicebus.windows.net", "custom_endpoint": "sb://127.0.0.1:9"},
        {"namespace": "c.servicebus.windows.net", "proxy_host": "127.0.0.1", "proxy_port": 9},
    ],
    ids=["emulator", "key", "endpoint", "proxy"],
)
def test_who_cannot_be_asked_is_unknown_with_the_reason(settings: dict[str, Any]) -> None:
    with pytest.raises(ClockUnknown, match=r"emulator|refused"):
        time_ahead(ServiceBusSettings(**settings), lambda: NOW, 1)
