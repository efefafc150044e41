"""Operations are found as they stand."""

from dataclasses import replace

from shared.ports.operations import Operation, OperationState
from tests.ports.kept import Kept
from tests.ports.people import NOW

OPERATION = Operation(
    key="O'Neil/1",
    kind="plan",
    actor="ada",
    requested_at=NOW,
    parameters={"document": "name: contoso", "force": False, "limits": [1, 0.5, None]},
)


async def test_an_operation_is_found_as_it_stands(tables: Kept) -> None:
    assert await tables.operations.find(OPERATION.key) is None
    done = replace(OPERATION, state=OperationState.SUCCEEDED, result={"fingerprint": "f00d"})
    refused = replace(OPERATION, state=OperationState.REFUSED, problem="unsafe", result=None)
    for operation in (OPERATION, done, refused):
        await tables.operations.keep(operation)
        assert await tables.operations.find(OPERATION.key) == operation
    assert await tables.operations.find("another") is None
