"""The operator API, moves: adopt the group, and leave it for All, with nobody losing in between."""

from functions.operation_requests import requested
from functions.routes import Request, Routes
from shared.contracts.api.operation_orders import AdoptOrder, LeaveOrder
from shared.contracts.api.operation_views import AdoptOperation, LeaveOperation
from shared.contracts.api.operator_requests import Adopt, Leave
from shared.contracts.documents.rollout_document import read

routes = Routes("moves")


@routes.post(
    "rollout/adopt",
    takes=Adopt,
    answers=AdoptOperation,
    status=202,
    example={
        "document": "schema: sspr-rollout/rollout/1\n…",
        "cameFrom": "all",
        "acceptLosing": 3,
        "plan": "a90b1c…",
    },
)
async def adopt_group(asked: Request[Adopt]) -> AdoptOperation:
    """Ask who would lose SSPR by the document's group or, with that fingerprint, fill it."""
    read(asked.sent.document)
    order = AdoptOrder(**asked.sent.model_dump())
    return await requested(order, asked, AdoptOperation)


@routes.post(
    "rollout/leave",
    takes=Leave,
    answers=LeaveOperation,
    status=202,
    example={"reason": "we leave the product", "emptyGroup": True, "plan": "a90b1c…"},
)
async def leave_group(asked: Request[Leave]) -> LeaveOperation:
    """Ask for the next step of going back to All or, with its fingerprint, have it taken."""
    order = LeaveOrder(**asked.sent.model_dump())
    return await requested(order, asked, LeaveOperation)
