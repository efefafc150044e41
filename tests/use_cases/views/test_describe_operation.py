"""What operators see of an operation: the result is of the kind that was ordered, or none."""

import pytest
from pydantic import ValidationError

from shared.contracts.api.check_views import CheckAsked
from shared.contracts.api.operation_orders import (
    ApplyOrder,
    CheckOrder,
    OperationOrder,
    PlanOrder,
    RollbackOrder,
)
from shared.contracts.api.operation_views import (
    AnyOperation,
    ApplyOperation,
    OperationResult,
    PlanOperation,
)
from shared.contracts.api.plan_views import AppliedView, PlanView, RollbackView
from shared.contracts.api.words import OperationState
from shared.ports.operations import Operation
from shared.use_cases.views.describe_operation import describe_operation, operation_view
from tests.support.cli_samples import NOW, plan, rollback
from tests.support.course import asks
from tests.support.stage import Stage

PLANNED = PlanView.model_validate(plan())
LEAVING = RollbackView.model_validate(rollback())
APPLIED = AppliedView(fingerprint="f00d", version=2)


def operation(
    order: OperationOrder, state: OperationState, result: OperationResult | None
) -> Operation:
    return Operation(
        key="op-1", actor="ada", requested_at=NOW, order=order, state=state, result=result
    )


@pytest.mark.parametrize(
    ("order", "result"),
    [
        (PlanOrder(document="name: x"), PLANNED),
        (ApplyOrder(plan="f00d"), APPLIED),
        (RollbackOrder(wave="pilot", reason="phones ring"), LEAVING),
        (CheckOrder(plan="f00d"), CheckAsked(check="op-1", asked=3, cloud=1)),
    ],
)
def test_an_operation_is_of_the_kind_that_was_ordered_and_so_is_its_result(
    order: OperationOrder, result: OperationResult
) -> None:
    done = operation_view(operation(order, OperationState.SUCCEEDED, result), AnyOperation).root
    assert (done.kind, done.result, done.over) == (order.kind, result, True)
    read = AnyOperation.model_validate_json(done.as_json())
    assert read.root == done


@pytest.mark.parametrize("state", OperationState)
def test_an_operation_is_over_once_it_is_not_queued(state: OperationState) -> None:
    shown = operation_view(operation(ApplyOrder(plan="f00d"), state, None), ApplyOperation)
    assert shown.over is (state is not OperationState.QUEUED)


def test_a_result_of_another_kind_is_not_shown_as_one() -> None:
    mixed = operation(PlanOrder(document="name: x"), OperationState.SUCCEEDED, APPLIED)
    with pytest.raises(ValidationError):
        operation_view(mixed, PlanOperation)


async def test_an_operation_is_found_by_its_key_as_it_stands(stage: Stage) -> None:
    asked = asks(RollbackOrder(wave="pilot", reason="wrong people"), "rollback-1")
    await stage.another().operations.keep(asked)
    view = await describe_operation("rollback-1", stage.world)
    assert view is not None
    assert (view.root.kind, view.root.state, view.root.over) == ("rollback", "queued", False)
    assert await describe_operation("another", stage.world) is None
