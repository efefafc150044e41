"""One answer may be wrong: what it misses is looked for again before a rollout pauses for it."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from datetime import timedelta

import pytest
from structlog.typing import EventDict

from shared.adapters.memory.tenant import Group
from shared.domain.person.enrolment import State
from shared.domain.person.scope_group import ScopeGroup
from shared.domain.rollout.scope_groups import AGAIN
from shared.domain.rollout.state import PauseReason, Phase
from shared.ports.world import World
from shared.use_cases.rollout import control
from shared.use_cases.rollout.reconcile import reconcile
from shared.use_cases.rollout.watch_scope import watch_scope
from shared.use_cases.tick import tick
from tests.support.course import (
    Clock,
    gated,
    in_state,
    planned_of,
    rollout_of,
    set_up,
    standing,
    states,
    ungated,
)
from tests.support.enrolments import BREAK_GLASS, HOUR, NOW, SCOPE
from tests.support.processes import Death, ProcessDied, deaths, process
from tests.support.stage import Stage, a_stage, said
from tests.support.waves import MINUTE, document, sight

SID, TWIN = "S-1-5-21-1-2-3-1104", "7e117e11-0000-4000-8000-000000000000"
PILOT, EARLY = gated("pilot", 1, 2), ungated("early", 3)
SOAKING = standing(document(PILOT, EARLY), Phase.SOAKING, 1)

type Miss = Callable[[Stage], object]
type Look = Callable[[World, Clock], Awaitable[object]]


def no_group(group_id: str) -> Miss:
    return lambda stage: stage.tenant.groups.pop(group_id)


def no_administrator(stage: Stage) -> None:
    stage.tenant.administrators.clear()


def nobody_at_all(stage: Stage) -> None:
    stage.tenant.people.clear()


OF_PLANS = [no_group(SCOPE), no_group(BREAK_GLASS), no_administrator, nobody_at_all]
NAMES = ["scope group", "excluded group", "administrators", "everybody", "twin"]
MISSING = pytest.mark.parametrize("miss", [*OF_PLANS, no_group(TWIN)], ids=NAMES)
"""What an answer may lack."""


@contextmanager
def missing(stage: Stage, miss: Miss) -> Iterator[None]:
    """Graph answers without it meanwhile."""
    tenant = stage.tenant
    whole = deepcopy((tenant.groups, tenant.administrators, tenant.people))
    miss(stage)
    try:
        yield
    finally:
        tenant.groups, tenant.administrators, tenant.people = whole


async def look_at_all(world: World, clock: Clock) -> None:
    """Both who look at the groups do, the one after the other."""
    await reconcile(world, clock)
    await tick(world, clock)


async def look_by_the_minute(world: World, clock: Clock) -> None:
    await watch_scope(world, clock.now)


LOOKS = pytest.mark.parametrize("look", [reconcile, look_by_the_minute, look_at_all])


async def nested(stage: Stage) -> None:
    """A rollout under way, of a group that holds an AD group's twin."""
    await set_up(stage, SOAKING, 3)
    await stage.world.workers.sighted([sight(NOW, scope_group_sid=SID)])
    stage.tenant.groups[TWIN] = Group(kind=ScopeGroup(synced=True), sid=SID)
    stage.tenant.join(SCOPE, TWIN)


async def phase_of(stage: Stage) -> Phase:
    return (await rollout_of(stage)).phase


@MISSING
@LOOKS
async def test_what_one_look_misses_pauses_nothing_touches_nobody_and_rings_nothing(
    stage: Stage, signals: list[EventDict], miss: Miss, look: Look
) -> None:
    """However often that happens, as long as a look in between finds it."""
    await nested(stage)
    clock = Clock()
    for _ in range(3):
        with missing(stage, miss):
            await look(stage.another(), clock)
        assert (await phase_of(stage), states(stage)) == (Phase.SOAKING, {})
        clock.advance(MINUTE)
        await watch_scope(stage.another(), clock.now)
        clock.advance(MINUTE)
    assert said(signals, "plan-unsafe") == said(signals, "scope-group-fault") == []
    await reconcile(stage.another(), clock)
    assert len(in_state(stage, State.REQUESTED)) == 2


