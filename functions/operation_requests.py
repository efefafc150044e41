"""Operations as a route of the operator API asks for them."""

from typing import Any

from functions.routes import Request
from shared.contracts.api.operation_orders import OperationOrder
from shared.contracts.api.view import View
from shared.use_cases.rollout.operate import request_operation
from shared.use_cases.views.describe_operation import operation_view


async def requested[A: View](order: OperationOrder, asked: Request[Any], answer: type[A]) -> A:
    """Has an operation done later, and returns how it stands by now."""
    operation = await request_operation(order, actor=asked.actor, world=asked.world, now=asked.now)
    return operation_view(operation, answer)
