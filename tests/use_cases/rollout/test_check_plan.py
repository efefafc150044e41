"""Whom a plan would add is asked about: a few at once, many by an operation in portions."""

from datetime import datetime, timedelta

import pytest

from shared.contracts.api.check_views import CheckAsked
from shared.contracts.messages.directory_answer import DirectoryAnswer, PersonFindings
from shared.contracts.messages.directory_question import (
    LONGEST_QUESTION,
    MOST_ASKED,
    DirectoryQuestion,
)
from shared.contracts.messages.queues import DIRECTORY_COMMANDS, ROLLOUT_OPERATIONS
from shared.domain.errors import DirectoryUnavailable, ServiceUnavailable
from shared.ports.plans import KeptPlan, PlannedPerson
from shared.use_cases.check_people import ANSWERED_WITHIN, record_answers
from shared.use_cases.rollout.check_in_portions import LONGEST_CHECK, MOST_OPEN, PORTION
from shared.use_cases.rollout.check_plan import check_plan
from shared.use_cases.rollout.operate import NEXT_STEP, run_operations
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


async def stepped(stage: Stage, now: datetime = NOW) -> list[DirectoryQuestion]:
    """What the operation's next step asks."""
    stage.broker.pass_time(NEXT_STEP)
    await run_operations(stage.deliver(ROLLOUT_OPERATIONS), stage.world, now)
    return questions(stage)


def keys_of(asked: list[DirectoryQuestion]) -> list[str]:
    return [person.key for question in asked for person in question.people]


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

    first = await stepped(stage)
    seen = await describe_check(check, stage.world, NOW + MINUTE)
    assert seen
    assert (seen.people, seen.unanswered, seen.over) == (PORTION - 1, PORTION - 1, False)
    await answer_all(stage, first)
    second = await stepped(stage, NOW + MINUTE)
    await answer_all(stage, second)
    assert await stepped(stage, NOW + MINUTE) == []

    keys = keys_of(first + second)
    assert len(keys) == len(set(keys)) == many - 1
    assert max(len(question.people) for question in first + second) <= MOST_ASKED
    assert len({question.question_key for question in first + second}) == MOST_OPEN + 2
    over = await describe_check(check, stage.world, NOW + MINUTE)
    assert over
    assert (over.people, over.unanswered, over.over, over.advice) == (many - 1, 0, True, None)
    ended = await stage.world.operations.find(check)
    assert ended
    assert ended.result == CheckAsked(check=check, asked=many - 1, cloud=1)
    page = await list_checked(check, 1, stage.world)
    assert page
    assert len(page.people) == MOST_ASKED


async def test_never_more_questions_wait_than_a_worker_can_hold(stage: Stage) -> None:
    await planned(stage, ["add"] * (2 * PORTION))
    check = await begun(stage)
    first = await stepped(stage)
    assert len(first) == MOST_OPEN
    assert await stepped(stage) == []
    await answer_all(stage, first[:3])
    more = await stepped(stage)
    assert len(more) == 3
    assert not set(keys_of(more)) & set(keys_of(first))
    # No step that was given back counts against the operation.
    (message,) = stage.broker.messages(ROLLOUT_OPERATIONS)
    assert message.wait == NEXT_STEP
    assert message.properties["ssprReturns"] == "0"
    assert check


async def test_what_ended_between_two_portions_goes_on_and_asks_nobody_twice(
    stage: Stage,
) -> None:
    many = PORTION + 10
    await planned(stage, ["add"] * many)
    check = await begun(stage)
    first = await stepped(stage)
    assert sum(len(one.people) for one in first) == PORTION
    await answer_all(stage, first)
    stage.broker.pass_time(NEXT_STEP)
    (message,) = stage.deliver(ROLLOUT_OPERATIONS)
    stage.turns.fail("directory.find_people", DirectoryUnavailable("Graph answered 503"))
    with pytest.raises(DirectoryUnavailable):
        await run_operations([message], stage.world, NOW)
    held_up = await describe_check(check, stage.world, NOW)
    assert held_up
    assert (held_up.over, held_up.advice) == (False, "to be tried again: Graph answered 503")

    # Somebody of the first portion is gone: the others' parts stay as they were.
    stage.tenant.remove(an_id(1))
    await run_operations([message], stage.world, NOW + MINUTE)
    (second,) = questions(stage)
    going_on = await describe_check(check, stage.world, NOW + MINUTE)
    assert going_on
    assert going_on.advice is None
    stage.turns.points.clear()
    await run_operations([message], stage.world, NOW + MINUTE)
    assert questions(stage) == []
    assert "directory.find_people" not in stage.turns.points

    assert set(keys_of([second])) == {an_id(number) for number in range(PORTION + 1, many + 1)}
    await answer_all(stage, [second])
    assert await stepped(stage, NOW + MINUTE) == []
    over = await describe_check(check, stage.world, NOW + MINUTE)
    assert over
    assert (over.people, over.over, over.advice) == (many, True, None)


async def test_what_was_kept_and_never_sent_is_asked_again(stage: Stage) -> None:
    await planned(stage, ["add"] * (PORTION + 1))
    await begun(stage)
    stage.turns.fail("outbox.send_questions", ServiceUnavailable("queue: down"))
    (message,) = stage.deliver(ROLLOUT_OPERATIONS)
    with pytest.raises(ServiceUnavailable):
        await run_operations([message], stage.world, NOW)
    assert questions(stage) == []
    await run_operations([message], stage.world, NOW + ANSWERED_WITHIN)
    assert len(questions(stage)) == MOST_OPEN


async def test_what_nobody_answers_is_asked_again_for_an_hour_and_then_the_check_says_so(
    stage: Stage,
) -> None:
    await planned(stage, ["add"] * (2 * PORTION))
    check = await begun(stage)
    first = await stepped(stage)
    await answer_all(stage, first[:1])
    asked = await stage.world.preflights.questions(check)
    await stepped(stage, NOW + ANSWERED_WITHIN)
    again = await stage.world.preflights.questions(check)
    assert len(again) == len(asked) + 1
    assert again[0] == asked[0]
    assert {one.expires_at for one in again[1:]} == {NOW + 2 * ANSWERED_WITHIN}
    assert {one.asked_at for one in again[1:MOST_OPEN]} == {NOW}

    await stepped(stage, NOW + LONGEST_QUESTION + ANSWERED_WITHIN)
    over = await describe_check(check, stage.world, NOW + LONGEST_QUESTION + ANSWERED_WITHIN)
    assert over
    assert (over.over, over.unanswered) == (True, PORTION)
    assert over.advice
    assert "no worker has answered about 4,000 people for an hour" in over.advice
    assert "(200 were answered)" in over.advice
    assert stage.broker.messages(ROLLOUT_OPERATIONS) == ()


async def test_a_check_that_does_not_come_to_an_end_is_ended(stage: Stage) -> None:
    await planned(stage, ["add"] * (2 * PORTION))
    check = await begun(stage)
    await answer_all(stage, await stepped(stage))
    await stepped(stage, NOW + LONGEST_CHECK)
    over = await describe_check(check, stage.world, NOW + LONGEST_CHECK)
    assert over
    assert over.over
    assert "the check has taken a day" in (over.advice or "")
