"""Operations: one of each kind of order that is stored."""

from collections.abc import Mapping

from shared.adapters.tables.tables import Tables
from shared.contracts.api.check_views import CheckAsked
from shared.contracts.api.operation_orders import ApplyOrder, CheckOrder, EraseOrder
from shared.contracts.api.personal_data_views import ElsewhereView, ErasedRowsView, EraseView
from shared.contracts.api.plan_views import AppliedView
from shared.contracts.api.words import OperationState
from shared.ports.operations import Operation
from tests.support.golden_rows.golden import NOW, Golden

OPERATION = Operation(
    key="operation-1",
    actor="ada",
    requested_at=NOW,
    order=ApplyOrder(plan="f00d", force=True, reason="the whole site moves"),
    state=OperationState.SUCCEEDED,
    result=AppliedView(fingerprint="f00d", version=2),
    problem="to be tried again",
)
CHECK_OPERATION = Operation(
    key="operation-2",
    actor="grace",
    requested_at=NOW,
    order=CheckOrder(plan="f00d"),
    state=OperationState.SUCCEEDED,
    result=CheckAsked(check="operation-2", asked=9_000, cloud=30),
)
ERASE_OPERATION = Operation(
    key="operation-3",
    actor="kim",
    requested_at=NOW,
    order=EraseOrder(
        person="0123456789abcdef",
        reason="request 4712 for erasure",
        plan="f00d",
        with_exclusion=True,
    ),
    state=OperationState.SUCCEEDED,
    result=EraseView(
        fingerprint="f00d",
        rows=(
            ErasedRowsView(
                table="enrolments",
                kind="person",
                meaning="what is remembered of somebody",
                fate="erased",
                why="it is theirs",
                rows=1,
                more=True,
            ),
        ),
        warnings=("an operator keeps this person out for good",),
        needs_exclusion=True,
        elsewhere=(
            ElsewhereView(place="Service Bus", holds="events", ends="in minutes", do="discard"),
        ),
        done=True,
    ),
    problem="to be tried again",
)


async def _write_operation(tables: Tables) -> None:
    await tables.operations.keep(OPERATION)


async def _expect_operation(tables: Tables) -> None:
    assert await tables.operations.find(OPERATION.key) == OPERATION


async def _write_check_operation(tables: Tables) -> None:
    await tables.operations.keep(CHECK_OPERATION)


async def _expect_check_operation(tables: Tables) -> None:
    assert await tables.operations.find(CHECK_OPERATION.key) == CHECK_OPERATION


async def _write_erase_operation(tables: Tables) -> None:
    await tables.operations.keep(ERASE_OPERATION)


async def _expect_erase_operation(tables: Tables) -> None:
    assert await tables.operations.find(ERASE_OPERATION.key) == ERASE_OPERATION


GOLDEN: Mapping[str, Golden] = {
    "operation": Golden(_write_operation, _expect_operation),
    "operation-check": Golden(_write_check_operation, _expect_check_operation),
    "operation-erase": Golden(_write_erase_operation, _expect_erase_operation),
}
