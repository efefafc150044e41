"""Apply a plan: do what was shown, or refuse because the world has changed."""

from collections import Counter
from dataclasses import replace
from datetime import datetime
from itertools import batched

from shared.contracts.api.operation_orders import ApplyOrder
from shared.contracts.api.plan_views import AppliedView
from shared.domain.errors import NotPossible, UnsafePlan, WorldChanged
from shared.domain.person.enrolment import CauseKind, Enrolment, Provenance
from shared.domain.person.membership import found, found_again
from shared.domain.person.reasons import Reason
from shared.domain.person.summary import EnrolmentSummary
from shared.domain.plan.scope_plan import ScopePlan, raise_if_unsafe, repairs_of
from shared.domain.rollout.document import Document
from shared.ports.operations import Operation
from shared.ports.plans import KeptPlan
from shared.ports.world import World
from shared.use_cases.recording import nobody, save_people, save_rollout
from shared.use_cases.rollout.carry_out import CHUNK, take_out_all
from shared.use_cases.rollout.plan_rollout import FreshPlan, draw
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
    """Applies the plan that was kept, of which `fresh` is what it comes to now; see above."""
    # Delivered again after a crash it goes on: what it did so far would now look like change.
    goes_on = is_in_force(fresh, operation)
    if not goes_on:
        _check(kept, fresh, order)
        await _put_into_force(kept, fresh, order, operation, world, now=now)
        await _allow(fresh.plan, fresh.document, world, now)
    version = fresh.rollout.version
    # Once it is in force: who is refused it must not leave their text for the other's version.
    await world.rollouts.keep_document(version, kept.document_text, actor=operation.actor, now=now)
    # Only before the first: whom others put in under a rollout is drift, whatever is applied then.
    if fresh.stored is None or (goes_on and version == 1):
        await _remember_members(fresh, world, now, actor=operation.actor)
    for removals in batched(fresh.plan.removals, CHUNK, strict=False):
        await take_out_all(removals, world, now)
    return AppliedView(fingerprint=kept.fingerprint, version=version)


def is_in_force(fresh: FreshPlan, operation: Operation) -> bool:
    """Tells whether this very operation has put the document into force already."""
    return fresh.stored is not None and fresh.stored.rollout.applied_by == operation.key


def _check(kept: KeptPlan, fresh: FreshPlan, order: ApplyOrder) -> None:
    if fresh.plan.fingerprint != kept.fingerprint:
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


async def _remember_members(fresh: FreshPlan, world: World, now: datetime, *, actor: str) -> None:
    """Marks all who are in the group before the first rollout, so that they are never touched."""
    snapshot = fresh.snapshot
    strangers = sorted(
        object_id
        for object_id in snapshot.members & snapshot.candidates.keys()
        if not _is_ours(snapshot.summaries.get(object_id))
    )

    def decide(key: str, current: Enrolment | None) -> Enrolment | None:
        if current is None:
            return found(snapshot.candidates[key].person, world.tenant_rules, now, actor=actor)
        if _is_ours(EnrolmentSummary.of(current)):
            return current
        return found_again(current, now)

    for keys in batched(strangers, CHUNK, strict=False):
        await save_people(world, keys, decide, actor=actor, now=now, queue=nobody)


def _is_ours(summary: EnrolmentSummary | None) -> bool:
    """Tells whether the product has put the person in, or is about to."""
    return summary is not None and (summary.is_in or summary.provenance is Provenance.OURS)


async def _allow(plan: ScopePlan, document: Document, world: World, now: datetime) -> None:
    """Notes that these people were shown and are wanted: they are not too many for an hour.

    Whom waves put in is not counted there at all.
    """
    others = sum(one.kind is not CauseKind.WAVE for one in plan.additions)
    repairs = Counter(one.reason for one in repairs_of(plan, document))
    await allow(
        world,
        now,
        additions=others + repairs[Reason.REMOVED_BY_HAND],
        removals=len(plan.removals) + repairs[Reason.ADDED_BY_HAND],
        repairs=repairs.total(),
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
    applied = replace(
        fresh.rollout,
        actor=operation.actor,
        reason=why,
        applied_by=operation.key,
        forced=order.force,
        promoted=False,
    )
    await save_rollout(world, fresh.stored, applied, action="apply", now=now)
