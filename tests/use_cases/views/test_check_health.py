"""Health: every part is looked at by itself, and what is silent makes nothing else late."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from shared.domain.errors import ServiceUnavailable
from shared.domain.health import DependencyKind, Health, Trouble
from shared.use_cases.views.check_health import (
    SECONDS,
    HealthWords,
    check_health,
    report_health,
)
from tests.support.enrolments import NOW
from tests.support.own_time import OwnTime, in_own_time
from tests.support.stage import Stage

TABLE, ANOTHER = "dependency.a table", "dependency.another"
MINUTE = timedelta(minutes=1)
PATIENCE = timedelta(seconds=SECONDS)


async def troubles(stage: Stage) -> dict[str, str | None]:
    view = await check_health([stage.dependency], NOW)
    return {check.name: check.trouble for check in view.checks}


async def test_where_all_can_be_reached_all_is_well(stage: Stage) -> None:
    view = await check_health([stage.dependency], NOW)
    assert (view.health, view.at) == (Health.OK, NOW)
    assert [(one.kind, one.name, one.purpose) for one in view.checks] == [
        (DependencyKind.TABLE, "a table", "a test"),
        (DependencyKind.TABLE, "another", "a test"),
    ]
    assert {(one.trouble, one.detail, one.advice) for one in view.checks} == {(None, "", "")}


async def test_one_that_cannot_be_reached_is_named_with_what_to_do_and_hides_no_other(
    stage: Stage,
) -> None:
    stage.dependency.troubles["a table"] = Trouble.FORBIDDEN
    view = await check_health([stage.dependency], NOW)
    assert view.health == Health.DEGRADED
    table, another = view.checks
    assert (table.trouble, table.detail) == (Trouble.FORBIDDEN, "in memory")
    assert "lacks its role" in table.advice
    assert another.trouble is None


async def test_what_nobody_foresaw_is_told_by_its_kind_alone(stage: Stage) -> None:
    stage.turns.fail(TABLE, ValueError("https://account.example/?sig=secret"))
    view = await check_health([stage.dependency], NOW)
    assert (view.checks[0].trouble, view.checks[0].detail) == (Trouble.FAILED, "ValueError")
    assert "secret" not in view.as_json()


async def test_one_whose_own_patience_ends_is_silent(stage: Stage) -> None:
    stage.turns.fail(TABLE, TimeoutError())
    assert await troubles(stage) == {"a table": Trouble.SILENT, "another": None}


def test_one_that_never_answers_is_given_up_and_the_others_are_told_of(stage: Stage) -> None:
    async def one_is_silent(loop: OwnTime) -> None:
        stage.turns.at(TABLE, lambda: loop.stand_still(PATIENCE))
        assert await troubles(stage) == {"a table": Trouble.SILENT, "another": None}

    in_own_time(one_is_silent)


# The word


@pytest.fixture
def ask(stage: Stage) -> Callable[[], Awaitable[Health]]:
    words = HealthWords()

    async def word() -> Health:
        return (await words.word([stage.dependency], NOW)).word

    return word


def test_a_word_holds_for_a_minute_however_many_ask(
    stage: Stage, ask: Callable[[], Awaitable[Health]]
) -> None:
    async def asked_again(loop: OwnTime) -> None:
        assert [await ask(), await ask()] == [Health.OK, Health.OK]
        stage.dependency.troubles["another"] = Trouble.MISSING
        loop.put_forward(MINUTE / 2)
        assert await ask() == Health.OK
        assert stage.turns.points == [TABLE, ANOTHER]
        loop.put_forward(MINUTE)
        assert await ask() == Health.DEGRADED
        assert stage.turns.points == [TABLE, ANOTHER] * 2

    in_own_time(asked_again)


async def test_of_many_who_ask_at_once_one_looks_and_the_others_wait_for_its_word(
    stage: Stage, ask: Callable[[], Awaitable[Health]]
) -> None:
    halt = stage.turns.halt(ANOTHER)
    asking = [asyncio.ensure_future(ask()) for _ in range(5)]
    await halt.reached()
    assert not any(one.done() for one in asking)
    halt.release()
    assert await asyncio.gather(*asking) == [Health.OK] * 5
    assert stage.turns.points == [TABLE, ANOTHER]


async def test_whom_sspr_is_on_for_is_told_and_hides_nothing_where_it_cannot_be_read(
    stage: Stage,
) -> None:
    told = await report_health([stage.dependency], stage.world, NOW)
    assert told.sspr
    assert told.sspr.finding == "not-known"
    stage.turns.fail("sspr_watch.sight", ServiceUnavailable("the tables are away"))
    silent = await report_health([stage.dependency], stage.world, NOW)
    assert (silent.sspr, len(silent.checks)) == (None, 2)
