"""What operators order and what takes longer than a request: one order for each operation."""

from typing import Annotated, Literal

from pydantic import Field

from shared.contracts.api.operator_requests import Adopt, Apply, Forget, Leave, Recover, RollBack
from shared.contracts.api.personal_data_views import ErasePerson
from shared.contracts.messages.contract import Contract, Name


class PlanOrder(Contract):
    """Draw up what a rollout document would do."""

    kind: Literal["plan"] = "plan"
    document: str


class ApplyOrder(Apply):
    """Apply a plan."""

    kind: Literal["apply"] = "apply"


class RollbackOrder(RollBack):
    """Show who would leave with a wave or, with that plan, take them out."""

    kind: Literal["rollback"] = "rollback"


class RecoverOrder(Recover):
    """Show what an older ledger and the world do not agree about or, with that, go on."""

    kind: Literal["recover"] = "recover"


class ForgetOrder(Forget):
    """Show what becomes of whom if events are forgotten or, with that plan, forget them."""

    kind: Literal["forget"] = "forget"


class CheckOrder(Contract):
    """Have the worker look at everybody whom a large plan would add."""

    kind: Literal["check"] = "check"
    plan: str
    """Its fingerprint."""


class AdoptOrder(Adopt):
    """Show who would lose SSPR by a document's group or, with that plan, fill the group."""

    kind: Literal["adopt"] = "adopt"


class LeaveOrder(Leave):
    """Show the next step of leaving for All or, with that plan, take it."""

    kind: Literal["leave"] = "leave"


class EraseOrder(ErasePerson):
    """Show what is kept of a person or, with that plan, erase it."""

    kind: Literal["erase"] = "erase"
    person: Name
    """As the operator named them; once it has ended, a digest of that."""


type OperationOrder = Annotated[
    PlanOrder
    | ApplyOrder
    | RollbackOrder
    | RecoverOrder
    | ForgetOrder
    | CheckOrder
    | AdoptOrder
    | LeaveOrder
    | EraseOrder,
    Field(discriminator="kind"),
]
