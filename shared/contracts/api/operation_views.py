"""The operator API's answers about operations: what was asked for and takes its time."""

from typing import Annotated, Literal

from pydantic import Field, RootModel

from shared.contracts.api.check_views import CheckAsked
from shared.contracts.api.forget_views import ForgetView
from shared.contracts.api.move_views import AdoptView, LeaveView
from shared.contracts.api.personal_data_views import EraseView
from shared.contracts.api.plan_views import AppliedView, PlanView, RecoveryView, RollbackView
from shared.contracts.api.view import View
from shared.contracts.messages.contract import Moment


class OperationView[R: View](View):
    """Something that was asked for and takes its time."""

    key: str
    kind: str
    actor: str
    requested_at: Moment
    state: str
    """`queued`, `succeeded` or `refused`."""
    over: bool
    """Whether it has ended; nothing more comes of it then."""
    problem: str
    """Why it was refused, or what holds it up."""
    result: R | None
    """What came of it; null before it has, and where it was refused."""


class PlanOperation(OperationView[PlanView]):
    """A plan that was asked for."""

    kind: Literal["plan"] = "plan"


class ApplyOperation(OperationView[AppliedView]):
    """A plan that is to be applied."""

    kind: Literal["apply"] = "apply"


class RollbackOperation(OperationView[RollbackView]):
    """A wave that is to be rolled back, or of which it was asked who would leave with it."""

    kind: Literal["rollback"] = "rollback"


class RecoverOperation(OperationView[RecoveryView]):
    """A ledger that is older than the world, held against it."""

    kind: Literal["recover"] = "recover"


class ForgetOperation(OperationView[ForgetView]):
    """Events that are to be forgotten, or of which it was asked what would come of it."""

    kind: Literal["forget"] = "forget"


class CheckOperation(OperationView[CheckAsked]):
    """People of a large plan who are asked about; the check has the same key."""

    kind: Literal["check"] = "check"


class AdoptOperation(OperationView[AdoptView]):
    """A group that is to be adopted, or of which it was asked who would lose SSPR by it."""

    kind: Literal["adopt"] = "adopt"


class LeaveOperation(OperationView[LeaveView]):
    """A step of leaving for All, or what the next one is."""

    kind: Literal["leave"] = "leave"


class EraseOperation(OperationView[EraseView]):
    """A person who is to be erased, or of whom it was asked what that would take."""

    kind: Literal["erase"] = "erase"


class AnyOperation(
    View,
    RootModel[
        Annotated[
            PlanOperation
            | ApplyOperation
            | RollbackOperation
            | RecoverOperation
            | ForgetOperation
            | CheckOperation
            | AdoptOperation
            | LeaveOperation
            | EraseOperation,
            Field(discriminator="kind"),
        ]
    ],
):
    """An operation as it stands; `kind` says what its result is."""


type OperationResult = (
    PlanView
    | AppliedView
    | RollbackView
    | RecoveryView
    | ForgetView
    | CheckAsked
    | AdoptView
    | LeaveView
    | EraseView
)
"""What came of an operation."""
