"""Operate: what operators ask for and what takes longer than an HTTP request may."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

from shared.contracts.api.operation_orders import (
    AdoptOrder,
    ApplyOrder,
    CheckOrder,
    EraseOrder,
    ForgetOrder,
    LeaveOrder,
    OperationOrder,
    PlanOrder,
    RecoverOrder,
    RollbackOrder,
)
from shared.contracts.api.operation_views import OperationResult
from shared.contracts.api.words import OperationState
from shared.contracts.messages.operation_request import OperationRequest
from shared.contracts.messages.queues import ROLLOUT_OPERATIONS
from shared.domain.errors import (
    DirectoryUnavailable,
    LedgerConflict,
    ServiceUnavailable,
    SsprRolloutError,
    WorldChanged,
)
from shared.ports.operations import Operation
from shared.ports.world import World
from shared.use_cases.erase_person import erase_person, without_name
from shared.use_cases.message import Message, read_all
from shared.use_cases.recording import keep_refusals
from shared.use_cases.rollout.adopt import adopt
from shared.use_cases.rollout.apply_plan import apply_plan
from shared.use_cases.rollout.check_in_portions import check_in_portions
from shared.use_cases.rollout.forget_events import forget_events
from shared.use_cases.rollout.leave import leave
from shared.use_cases.rollout.plan_rollout import plan_rollout
from shared.use_cases.rollout.recover import recover
from shared.use_cases.rollout.roll_back import roll_back
from shared.use_cases.signalling import say_unforeseen

_TO_TRY_AGAIN = (DirectoryUnavailable, LedgerConflict, ServiceUnavailable)

MOST_RETURNS = 24
"""How often an operation is tried again: an hour, with half a lock of five minutes in between."""
NEXT_STEP = timedelta(seconds=15)
"""What is done in steps waits for so long between two."""


async def request_operation(
    order: OperationOrder, *, actor: str, world: World, now: datetime
) -> Operation:
    """Saves what is asked for, has it done soon, and returns it with the key to follow it by."""
    operation = Operation(key=uuid4().hex, actor=actor, requested_at=now, order=order)
    await world.operations.keep(operation)
    await world.outbox.send_operations([OperationRequest(operation_key=operation.key)])
    return operation


async def run_operations(messages: Sequence[Message], world: World, now: datetime) -> None:
    """Does what the messages ask for; an operation that was done already is left alone.

    What passes is tried again for an hour; then the operation ends as refused. So it does at once
    by what nobody foresaw: whoever waits for it can ask anew, and would not wait for that.

    Raises:
        DirectoryUnavailable, LedgerConflict, ServiceUnavailable: the message is to come again.
    """
    for message in messages:
        requests, refused = read_all(
            [message], ROLLOUT_OPERATIONS, lambda one: OperationRequest.read(one.body), now
        )
        await keep_refusals(refused, world)
        for request in requests:
            await _run(request.operation_key, message, world, now)


async def _run(key: str, message: Message, world: World, now: datetime) -> None:
    operation = await _queued(key, world)
    if operation is None:
        return
    after = await _done(operation, world, now, returns=message.returns)
    # A copy of the message may have come to its end first; whoever was first has done it.
    if not await _queued(key, world):
        return
    goes_on = after.state is OperationState.QUEUED
    kept = after if goes_on else without_name(after)
    if kept != operation:
        await world.operations.keep(kept)
    if goes_on:
        await world.outbox.return_messages(ROLLOUT_OPERATIONS, [message.goes_on()], NEXT_STEP)


async def _queued(key: str, world: World) -> Operation | None:
    operation = await world.operations.find(key)
    return operation if operation and operation.state is OperationState.QUEUED else None


async def _carry_out(operation: Operation, world: World, now: datetime) -> OperationResult | None:
    """Does it, or a step of it; None: the next step is for later."""
    match operation.order:
        case PlanOrder() as order:
            return await plan_rollout(order, world, now, actor=operation.actor)
        case ApplyOrder() as order:
            return await apply_plan(order, operation, world, now)
        case RollbackOrder() as order:
            return await roll_back(order, operation, world, now)
        case RecoverOrder() as order:
            return await recover(order, operation, world, now)
        case ForgetOrder() as order:
            return await forget_events(order, operation, world, now)
        case CheckOrder() as order:
            return await check_in_portions(order, operation, world, now)
        case AdoptOrder() as order:
            return await adopt(order, operation, world, now)
        case LeaveOrder() as order:
            return await leave(order, operation, world, now)
        case EraseOrder() as order:
            return await erase_person(order, operation, world, now)


async def _done(operation: Operation, world: World, now: datetime, *, returns: int) -> Operation:
    """Returns what the operation is then; still queued where its next step is for later."""
    try:
        result = await _carry_out(operation, world, now)
    except SsprRolloutError as error:
        found = await _queued(operation.key, world)
        if found is None:
            # A copy of the message has come to its end meanwhile.
            return operation
        # What a copy has begun looks like change; by what it has kept this one goes on.
        is_copy = isinstance(error, WorldChanged) and found.result != operation.result
        if (is_copy or isinstance(error, _TO_TRY_AGAIN)) and returns < MOST_RETURNS:
            # Whoever waits for the operation sees what holds it up. What it has kept of itself so
            # far is kept: by that it goes on, and does not begin anew.
            await world.operations.keep(replace(found, problem=f"to be tried again: {error}"))
            if is_copy:
                raise LedgerConflict("a copy of this message has begun what it asks for") from error
            raise
        return replace(operation, state=OperationState.REFUSED, problem=str(error))
    except Exception as error:  # noqa: BLE001  # the log says where
        kind = say_unforeseen(error)
        problem = f"an unexpected error ({kind}); the app's log says more"
        return replace(operation, state=OperationState.REFUSED, problem=problem)
    if result is None:
        return replace(operation, problem="")
    return replace(operation, state=OperationState.SUCCEEDED, result=result, problem="")
