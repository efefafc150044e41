"""Check a plan: have the worker look at everybody whom it would add, at once or in portions."""

from datetime import datetime
from uuid import uuid4

from shared.contracts.api.check_views import CheckAsked
from shared.contracts.api.operation_orders import CheckOrder
from shared.ports.world import World
from shared.use_cases.check_people import ask
from shared.use_cases.rollout.check_in_portions import (
    PORTION,
    asking_for,
    look_up,
    parts_of,
)
from shared.use_cases.rollout.operate import request_operation


async def check_plan(
    fingerprint: str, world: World, now: datetime, *, actor: str
) -> CheckAsked | None:
    """Asks the worker about everybody whom a plan would add; None where no such plan was shown.

    Of more than a request has time for, an operation asks, under the key of the check: whoever
    follows the check sees it grow.

    Raises:
        DirectoryUnavailable: Graph could not be asked who they are.
        ServiceUnavailable: the ledger or the queue is away; ask again.
    """
    plan = await world.plans.find(fingerprint)
    if plan is None:
        return None
    if plan.shown.additions > PORTION:
        order = CheckOrder(plan=fingerprint)
        operation = await request_operation(order, actor=actor, world=world, now=now)
        return CheckAsked(check=operation.key, asked=plan.shown.additions)
    parts = await look_up(await parts_of(fingerprint, world), world)
    meant = {number: part for number, part in parts.items() if part.people}
    asking = asking_for(uuid4().hex, actor, now)
    await ask(meant, asking, world)
    return CheckAsked(
        check=asking.check if meant else None,
        asked=sum(len(part.people) for part in meant.values()),
        cloud=sum(part.cloud for part in parts.values()),
    )
