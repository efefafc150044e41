"""Apply a plan: do what was shown, or refuse because the world has changed."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from itertools import batched

from shared.contracts.api.operation_orders import ApplyOrder
from shared.contracts.api.plan_views import AppliedView
from shared.contracts.api.words import PlanAction
from shared.domain.errors import LedgerConflict, NotPossible, UnsafePlan, WorldChanged
from shared.domain.person.enrolment import CauseKind
from shared.domain.person.reasons import Reason
from shared.domain.plan.scope_plan import (
    ScopePlan,
    raise_if_unsafe,
    repairs_of,
    unasked_removals,
)
from shared.domain.rollout.document import Document
from shared.ports.operations import Operation
from shared.ports.plans import KeptPlan
from shared.ports.rollouts import StoredRollout
from shared.ports.world import World
from shared.use_cases.recording import save_rollout
from shared.use_cases.rollout.carry_out import CHUNK, take_out_all
from shared.use_cases.rollout.plan_rollout import FreshPlan, draw, prospect
from shared.use_cases.rollout.remember_members import remember_members
from shared.use_cases.until_kept import until_kept
from shared.use_cases.write_pace import allow


async def apply_plan(
    order: ApplyOrder, operation: Operation, world: World, now: datetime
) -> AppliedView:
    """Puts the document into force and takes out whom it no longer wants; the clock does the rest.

    Raises:
        NotPossible: no such plan was shown.
        WorldChanged: the same document would do something else by now.
        UnsafePlan: the plan touches more people than the document allows, and was not forced.
    """
    kept = await world.plans.find(order.plan)
    if kept is None:
        raise NotPossible("no plan with this fingerprint was shown; plan again")
    fresh = await draw(kept.document_text, world, now, actor=operation.actor)
    return await carry_out_plan(kept, fresh, order, operation, world, now=now)


async def carry_out_plan(
    kept: KeptPlan,
    fresh: FreshPlan,
    order: ApplyOrder,
    operation: Operation,
    world: World,
    *,
    now: datetime,
) -> AppliedView:
    """Applies the plan that was kept, of which `fresh` is what it comes to now; see above.

    Raises:
        LedgerConflict: somebody has made another rollout of it while the plan was made.
        WorldChanged: somebody has put a document into force that was asked for later.
    """
    # Delivered again after a crash it goes on: what it did so far would now look like change.
    goes_on = is_in_force(fresh, operation)
    if not goes_on:
        await _check_order(fresh, operation, world)
        await _check(kept, fresh, order, operation, world)
        # Before it is in force: from then on others write whom it wants, should this one die.
        await _allow(fresh.plan, fresh.document, operation, world, now)
        await _put_into_force(kept, fresh, order, operation, world, now=now)
    version = fresh.rollout.version
    # Once it is in force: who is refused it must not leave their text for the other's version.
    await world.rollouts.keep_document(version, kept.document_text, actor=operation.actor, now=now)
    # Only before the first: whom others put in under a rollout is drift, whatever is applied then.
    if not fresh.rollout.members_remembered:
        await remember_members(fresh.snapshot, world, now, actor=operation.actor)
    removals = fresh.plan.removals
    if goes_on:
        # Whoever is to go out only by now was shown to nobody: reconciliation asks about them.
        shown = {one async for one in _shown_as_removed(kept.fingerprint, world)}
        removals = tuple(one for one in removals if one.object_id in shown)
    for some in batched(removals, CHUNK, strict=False):
        await take_out_all(some, world, now)
    return AppliedView(fingerprint=kept.fingerprint, version=version)


def is_in_force(fresh: FreshPlan, operation: Operation) -> bool:
    """Tells whether this very operation has put the document into force already."""
    return fresh.stored is not None and fresh.stored.rollout.applied_by == operation.key


async def _check_order(fresh: FreshPlan, operation: Operation, world: World) -> None:
    """Refuses a late copy, whose document somebody has replaced by one that was asked for later."""
    newest = fresh.stored.rollout.applied_by if fresh.stored else None
    applied = await world.operations.find(newest) if newest else None
    if applied and applied.requested_at > operation.requested_at:
        raise WorldChanged("a document that was asked for later is current; plan again")


async def _shown_as_removed(fingerprint: str, world: World) -> AsyncIterator[str]:
    page = 0
    while lines := await world.plans.people(fingerprint, page):
        for line in lines:
            if line.action == PlanAction.REMOVE:
                yield line.object_id
        page += 1


async def _check(
    kept: KeptPlan, fresh: FreshPlan, order: ApplyOrder, operation: Operation, world: World
) -> None:
    if fresh.plan.fingerprint != kept.fingerprint:
        stored = await world.rollouts.current()
        if stored and stored.rollout.applied_by == operation.key:
            raise LedgerConflict("a copy of this message has applied it meanwhile")
        raise WorldChanged(f"the world has changed since: {_difference(kept, fresh.plan)}")
    if not order.force:
        raise_if_unsafe(fresh.plan, fresh.document)
    elif not order.reason.strip():
        raise UnsafePlan("to force a plan, give a reason")


def _difference(kept: KeptPlan, plan: ScopePlan) -> str:
    before = {
        "additions": kept.shown.additions,
        "removals": sum(one.people for one in kept.shown.removals),
        "people kept": kept.shown.kept,
    }
    after = {
        "additions": len(plan.additions),
        "removals": len(plan.removals),
        "people kept": plan.kept,
    }
    changed = [f"{after[name]} {name} instead of {before[name]}" for name in before]
    differs = [
        text for name, text in zip(before, changed, strict=True) if before[name] != after[name]
    ]
    return "; ".join(differs or ["other people, or another phase of the rollout"])


async def _allow(
    plan: ScopePlan, document: Document, operation: Operation, world: World, now: datetime
) -> None:
    """Notes that these people were shown and are wanted: they are not too many for an hour.

    Whom waves put in, or a rollback takes out, is not counted there at all.
    """
    others = sum(one.kind is not CauseKind.WAVE for one in plan.additions)
    repairs = Counter(one.reason for one in repairs_of(plan, document))
    await allow(
        world,
        now,
        additions=others + repairs[Reason.REMOVED_BY_HAND] + repairs[Reason.FORMER_GROUP],
        removals=unasked_removals(plan) + repairs[Reason.ADDED_BY_HAND],
        repairs=repairs.total(),
        operation=operation.key,
    )


async def _put_into_force(
    kept: KeptPlan,
    fresh: FreshPlan,
    order: ApplyOrder,
    operation: Operation,
    world: World,
    *,
    now: datetime,
) -> None:
    why = f"plan {kept.fingerprint[:12]}"
    if order.force:
        why = f"{why}, forced: {order.reason}"
    async for attempt in until_kept():
        with attempt:
            stored = await world.rollouts.current()
            if not _is_planned_for(stored, fresh):
                break
            applied = replace(
                prospect(stored, fresh.document, now, actor=operation.actor),
                actor=operation.actor,
                reason=why,
                applied_by=operation.key,
                forced=order.force,
                promoted=False,
                move=fresh.rollout.move,
            )
            await save_rollout(world, stored, applied, action="apply", now=now)
            return
    raise LedgerConflict("the rollout was changed while the plan was made")


def _is_planned_for(stored: StoredRollout | None, fresh: FreshPlan) -> bool:
    """Tells whether the plan was made for this rollout.

    The gates may have been looked at since, or a lease renewed.
    """
    if stored is None or fresh.stored is None:
        return stored is fresh.stored
    before, current = fresh.stored.rollout, stored.rollout
    # Another delivery of the same, too, is somebody who was first.
    is_newly_applied = current.applied_by != before.applied_by
    return not is_newly_applied and (current.basis, current.move) == (before.basis, before.move)
