"""Operate: what operators ask for and what takes longer than an HTTP request may."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from shared.contracts.api.operation_orders import (
    ApplyOrder,
    OperationOrder,
    PlanOrder,
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
)
from shared.ports.operations import Operation
from shared.ports.world import World
from shared.use_cases.message import Message, read_all
from shared.use_cases.recording import keep_refusals
from shared.use_cases.rollout.apply_plan import apply_plan
from shared.use_cases.rollout.plan_rollout import plan_rollout
from shared.use_cases.rollout.roll_back import roll_back

_TO_TRY_AGAIN = (DirectoryUnavailable, LedgerConflict, ServiceUnavailable)


async def request_operation(
    order: OperationOrder, *, actor: str, world: World, now: datetime
) -> Operation:
    """Saves what is asked for, has it done soon, and returns it with the key to follow it by."""
    operation = Operation(key=uuid4().hex, actor=actor, requested_at=now, order=order)
    await world.operations.keep(operation)
    await world.outbox.send_operations([OperationRequest(operation_key=operation.key)])
    return operation


async def run_operations(
    messages: Sequence[Message], world: World, now: datetime, *, last_try: bool
) -> None:
    """Does what the messages ask for; an operation that was done already is left alone.

    On the last try even an error that could be tried again ends the operation: nobody would try
    again.

    Raises:
        DirectoryUnavailable, LedgerConflict: the message is to be delivered again.
        Exception: what nobody foresaw; on the last try it is raised as well, for the log.
    """
    requests, refused = read_all(
        messages, ROLLOUT_OPERATIONS, lambda one: OperationRequest.read(one.body), now
    )
    await keep_refusals(refused, world)
    for request in requests:
        operation = await world.operations.find(request.operation_key)
        if operation and operation.state is OperationState.QUEUED:
            await world.operations.keep(await _done(operation, world, now, last_try=last_try))


async def _carry_out(operation: Operation, world: World, now: datetime) -> OperationResult:
    match operation.order:
        case PlanOrder() as order:
            return await plan_rollout(order, world, now, actor=operation.actor)
        case ApplyOrder() as order:
            return await apply_plan(order, operation, world, now)
        case RollbackOrder() as order:
            return await roll_back(order, operation, world, now)


async def _done(operation: Operation, world: World, now: datetime, *, last_try: bool) -> Operation:
    try:
        result = await _carry_out(operation, world, now)
    except SsprRolloutError as error:
        if isinstance(error, _TO_TRY_AGAIN) and not last_try:
            # Whoever waits for the operation sees what holds it up.
            await world.operations.keep(replace(operation, problem=f"to be tried again: {error}"))
            raise
        return replace(operation, state=OperationState.REFUSED, problem=str(error))
    except Exception as error:
        if last_try:
            problem = f"nobody foresaw this ({type(error).__name__}); the app's log says more"
            refused = replace(operation, state=OperationState.REFUSED, problem=problem)
            await world.operations.keep(refused)
        raise
    return replace(operation, state=OperationState.SUCCEEDED, result=result, problem="")
