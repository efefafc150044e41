"""Operations are found as they stand."""

from dataclasses import replace

import pytest

from shared.contracts.api.operation_orders import RollbackOrder
from shared.contracts.api.plan_views import RollbackView
from shared.contracts.api.words import OperationState
from shared.ports.operations import Operation
from tests.support.cli_samples import rollback
from tests.support.ports.kept import Kept
from tests.support.ports.people import NOW

OPERATION = Operation(
    key="O'Neil/1",
    actor="ada",
    requested_at=NOW,
    order=RollbackOrder(wave="Wave 人", reason="phones ring", plan="f00d"),
)


async def test_an_operation_is_found_as_it_stands(tables: Kept) -> None:
    assert await tables.operations.find(OPERATION.key) is None
    result = RollbackView.model_validate(rollback())
    done = replace(OPERATION, state=OperationState.SUCCEEDED, result=result)
    refused = replace(OPERATION, state=OperationState.REFUSED, problem="unsafe", result=None)
    begun = replace(OPERATION, result=result)
    for number, ended in enumerate((done, refused)):
        for operation in (OPERATION, begun, ended):
            kept = replace(operation, key=f"{OPERATION.key}/{number}")
            await tables.operations.keep(kept)
            assert await tables.operations.find(kept.key) == kept
    assert await tables.operations.find("another") is None


@pytest.mark.parametrize("ended", [OperationState.SUCCEEDED, OperationState.REFUSED])
async def test_an_operation_that_has_ended_stays_as_it_ended(
    tables: Kept, ended: OperationState
) -> None:
    first = replace(OPERATION, state=ended, problem="the first word")
    await tables.operations.keep(first)
    for state in OperationState:
        await tables.operations.keep(replace(OPERATION, state=state, problem="a late one"))
        assert await tables.operations.find(OPERATION.key) == first
