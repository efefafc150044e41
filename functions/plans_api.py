"""The operator API, plans: what is looked at first, and asked for because it takes its time."""

from functions.operation_requests import requested
from functions.responses import there
from functions.routes import Request, Routes
from shared.contracts.api.operation_orders import (
    ApplyOrder,
    ForgetOrder,
    PlanOrder,
    RecoverOrder,
    RollbackOrder,
)
from shared.contracts.api.operation_views import (
    AnyOperation,
    ApplyOperation,
    ForgetOperation,
    PlanOperation,
    RecoverOperation,
    RollbackOperation,
)
from shared.contracts.api.operator_requests import (
    Apply,
    DocumentBody,
    Forget,
    Nothing,
    Page,
    Recover,
    RollBack,
)
from shared.contracts.api.plan_views import PlanPeople, PlanView
from shared.contracts.documents.rollout_document import read
from shared.use_cases.views.describe_operation import describe_operation
from shared.use_cases.views.find_plan import find_plan, list_plan_people

routes = Routes("plans")
_NO_PLAN = "no plan with this fingerprint was shown"


@routes.post("rollout/plans", takes=DocumentBody, answers=PlanOperation, status=202)
async def plan_rollout(asked: Request[DocumentBody]) -> PlanOperation:
    """Ask for a plan: what the document would do to everybody, before any write."""
    read(asked.sent.content)
    return await requested(PlanOrder(document=asked.sent.content.decode()), asked, PlanOperation)


@routes.get("rollout/plans/{fingerprint}", takes=Nothing, answers=PlanView, refuses=(404,))
async def get_plan(asked: Request[Nothing]) -> PlanView:
    """A plan as it was shown."""
    return there(await find_plan(asked.path["fingerprint"], asked.world), _NO_PLAN)


@routes.get("rollout/plans/{fingerprint}/people", takes=Page, answers=PlanPeople, refuses=(404,))
async def get_plan_people(asked: Request[Page]) -> PlanPeople:
    """A page of the people of a plan."""
    page = await list_plan_people(asked.path["fingerprint"], asked.sent.page, asked.world)
    return there(page, _NO_PLAN)


@routes.post(
    "rollout/apply",
    takes=Apply,
    answers=ApplyOperation,
    status=202,
    example={"plan": "0b5e3a…", "force": True, "reason": "the whole site moves at once"},
)
async def apply_plan(asked: Request[Apply]) -> ApplyOperation:
    """Ask for a plan to be applied; it is refused if anything changed since it was shown."""
    return await requested(ApplyOrder(**asked.sent.model_dump()), asked, ApplyOperation)


@routes.post(
    "rollout/rollback",
    takes=RollBack,
    answers=RollbackOperation,
    status=202,
    example={"wave": "early", "reason": "writeback fails in Leeds", "plan": "7c41d0…"},
)
async def roll_back_wave(asked: Request[RollBack]) -> RollbackOperation:
    """Ask who would leave with a wave or, with the fingerprint of the answer, remove them."""
    return await requested(RollbackOrder(**asked.sent.model_dump()), asked, RollbackOperation)


@routes.post(
    "ledger/recover",
    takes=Recover,
    answers=RecoverOperation,
    status=202,
    example={"reason": "restored from the copy of Sunday", "plan": "7c41d0…"},
)
async def recover_ledger(asked: Request[Recover]) -> RecoverOperation:
    """Ask what an older ledger and the world differ in or, with that fingerprint, go on."""
    return await requested(RecoverOrder(**asked.sent.model_dump()), asked, RecoverOperation)


@routes.post(
    "events/forget",
    takes=Forget,
    answers=ForgetOperation,
    status=202,
    example={
        "reason": "HR hired a whole site by mistake",
        "source": "workday",
        "since": "2026-09-01T06:00:00Z",
        "plan": "1d90c2…",
    },
)
async def forget_events(asked: Request[Forget]) -> ForgetOperation:
    """Ask what becomes of whom if events are forgotten or, with that fingerprint, forget them."""
    return await requested(ForgetOrder(**asked.sent.model_dump()), asked, ForgetOperation)


@routes.get("operations/{key}", takes=Nothing, answers=AnyOperation, refuses=(404,))
async def get_operation(asked: Request[Nothing]) -> AnyOperation:
    """How something that was asked for stands, and what came of it."""
    operation = await describe_operation(asked.path["key"], asked.world)
    return there(operation, "no operation has this key")
