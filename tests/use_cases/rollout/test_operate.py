"""Operations go through a queue: each is done once, and ends with a word for who asked."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace

import pytest
from structlog.typing import EventDict

from shared.contracts.api.operation_orders import (
    AdoptOrder,
    ApplyOrder,
    OperationOrder,
    PlanOrder,
    RollbackOrder,
)
from shared.contracts.api.operation_views import OperationResult
from shared.contracts.api.plan_views import PlanView, RollbackView
from shared.contracts.api.words import OperationState
from shared.contracts.messages.operation_request import OperationRequest
from shared.contracts.messages.queues import ROLLOUT_OPERATIONS
from shared.domain.errors import DirectoryUnavailable, LedgerConflict
from shared.domain.person.enrolment import State
from shared.domain.rollout.sspr_policy import SsprScope
from shared.domain.rollout.state import Phase
from shared.ports.operations import Operation
from shared.use_cases.message import Message
from shared.use_cases.rollout.operate import MOST_RETURNS, request_operation, run_operations
from shared.use_cases.rollout.plan_rollout import plan_rollout
from shared.use_cases.rollout.roll_back import roll_back
from shared.use_cases.tick import tick
from tests.support.course import (
    Clock,
    advance,
    ask,
    asks,
    audited,
    ids,
    in_state,
    member,
    operation_of,
    populate,
    ring_text,
    rollout_of,
    set_up,
    shown,
    standing,
    text_of,
    ungated,
    write_all,
)
from tests.support.enrolments import NOW, SCOPE
from tests.support.moves import a_tenant, adopts, everybody_at_once
from tests.support.processes import Death, Meanwhile, ProcessDied, deaths, meanwhiles, process
from tests.support.stage import Stage, a_stage, said
from tests.support.waves import document

PILOT = text_of(ring_text("pilot", 1, 2))
PASSING = [DirectoryUnavailable("Graph is away"), LedgerConflict("others were first")]


PLAN = PlanOrder(document=PILOT)


async def request(stage: Stage) -> Operation:
    return await request_operation(PLAN, actor="ada", world=stage.world, now=NOW)


async def run(stage: Stage, *messages: Message, returns: int = 0) -> None:
    again = [replace(one, returns=returns) for one in messages]
    await run_operations(again, stage.world, NOW)


async def test_what_is_asked_for_is_kept_and_queued_under_its_key(stage: Stage) -> None:
    operation = await request(stage)
    assert operation.state is OperationState.QUEUED
    assert (operation.actor, operation.requested_at) == ("ada", NOW)
    assert await operation_of(stage, operation.key) == operation
    (message,) = stage.broker.messages(ROLLOUT_OPERATIONS)
    assert OperationRequest.read(message.body).operation_key == operation.key


async def test_two_that_ask_for_the_same_have_operations_of_their_own(stage: Stage) -> None:
    first = await request(stage)
    second = await request(stage)
    assert first.key != second.key
    assert len(stage.broker.messages(ROLLOUT_OPERATIONS)) == 2


async def test_what_was_done_says_what_came_of_it(stage: Stage) -> None:
    populate(stage, 2)
    operation = await request(stage)
    await run(stage, *stage.deliver(ROLLOUT_OPERATIONS))
    done = await operation_of(stage, operation.key)
    assert (done.state, done.problem) == (OperationState.SUCCEEDED, "")
    assert isinstance(done.result, PlanView)
    assert done.result.additions == 2


async def test_what_cannot_be_done_ends_with_the_reason_and_is_not_tried_again(
    stage: Stage,
) -> None:
    populate(stage, 2)
    message = await ask(stage, asks(PlanOrder(document=text_of(ring_text("pilot", 1), salt=""))))
    await run(stage, message)
    refused = await operation_of(stage)
    assert refused.state is OperationState.REFUSED
    assert "salt" in refused.problem
    assert refused.result is None


async def test_one_that_is_done_or_unknown_is_left_alone(stage: Stage) -> None:
    populate(stage, 2)
    message = await ask(stage, asks(PLAN))
    unknown = Message(OperationRequest(operation_key="nobody-asked").text())
    await run(stage, message, unknown)
    done = await operation_of(stage)
    stage.turns.points.clear()
    await run(stage, message, unknown)
    assert stage.turns.points == ["operations.find", "operations.find"]
    assert await operation_of(stage) == done


async def test_a_message_that_cannot_be_understood_is_kept_and_costs_no_other(
    stage: Stage, signals: list[EventDict]
) -> None:
    populate(stage, 2)
    message = await ask(stage, asks(PLAN))
    await run(stage, Message(b"{}"), message)
    assert (await operation_of(stage)).state is OperationState.SUCCEEDED
    (refused,) = await stage.another().ledger.refused(9)
    assert (refused.queue, refused.body) == (ROLLOUT_OPERATIONS, "{}")
    assert len(said(signals, "message-refused")) == 1


@pytest.mark.parametrize("error", PASSING)
async def test_what_passes_is_tried_again_and_whoever_waits_sees_what_holds_it_up(
    stage: Stage, error: Exception
) -> None:
    populate(stage, 2)
    message = await ask(stage, asks(PLAN))
    stage.turns.fail("directory.everybody", error)
    with pytest.raises(type(error)):
        await run(stage, message)
    waiting = await operation_of(stage)
    assert waiting.state is OperationState.QUEUED
    assert waiting.problem == f"to be tried again: {error}"
    await run(stage, message)
    done = await operation_of(stage)
    assert (done.state, done.problem) == (OperationState.SUCCEEDED, "")


async def test_what_an_operation_has_kept_of_itself_is_there_when_it_is_tried_again(
    stage: Stage,
) -> None:
    """By it a half-done operation goes on; without it what was done would look like change."""
    populate(stage, 2)
    message = await ask(stage, asks(PLAN))
    queued = await operation_of(stage)
    kept = await plan_rollout(PLAN, stage.world, NOW, actor="ada")

    async def keeps_and_fails() -> None:
        await stage.another().operations.keep(replace(queued, result=kept))
        raise DirectoryUnavailable("away")

    stage.turns.at("directory.everybody", keeps_and_fails)
    with pytest.raises(DirectoryUnavailable):
        await run(stage, message)
    assert (await operation_of(stage)).result == kept


@pytest.mark.parametrize("error", PASSING)
async def test_on_the_last_try_even_what_passes_ends_the_operation(
    stage: Stage, error: Exception
) -> None:
    populate(stage, 2)
    message = await ask(stage, asks(PLAN))
    stage.turns.fail("directory.everybody", error)
    with pytest.raises(type(error)):
        await run(stage, message, returns=MOST_RETURNS - 1)
    stage.turns.fail("directory.everybody", error)
    await run(stage, message, returns=MOST_RETURNS)
    refused = await operation_of(stage)
    assert (refused.state, refused.problem) == (OperationState.REFUSED, str(error))


async def test_what_nobody_foresaw_ends_the_operation_and_the_log_says_where(
    stage: Stage, signals: list[EventDict]
) -> None:
    populate(stage, 2)
    message = await ask(stage, asks(PLAN))
    stage.turns.fail("directory.everybody", ZeroDivisionError("a secret"))
    await run(stage, message)
    operation = await operation_of(stage)
    assert operation.state is OperationState.REFUSED
    assert "ZeroDivisionError" in operation.problem
    assert "secret" not in operation.problem
    (line,) = said(signals, "error-unforeseen")
    assert line["error"] == "ZeroDivisionError"
    assert "turns.py" in line["place"]
    assert "secret" not in str(line)


async def test_a_copy_that_comes_to_another_end_changes_nothing_of_the_first(stage: Stage) -> None:
    """Given a message delivered twice at once, then whoever ends first has done it."""
    populate(stage, 2)
    message = await ask(stage, asks(PLAN))

    async def meanwhile() -> None:
        await run_operations([message], stage.another(), NOW)
        raise LedgerConflict("others were first")

    stage.turns.at("directory.everybody", meanwhile)
    await run(stage, message, returns=MOST_RETURNS)

    done = await operation_of(stage)
    assert (done.state, done.problem) == (OperationState.SUCCEEDED, "")


async def test_an_operation_whose_end_could_not_be_kept_is_done_again(stage: Stage) -> None:
    populate(stage, 2)
    message = await ask(stage, asks(PLAN))
    stage.turns.fail("operations.keep", ConnectionError("gone"))
    with pytest.raises(ConnectionError):
        await run(stage, message)
    assert (await operation_of(stage)).state is OperationState.QUEUED
    await run(stage, message)
    assert (await operation_of(stage)).state is OperationState.SUCCEEDED


# From a plan to its rollback


async def _done(stage: Stage, order: OperationOrder, key: str) -> OperationResult:
    """An operation done by its message, and what came of it."""
    message = await ask(stage, asks(order, key))
    await run_operations([message], stage.another(), NOW)
    operation = await operation_of(stage, key)
    assert operation.state is OperationState.SUCCEEDED
    assert operation.result is not None
    return operation.result


async def test_planned_applied_put_in_and_rolled_back(stage: Stage) -> None:
    populate(stage, 3)
    plan = await _done(stage, PLAN, "1")
    assert isinstance(plan, PlanView)
    await _done(stage, ApplyOrder(plan=plan.fingerprint), "2")
    await advance(stage, Clock())
    await write_all(stage, NOW)
    assert stage.scope == ids([1, 2])
    look = RollbackOrder(wave="pilot", reason="wrong people")
    seen = await _done(stage, look, "3")
    assert isinstance(seen, RollbackView)
    assert (seen.removals, seen.done) == (2, False)
    back = await _done(stage, look.model_copy(update={"plan": seen.fingerprint}), "4")
    assert isinstance(back, RollbackView)
    assert (back.removals, back.done) == (2, True)
    await write_all(stage, NOW)
    assert stage.scope == frozenset()
    assert audited(stage) == [
        "apply",
        "remember-members",
        "begin-wave",
        "evaluate",
        "soak",
        "rollback",
    ]


async def test_asking_that_dies_anywhere_queues_nothing_that_is_not_kept() -> None:
    async def dies(death: Death) -> None:
        stage = a_stage()
        with suppress(ProcessDied):
            await request_operation(PLAN, actor="ada", world=process(stage, death), now=NOW)
        for message in stage.deliver(ROLLOUT_OPERATIONS):
            key = OperationRequest.read(message.body).operation_key
            assert (await operation_of(stage, key)).order == PLAN

    for death in deaths():
        await dies(death)


async def test_the_second_of_a_batch_is_done_though_the_first_was_refused(stage: Stage) -> None:
    populate(stage, 2)
    plan = await _done(stage, PLAN, "1")
    assert isinstance(plan, PlanView)
    wrong = await ask(stage, asks(ApplyOrder(plan="no such plan"), "2"))
    right = await ask(stage, asks(ApplyOrder(plan=plan.fingerprint), "3"))
    await run(stage, wrong, right)
    assert (await operation_of(stage, "2")).state is OperationState.REFUSED
    assert (await rollout_of(stage)).applied_by == "3"
    assert in_state(stage, State.REQUESTED) == frozenset()


# Copies of one message


async def an_apply(stage: Stage) -> OperationOrder:
    a_tenant(stage, 3)
    return ApplyOrder(plan=await shown(stage, everybody_at_once()))


async def an_adoption(stage: Stage) -> OperationOrder:
    a_tenant(stage, 3)
    view = await adopts(stage.another(), everybody_at_once())
    return AdoptOrder(document=everybody_at_once(), came_from=SsprScope.ALL, plan=view.fingerprint)


async def a_rollback(stage: Stage) -> OperationOrder:
    await set_up(stage, standing(document(ungated("pilot", 1, 2, 3)), Phase.SOAKING, 1), 3)
    await stage.store(*(member(number, State.VISIBLE) for number in (1, 2, 3)))
    stage.tenant.join(SCOPE, *ids([1, 2, 3]))
    order = RollbackOrder(wave="pilot", reason="a mistake")
    view = await roll_back(order, asks(order, "look"), stage.another(), NOW)
    return order.model_copy(update={"plan": view.fingerprint})


@pytest.mark.parametrize("order_of", [an_apply, an_adoption, a_rollback])
async def test_an_operation_that_has_ended_is_never_opened_again_by_a_slow_copy(
    order_of: Callable[[Stage], Awaitable[OperationOrder]],
) -> None:
    async def overtaken(meanwhile: Meanwhile) -> None:
        stage = a_stage()
        message = await ask(stage, asks(await order_of(stage)))
        ended = list[Operation]()

        async def the_quick_copy() -> None:
            await run_operations([message], stage.another(), NOW)
            ended.append(await operation_of(stage))
            for _ in range(2):
                await tick(stage.another(), Clock())
                await write_all(stage, NOW)

        meanwhile.act = the_quick_copy
        with suppress(*(type(one) for one in PASSING)):
            await run_operations([message], process(stage, meanwhile), NOW)
        if ended:
            assert ended[0].state is OperationState.SUCCEEDED
            assert await operation_of(stage) == ended[0], meanwhile.number

    for meanwhile in meanwhiles():
        await overtaken(meanwhile)
    assert meanwhile.number > 5


@pytest.mark.parametrize("order_of", [an_apply, an_adoption, a_rollback])
async def test_what_a_copy_has_begun_refuses_no_order(
    order_of: Callable[[Stage], Awaitable[OperationOrder]],
) -> None:
    """Wherever the other copy stands still while this one goes on."""

    async def beside(meanwhile: Meanwhile, death: Death) -> None:
        stage = a_stage()
        message = await ask(stage, asks(await order_of(stage)))

        async def the_other() -> None:
            with suppress(ProcessDied):
                await run_operations([message], process(stage, death), NOW)

        meanwhile.act = the_other
        for world in (process(stage, meanwhile), stage.another()):
            with suppress(*(type(one) for one in PASSING)):
                await run_operations([message], world, NOW)
        done = await operation_of(stage)
        where = (meanwhile.number, death.passed[-1:], done.problem)
        assert done.state is OperationState.SUCCEEDED, where

    for meanwhile in meanwhiles():
        for death in deaths():
            await beside(replace(meanwhile), death)
        await beside(meanwhile, death)
    assert meanwhile.number > 5
