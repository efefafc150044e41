"""The gate `preflight` asks the worker about the wave's people, and goes by what it finds."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.messages.directory_question import DirectoryQuestion
from shared.contracts.messages.queues import DIRECTORY_COMMANDS
from shared.domain.errors import ServiceUnavailable
from shared.domain.person.enrolment import Enrolment, State
from shared.domain.person.people import UserRef
from shared.domain.person.policy import SourceOfAuthority, Topology
from shared.domain.person.preflight import Finding, Preflight, Unknown
from shared.domain.rollout.gate import Outcome
from shared.domain.rollout.measurements import Foretold
from shared.domain.rollout.state import Phase, Rollout
from shared.ports.preflights import PreflightQuestion
from shared.use_cases.rollout.foresee import foresee
from shared.use_cases.rollout.look_at_gates import look_at_gates
from tests.support.course import member, ring, set_up, standing
from tests.support.enrolments import NOW
from tests.support.stage import Stage, a_stage, an_id
from tests.support.waves import DAY, MINUTE, document, gate, wave

WEEK = timedelta(days=7)
GATE = gate("preflight", threshold=0.2, window=WEEK, minimum_sample=0)
ROLLOUT: Rollout = standing(
    document(wave("pilot", GATE, selection=ring(1)), wave("rest", selection=ring(9))),
    Phase.SOAKING,
    1,
)
ON_PREMISES = SourceOfAuthority.ON_PREMISES


def synced(number: int, state: State = State.VISIBLE, **changes: Any) -> Enrolment:
    user = UserRef(object_id=an_id(number), sid=f"S-1-5-21-{number}")
    return member(number, state, source_of_authority=ON_PREMISES, user=user, **changes)


async def find(stage: Stage, *found: Preflight) -> None:
    """Has a worker have found this, when it was seen."""
    question = PreflightQuestion(
        check="c",
        part=0,
        people=tuple(one.key for one in found),
        asked_at=NOW,
        expires_at=NOW + DAY,
        actor="ada",
    )
    await stage.another().preflights.answered(question, found, NOW)


def seen(number: int, *findings: Finding, unknown: tuple[Unknown, ...] = ()) -> Preflight:
    return Preflight(key=an_id(number), seen_at=NOW, worker="w", findings=findings, unknown=unknown)


def asked(stage: Stage) -> list[set[str]]:
    """Of each question that waits, whom it asks about."""
    waiting = stage.broker.messages(DIRECTORY_COMMANDS)
    questions = (DirectoryQuestion.read(one.body) for one in waiting)
    return [{person.key for person in one.people} for one in questions]


async def look(stage: Stage, after: timedelta = timedelta(0)) -> Outcome:
    stored = await stage.another().rollouts.current()
    assert stored
    await look_at_gates(stored, stage.world, NOW + after)
    (newest, *_) = await stage.another().rollouts.evaluations(1)
    return newest.results[0].outcome


@pytest.fixture
async def waiting(stage: Stage) -> Stage:
    await set_up(stage, ROLLOUT, people=0)
    await stage.store(
        *map(synced, range(1, 6)),
        member(6, State.VISIBLE),
        synced(7, State.WITHDRAWN),
        synced(8, account=SourceOfAuthority.CLOUD),
    )
    return stage


async def test_only_people_whose_password_is_one_of_ad_are_counted(waiting: Stage) -> None:
    await find(
        waiting,
        seen(1),
        seen(2, Finding.DISABLED),
        seen(3, unknown=(Unknown.PERMISSIONS,)),
        seen(6, Finding.DISABLED),
    )
    assert await foresee({"pilot"}, WEEK, waiting.world, NOW) == Foretold(5, 1, 1)


async def test_what_was_found_longer_ago_than_the_window_is_not_known(waiting: Stage) -> None:
    await find(waiting, replace(seen(1), seen_at=NOW - WEEK - MINUTE), seen(2))
    assert await foresee({"pilot"}, WEEK, waiting.world, NOW) == Foretold(5, 0, 1)


async def test_a_look_asks_about_whom_nothing_is_known_and_is_inconclusive_until_then(
    waiting: Stage,
) -> None:
    await find(waiting, seen(1))
    assert await look(waiting) is Outcome.INCONCLUSIVE
    assert asked(waiting) == [{an_id(number) for number in range(2, 6)}]
    await find(waiting, *map(seen, range(2, 5)), seen(5, Finding.DISABLED))
    assert await look(waiting, 5 * MINUTE) is Outcome.PASSED
    await find(waiting, seen(4, Finding.DISABLED))
    assert await look(waiting, 10 * MINUTE) is Outcome.FAILED
    assert len(asked(waiting)) == 1


async def test_as_long_as_a_question_waits_nobody_is_asked_again(waiting: Stage) -> None:
    for minutes in range(0, 30, 5):
        await look(waiting, minutes * MINUTE)
    assert len(asked(waiting)) == 2


async def test_a_queue_that_is_away_costs_no_look(waiting: Stage) -> None:
    waiting.turns.fail("outbox.send_questions", ServiceUnavailable("away"))
    assert await look(waiting) is Outcome.INCONCLUSIVE


async def test_where_no_gate_goes_by_it_nobody_is_asked(stage: Stage) -> None:
    plain = standing(document(wave("pilot", gate(), selection=ring(1))), Phase.SOAKING, 1)
    await set_up(stage, plain, people=0)
    await stage.store(synced(1))
    await look(stage)
    assert asked(stage) == []
    assert "preflights.find" not in stage.turns.points


async def test_without_an_ad_group_there_is_nobody_to_ask_about() -> None:
    stage = a_stage(topology=Topology.CLOUD)
    await set_up(stage, ROLLOUT, people=0)
    await stage.store(synced(1))
    assert await look(stage) is Outcome.PASSED
    assert asked(stage) == []
