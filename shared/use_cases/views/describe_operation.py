"""Describe an operation: how what an operator asked for stands, and what came of it."""

from shared.contracts.api.operation_views import AnyOperation
from shared.contracts.api.view import View
from shared.contracts.api.words import OperationState
from shared.ports.operations import Operation
from shared.ports.world import World


async def describe_operation(key: str, world: World) -> AnyOperation | None:
    """Returns the operation with this key, or None if there is none."""
    operation = await world.operations.find(key)
    return operation_view(operation, AnyOperation) if operation else None


def operation_view[V: View](operation: Operation, kind: type[V]) -> V:
    """Returns the operation as operators see it; `kind` is the view of what was ordered."""
    return kind.model_validate(
        {
            "key": operation.key,
            "kind": operation.order.kind,
            "actor": operation.actor,
            "requested_at": operation.requested_at,
            "state": operation.state,
            "over": operation.state is not OperationState.QUEUED,
            "problem": operation.problem,
            "result": operation.result,
        }
    )
