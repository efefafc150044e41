"""Adopt: come from SSPR for all, for none or for a group to the scope group, nobody losing it.

First it is shown who would lose it. Then the document fills the group as any rollout does, and
`carry_on_move` looks whether everybody is in: only then an operator is told to select the group.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain

from shared.contracts.api.move_views import AdoptView, LossView
from shared.contracts.api.operation_orders import AdoptOrder, ApplyOrder
from shared.domain.errors import NotPossible, UnsafePlan, WorldChanged
from shared.domain.plan.losses import Loss
from shared.domain.rollout.scope_move import MoveKind, MoveStage, ScopeMove
from shared.domain.rollout.sspr_policy import SsprScope
from shared.ports.operations import Operation
from shared.ports.plans import KeptPlan, PlannedPerson
from shared.ports.world import World
from shared.use_cases.rollout.apply_plan import carry_out_plan, is_in_force
from shared.use_cases.rollout.find_losses import Adoption, find_losses, is_own, warnings_of
from shared.use_cases.rollout.plan_rollout import FreshPlan, draw, people_of, show_plan

LOSES = "lose"
"""The action of a plan's lines that tell who would lose SSPR."""
_NO_WAVE = "no-wave"
_NO_WAVE_TEXT = "No wave of the document reaches them."
_SHOWING = "Nothing is done yet. Leave SSPR as it is."
_FILLING = "The group is being filled; sspr status says when to select it. Leave SSPR as it is."


async def adopt(order: AdoptOrder, operation: Operation, world: World, now: datetime) -> AdoptView:
    """Shows who would lose SSPR or, with the fingerprint of what was shown, fills the group.

    Raises:
        InvalidMessage: the document is not right, or there is no such group.
        NotPossible: nothing was shown under this fingerprint.
        UnsafePlan: more people would lose SSPR than the operator accepts, or the document's plan
            touches more people than it allows.
        WorldChanged: something else would be done, or others would lose, than was shown.
    """
    fresh = await draw(order.document, world, now, actor=operation.actor)
    if is_in_force(fresh, operation) and isinstance(operation.result, AdoptView):
        # Delivered again after a crash it goes on: what it did so far would look like change.
        return await _begin(operation.result, order, operation, fresh, world, now=now)
    found = await find_losses(order, fresh, world, now)
    view = await _show(found, operation, world, now)
    if order.plan is None:
        return view
    _check(order, view)
    await world.operations.keep(replace(operation, result=view))
    return await _begin(view, order, operation, fresh, world, now=now)


async def _show(found: Adoption, operation: Operation, world: World, now: datetime) -> AdoptView:
    registered = {key: row.held for key, row in found.rows.items() if row.sspr_registered}
    text, actor = found.order.document, operation.actor
    plan = await show_plan(found.fresh, text, registered, world, now=now, actor=actor)
    view = AdoptView(
        fingerprint=found.fingerprint,
        came_from=found.order.came_from,
        old_group=found.order.group,
        covered=len(found.covered),
        losing=len(found.losses),
        able=sum(one.able for one in found.losses),
        losses=tuple(_counted(found.losses)),
        warnings=tuple([one async for one in warnings_of(found, world)]),
        plan=plan,
        stage=MoveStage.SHOWING,
        next_step=_SHOWING,
        done=False,
    )
    kept = KeptPlan(
        fingerprint=view.fingerprint,
        document_text=text,
        planned_at=now,
        actor=actor,
        shown=plan,
    )
    losing = (
        PlannedPerson(object_id=one.object_id, action=LOSES, wave=None, reason=_reason_of(one))
        for one in found.losses
    )
    await world.plans.keep(kept, chain(losing, people_of(found.fresh.plan)))
    return view


def _counted(losses: Sequence[Loss]) -> Iterator[LossView]:
    people = Counter((one.reason, one.kind) for one in losses)
    able = Counter((one.reason, one.kind) for one in losses if one.able)
    for (reason, kind), number in people.most_common():
        text = reason.text if reason else _NO_WAVE_TEXT
        yield LossView(
            reason=reason or _NO_WAVE,
            text=f"{kind}: {text}" if kind else text,
            people=number,
            able=able[reason, kind],
        )


def _reason_of(loss: Loss) -> str:
    return loss.reason or _NO_WAVE


def _check(order: AdoptOrder, view: AdoptView) -> None:
    if order.plan != view.fingerprint:
        raise WorldChanged(
            f"{view.plan.additions:,} people would be put in and {view.losing:,} would lose SSPR, "
            "not those that were shown; look again"
        )
    if view.losing > order.accept_losing:
        raise UnsafePlan(
            f"{view.losing:,} people would lose SSPR, and {order.accept_losing:,} are accepted; "
            f"put them in, or accept them: --accept-losing {view.losing}"
        )


async def _begin(
    view: AdoptView,
    order: AdoptOrder,
    operation: Operation,
    fresh: FreshPlan,
    world: World,
    *,
    now: datetime,
) -> AdoptView:
    kept = await world.plans.find(view.plan.fingerprint)
    if kept is None:
        raise NotPossible("no plan with this fingerprint was shown; look again")
    is_group = order.came_from is SsprScope.GROUP
    move = ScopeMove(
        kind=MoveKind.ADOPT,
        began=now,
        actor=operation.actor,
        came_from=order.came_from,
        old_group=order.group,
        selected_before=is_group and is_own(order, world),
        accepted=view.fingerprint,
    )
    moving = replace(fresh, rollout=replace(fresh.rollout, move=move))
    applied = ApplyOrder(plan=kept.fingerprint, reason=order.reason)
    await carry_out_plan(kept, moving, applied, operation, world, now=now)
    return view.model_copy(update={"stage": MoveStage.FILLING, "next_step": _FILLING, "done": True})
