"""A source that has sent before and is silent for too long is told, until it sends again."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from shared.domain.errors import ServiceUnavailable
from shared.domain.rollout.silence import GRAIN
from shared.ports.world import World
from shared.use_cases.onboarding import beside_message
from shared.use_cases.onboarding.hear_source import hear_source
from shared.use_cases.rollout.watch_conditions import watch_conditions
from shared.use_cases.rollout.watch_sources import EVERY, watch_sources
from shared.use_cases.views.describe_people import describe_status
from tests.support.enrolments import NOW
from tests.support.stage import Stage, said

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
ALLOWED = 8 * DAY


def of(stage: Stage, *sources: str) -> World:
    """The stage with these sources, each of which may be silent for so long."""
    return replace(stage.world, rhythms=dict.fromkeys(sources, ALLOWED))


async def told(world: World, after: timedelta) -> list[dict[str, object]]:
    """Whose silence is told by a look at that time."""
    await watch_conditions(world, NOW + after)
    with capture_logs() as lines:
        await watch_sources(world, NOW + after)
    return said(lines, "source-silent")


async def test_silence_is_told_by_the_half_hour_until_the_source_sends_again(stage: Stage) -> None:
    world = of(stage, "workday", "scim")
    await hear_source("workday", world, NOW)
    end = ALLOWED + GRAIN
    assert await told(world, end) == []
    silent = {"source": "workday", "since": NOW.isoformat(), "allowed": "8d"}
    assert await told(world, end + EVERY) == [silent]
    assert await told(world, end + EVERY + MINUTE) == []
    assert await told(world, end + 2 * EVERY) == [silent]
    await hear_source("workday", world, NOW + end + 2 * EVERY + MINUTE)
    assert await told(world, end + 3 * EVERY) == []


async def test_it_is_never_told_early_whatever_was_kept_of_the_last_message(stage: Stage) -> None:
    """A message within a quarter of an hour of the one that was kept is not kept itself."""
    world = of(stage, "workday")
    await hear_source("workday", world, NOW)
    last = GRAIN - MINUTE
    await hear_source("workday", world, NOW + last)
    assert await told(world, last + ALLOWED) == []


@pytest.mark.parametrize("heard", ["another", "workday"])
async def test_nothing_is_told_of_who_never_sent_or_has_no_such_key(
    stage: Stage, heard: str
) -> None:
    """Nor is anything kept: by default a source may be silent, also over a long weekend."""
    world = of(stage, "workday") if heard == "another" else stage.world
    await hear_source(heard, world, NOW)
    assert await stage.world.sources_heard.heard() == {}
    assert await told(world, 90 * DAY) == []


async def test_a_source_that_is_taken_out_of_the_file_is_silent_for_nobody(stage: Stage) -> None:
    await hear_source("workday", of(stage, "workday"), NOW)
    assert await told(of(stage, "bamboohr"), 90 * DAY) == []


async def test_the_status_says_when_each_has_sent_and_who_is_silent(stage: Stage) -> None:
    world = of(stage, "workday", "scim", "new")
    await hear_source("workday", world, NOW)
    await hear_source("scim", world, NOW + ALLOWED)
    status = await describe_status(world, NOW + ALLOWED + HOUR)
    assert [(one.source, one.heard_at, one.silent) for one in status.sources] == [
        ("new", None, False),
        ("scim", NOW + ALLOWED, False),
        ("workday", NOW, True),
    ]
    assert {one.silent_after for one in status.sources} == {"8d"}


async def test_a_ledger_that_cannot_keep_it_costs_no_message(stage: Stage) -> None:
    """The sender is answered all the same, and its next message says it again."""
    world = of(stage, "workday")
    stage.turns.fail("sources_heard.hear", ServiceUnavailable("storage is away"))
    await hear_source("workday", world, NOW)
    await hear_source("workday", world, NOW + MINUTE)
    assert await stage.world.sources_heard.heard() == {"workday": NOW + MINUTE}


async def test_a_ledger_that_hangs_keeps_the_sender_for_two_seconds(
    stage: Stage,
) -> None:
    stage.turns.at("sources_heard.heard", lambda: asyncio.sleep(60))
    # Where the process stands still, a limit close by ends in the same turn of the loop.
    assert beside_message._PATIENCE == 2
    await asyncio.wait_for(hear_source("workday", of(stage, "workday"), NOW), 50)
    assert await stage.world.sources_heard.heard() == {}