@MISSING
@pytest.mark.parametrize("first", [reconcile, look_at_all])
async def test_what_the_next_minute_misses_too_pauses_the_rollout_whoever_looked_first(
    stage: Stage, miss: Miss, first: Look
) -> None:
    await nested(stage)
    clock = Clock()
    with missing(stage, miss):
        await first(stage.another(), clock)
        assert await phase_of(stage) is Phase.SOAKING
        clock.advance(MINUTE)
        await watch_scope(stage.another(), clock.now)
    pause = (await rollout_of(stage)).pause
    assert pause
    assert (pause.reason is PauseReason.UNSAFE_PLAN) is (SID not in pause.detail)
    assert states(stage) == {}


@MISSING
async def test_two_looks_at_about_the_same_time_are_one(stage: Stage, miss: Miss) -> None:
    await nested(stage)
    clock = Clock()
    with missing(stage, miss):
        for wait in (AGAIN / 2, AGAIN / 3, timedelta()):
            await look_at_all(stage.another(), clock)
            assert await phase_of(stage) is Phase.SOAKING
            clock.advance(wait)
        clock.advance(AGAIN)
        await look_at_all(stage.another(), clock)
    assert await phase_of(stage) is Phase.PAUSED


async def test_another_thing_that_is_missing_is_a_first_look_of_its_own(stage: Stage) -> None:
    await nested(stage)
    clock = Clock()
    for miss in (*OF_PLANS, no_group(TWIN)):
        with missing(stage, miss):
            await reconcile(stage.another(), clock)
        clock.advance(HOUR / 2)
    assert await phase_of(stage) is Phase.SOAKING


async def test_no_wave_begins_before_the_second_look(stage: Stage) -> None:
    """Given a wave that is due, then it begins with the look that finds the group."""
    await nested(stage)
    await stage.applies(planned_of(PILOT, EARLY))
    clock = Clock()
    with missing(stage, no_group(TWIN)):
        await tick(stage.another(), clock)
    assert (await phase_of(stage), states(stage)) == (Phase.PLANNED, {})
    clock.advance(MINUTE)
    await tick(stage.another(), clock)
    assert (await rollout_of(stage)).started == 1


async def test_what_was_found_missing_for_sure_costs_no_listing_each_minute(stage: Stage) -> None:
    """From then on it is the reconciliations that look, and one that finds it is enough."""
    await nested(stage)
    clock = Clock()
    with missing(stage, no_group(BREAK_GLASS)):
        await reconcile(stage.another(), clock)
        clock.advance(MINUTE)
        await watch_scope(stage.another(), clock.now)
        assert await phase_of(stage) is Phase.PAUSED
        before = len(stage.turns.points)
        await watch_scope(stage.world, clock.now)
        assert "directory.group_member_ids" not in stage.turns.points[before:]
    clock.advance(HOUR / 2)
    await reconcile(stage.another(), clock)
    await control.resume(stage.another(), clock.now, actor="ada", reason="it is back")
    with missing(stage, no_group(BREAK_GLASS)):
        await reconcile(stage.another(), clock)
    assert await phase_of(stage) is Phase.SOAKING


@pytest.mark.parametrize("look", [reconcile, look_by_the_minute])
@pytest.mark.parametrize("miss", [no_group(BREAK_GLASS), no_group(TWIN)])
async def test_a_second_look_that_dies_anywhere_is_ended_by_the_third(
    miss: Miss, look: Look
) -> None:
    async def dies(death: Death) -> None:
        stage, clock = a_stage(), Clock()
        await nested(stage)
        with missing(stage, miss):
            await reconcile(stage.another(), clock)
            clock.advance(MINUTE)
            try:
                await look(process(stage, death), clock)
            except ProcessDied:
                clock.advance(MINUTE)
                await look(stage.another(), clock)
        assert await phase_of(stage) is Phase.PAUSED

    for death in deaths():
        await dies(death)
    assert death.number > 3
