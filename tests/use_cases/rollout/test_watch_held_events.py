"""Whom a brake holds is told at once, and again once a day, until an operator has decided."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from shared.domain.person.brake import Brake, Brakes, Rate
from shared.ports.world import World
from shared.use_cases.decide_held_events import drop, let_through, list_held_events
from shared.use_cases.onboarding.take_events import take_events
from shared.use_cases.rollout import watch_held_events as watching
from shared.use_cases.rollout.watch_conditions import watch_conditions
from shared.use_cases.rollout.watch_held_events import EVERY, watch_held_events
from tests.support.enrolments import HOUR, NOW
from tests.support.stage import Stage, messages, said, upn_of

MINUTE = timedelta(minutes=1)
SAID: dict[str, Any] = {"actor": "ada", "reason": "to be sure"}


def braked(stage: Stage) -> World:
    """One joins and one leaves an hour, by whatever way."""
    return replace(stage.world, brakes=Brakes({}, Brake(Rate(1), Rate(1))))


async def told(world: World, after: timedelta) -> list[dict[str, object]]:
    await watch_conditions(world, NOW + after)
    with capture_logs() as lines:
        await watch_held_events(world, NOW + after)
    return said(lines, "events-held")


async def four_ask(world: World, stage: Stage) -> None:
    for number in range(1, 5):
        stage.arrive(number)
    events = [{"userPrincipalName": upn_of(number)} for number in range(1, 5)]
    await take_events(messages(*events), world, NOW)


async def test_they_are_told_once_a_day_until_it_is_decided(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "_PAGE", 2)
    world = braked(stage)
    await four_ask(world, stage)
    three = [{"source": "queue", "direction": "joining", "people": 3, "most": "1 in 1 h"}]
    assert await told(world, MINUTE) == [], "it was told when it happened"
    assert await told(world, EVERY + MINUTE) == three
    assert await told(world, EVERY + HOUR) == []
    assert await told(world, 2 * EVERY + MINUTE) == three
    first, *others = [one.key for one in (await list_held_events("", world)).events]
    await let_through([first], world, NOW + 2 * EVERY, **SAID)
    assert await told(world, 3 * EVERY + MINUTE) == [{**three[0], "people": 2}]
    await drop(others, world, NOW + 3 * EVERY, **SAID)
    assert await told(world, 4 * EVERY + MINUTE) == []
