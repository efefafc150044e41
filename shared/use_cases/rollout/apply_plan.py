"""Apply a plan: do what was shown, or refuse because the world has changed."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from itertools import batched
from typing import Any

from shared.domain.errors import NotPossible, UnsafePlan, WorldChanged
from shared.domain.person.enrolment import Enrolment, Provenance
from shared.domain.person.membership import found
from shared.domain.person.summary import EnrolmentSummary
from shared.domain.plan.scope_plan import ScopePlan, raise_if_unsafe
from shared.ports.operations import Operation
from shared.ports.plans import KeptPlan
from shared.ports.world import World
from shared.use_cases.recording import nobody, save_people, save_rollout
from shared.use_cases.rollout.carry_out import CHUNK, take_out_all
from shared.use_cases.rollout.plan_rollout import FreshPlan, draw


async def apply_plan(operation: Operation, world: World, now: datetime) -> Mapping[str, Any]:
    """Put the document into force and take out whom it no longer wants; the clock does the rest.

    Raises:
        NotPossible: no such plan was shown.
        WorldChanged: the same document would do something else by now.
        UnsafePlan: the plan touches more people than the document allows, and was not forced.
    """
    kept = await world.plans.find(operation.parameters["plan"])
    if kept is None:
        raise NotPossible("no plan with this fingerprint was shown; plan again")
    fresh = await draw(kept.document_text, world, now, actor=operation.actor)
    # Delivered again after a crash it goes on: what it did so far would now look like change.
    if not _is_in_force(fresh, operation):
        _check(kept, fresh, operation)
        await _put_into_force(kept, fresh, operation, world, now)
    if fresh.rollout.version == 1:
        await _remember_members(fresh, world, now, actor=operation.actor)
    for removals in batched(fresh.plan.removals, CHUNK, strict=False):
        await take_out_all(removals, world, now)
    return _result(kept, fresh)


def _is_in_force(fresh: FreshPlan, operation: Operation) -> bool:
    return fresh.stored is not None and fresh.stored.rollout.applied_by == operation.key


def _check(kept: KeptPlan, fresh: FreshPlan, operation: Operation) -> None:
    if fresh.plan.fingerprint != kept.fingerprint:
        raise WorldChanged(f"the world has changed since: {_difference(kept, fresh.plan)}")
    if not operation.parameters.get("force"):
        raise_if_unsafe(fresh.plan, fresh.document)
    elif not operation.parameters.get("reason", "").strip():
        raise UnsafePlan("to force a plan, give a reason")


def _difference(kept: KeptPlan, plan: ScopePlan) -> str:
    before = {
        "additions": kept.summary["additions"],
        "removals": sum(one["people"] for one in kept.summary["removals"]),
        "people kept": kept.summary["kept"],
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
    """Whoever is in the group before the first rollout was there before, and is never touched."""
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
        return replace(current, provenance=Provenance.PREEXISTING)

    for keys in batched(strangers, CHUNK, strict=False):
        await save_people(world, keys, decide, actor=actor, now=now, queue=nobody)


def _is_ours(summary: EnrolmentSummary | None) -> bool:
    """Whether the product has put the person in, or is about to."""
    return summary is not None and (summary.is_in or summary.provenance is Provenance.OURS)


async def _put_into_force(
    kept: KeptPlan, fresh: FreshPlan, operation: Operation, world: World, now: datetime
) -> None:
    rollout = fresh.rollout
    await world.rollouts.keep_document(
        rollout.version, kept.document_text, actor=operation.actor, now=now
    )
    forced = bool(operation.parameters.get("force"))
    why = f"plan {kept.fingerprint[:12]}"
    if forced:
        why = f"{why}, forced: {operation.parameters['reason']}"
    applied = replace(
        rollout,
        actor=operation.actor,
        reason=why,
        applied_by=operation.key,
        forced=forced,
        promoted=False,
    )
    await save_rollout(world, fresh.stored, applied, action="apply", now=now)


def _result(kept: KeptPlan, fresh: FreshPlan) -> Mapping[str, Any]:
    return {"fingerprint": kept.fingerprint, "version": fresh.rollout.version}
