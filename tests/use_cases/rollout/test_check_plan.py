"""Whom a plan would add is asked about: a few at once, many by an operation in portions."""

from datetime import timedelta

import pytest

from shared.contracts.api.check_views import CheckAsked
from shared.contracts.messages.directory_answer import DirectoryAnswer, PersonFindings
from shared.contracts.messages.directory_question import MOST_ASKED, DirectoryQuestion
from shared.contracts.messages.queues import DIRECTORY_COMMANDS, ROLLOUT_OPERATIONS
from shared.domain.errors import DirectoryUnavailable
from shared.ports.plans import KeptPlan, PlannedPerson
from shared.use_cases.check_people import record_answers
from shared.use_cases.rollout.check_in_portions import PORTION
from shared.use_cases.rollout.check_plan import check_plan
from shared.use_cases.rollout.operate import run_operations
from shared.use_cases.views.describe_check import describe_check, list_checked
from tests.support.enrolments import NOW
from tests.support.ports.plans import PLAN
from tests.support.stage import Stage, an_id

MINUTE = timedelta(minutes=1)


def people_of(actions: list[str]) -> list[PlannedPerson]:
    return [
        PlannedPerson(object_id=an_id(number), action=action, wave=None, reason="")
        for number, action in enumerate(actions, start=1)
    ]


async def planned(stage: Stage, actions: list[str], *cloud: int) -> None:
    """A plan that does this with the people 1, 2, 3 …, of whom some are of the cloud."""
    for number in range(1, len(actions) + 1):
        stage.arrive(number, synced=number not in cloud)
    shown = PLAN.shown.model_copy(update={"additions": actions.count("add")})
    kept = KeptPlan(fingerprint="f00d", document_text="", planned_at=NOW, actor="ada", shown=shown)
    await stage.world.plans.keep(kept, people_of(actions))


def questions(stage: Stage) -> list[DirectoryQuestion]:
    return [DirectoryQuestion.read(one.body) for one in stage.deliver(DIRECTORY_COMMANDS)]


async def answer_all(stage: Stage, asked: list[DirectoryQuestion]) -> None:
    for question in asked:
        found = tuple(PersonFindings(key=one.key) for one in question.people)
        told = DirectoryAnswer(
            question_key=question.question_key, people=found, worker="w", answered_at=NOW
        )
        await record_answers([told], stage.world, NOW)


async def begun(stage: Stage) -> str:
    asked = await check_plan("f00d", stage.world, NOW, actor="ada")
    assert asked
    assert asked.check
    return asked.check


async def test_everybody_whom_a_plan_would_add_is_asked_about(stage: Stage) -> None:
    """Those whom it removes or skips are not, nor are the cloud's."""
    await planned(stage, ["add", "add", "remove", "add"], 4)
    asked = await check_plan("f00d", stage.world, NOW, actor="ada")
    assert asked is not None
    assert (asked.asked, asked.cloud) == (2, 1)
    (question,) = questions(stage)
    assert {one.key for one in question.people} == {an_id(1), an_id(2)}
    assert await check_plan("beef", stage.world, NOW, actor="ada") is None


async def test_a_plan_that_adds_nobody_of_ad_has_no_check(stage: Stage) -> None:
    await planned(stage, ["add", "remove"], 1)
    assert await check_plan("f00d", stage.world, NOW, actor="ada") == CheckAsked(
        check=None, asked=0, cloud=1
    )


async def test_of_many_people_an_operation_asks_and_the_check_is_not_over_before_it_is(
    stage: Stage,
) -> None:
    many = PORTION + MOST_ASKED + 1
    await planned(stage, ["add"] * many, 1)
    check = await begun(stage)
    waiting = await describe_check(check, stage.world, NOW)
    assert waiting
    assert (waiting.people, waiting.over) == (0, False)
    assert questions(stage) == []

    await run_operations(stage.deliver(ROLLOUT_OPERATIONS), stage.world, NOW)

    asked = questions(stage)
    keys = [person.key for question in asked for person in question.people]
    assert len(keys) == len(set(keys)) == many - 1
    assert max(len(question.people) for question in asked) <= MOST_ASKED
    assert len({question.question_key for question in asked}) == len(asked)
    seen = await describe_check(check, stage.world, NOW + MINUTE)
    assert seen
    assert (seen.people, seen.unanswered, seen.over) == (many - 1, many - 1, False)
    await answer_all(stage, asked)
    over = await describe_check(check, stage.world, NOW + MINUTE)
    assert over
    assert (over.unanswered, over.over) == (0, True)
    page = await list_checked(check, 0, stage.world)
    assert page
    assert len(page.people) == MOST_ASKED


async def test_what_ended_between_two_portions_goes_on_and_asks_nobody_twice_who_was_answered(
    stage: Stage,
) -> None:
    many = PORTION + 10
    await planned(stage, ["add"] * many)
    check = await begun(stage)
    (message,) = stage.deliver(ROLLOUT_OPERATIONS)
    stage.turns.fail("directory.find_people", DirectoryUnavailable("Graph answered 503"), skip=1)
    with pytest.raises(DirectoryUnavailable):
        await run_operations([message], stage.world, NOW)
    first = questions(stage)
    assert sum(len(one.people) for one in first) == PORTION
    held_up = await describe_check(check, stage.world, NOW)
    assert held_up
    assert (held_up.over, held_up.advice) == (False, "to be tried again: Graph answered 503")
    await answer_all(stage, first)
    halfway = await describe_check(check, stage.world, NOW)
    assert halfway
    assert (halfway.unanswered, halfway.over) == (0, False)

    await run_operations([message], stage.world, NOW + MINUTE)

    (second,) = questions(stage)
    assert len(second.people) == 10
    await answer_all(stage, [second])
    over = await describe_check(check, stage.world, NOW + MINUTE)
    assert over
    assert (over.people, over.over, over.advice) == (many, True, None)
