"""Draw up a plan: what a rollout document would do to everybody, before anything is written."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from shared.contracts.api.operation_orders import PlanOrder
from shared.contracts.api.plan_views import PlanView
from shared.contracts.api.words import PlanAction
from shared.contracts.documents.rollout_document import read
from shared.domain.errors import InvalidMessage, UnsafePlan
from shared.domain.person.enrolment import CauseKind
from shared.domain.person.methods import HeldMethods
from shared.domain.person.policy import Topology
from shared.domain.person.reasons import Reason
from shared.domain.plan.scope_plan import ScopePlan
from shared.domain.rollout.document import Document
from shared.domain.rollout.state import Rollout, planned, revise
from shared.ports.plans import KeptPlan, PlannedPerson
from shared.ports.rollouts import StoredRollout
from shared.ports.world import World
from shared.use_cases.rollout.take_snapshot import Snapshot, take_snapshot
from shared.use_cases.rollout.watch_scope import find_scope_fault
from shared.use_cases.views.describe_plan import describe_plan
from shared.use_cases.write_control import is_refilled, stopped

MOST_STRATA = 500
"""Different values of the attribute that a rollout is balanced across."""


@dataclass(frozen=True, slots=True)
class FreshPlan:
    """A plan of everything, and what it was made of."""

    document: Document
    rollout: Rollout
    """The rollout as it would be once the document is applied."""
    plan: ScopePlan
    snapshot: Snapshot
    stored: StoredRollout | None


async def plan_rollout(order: PlanOrder, world: World, now: datetime, *, actor: str) -> PlanView:
    """Draws up and keeps a plan, and returns what the operator is shown.

    Raises:
        InvalidMessage: the document is not right, or not for this app's scope group.
        NotPossible: a wave that has begun is not in its place.
        UnsafePlan: a group that the document names is not there, or the AD group's twin in Entra
            is not what it has to be.
    """
    fresh = await draw(order.document, world, now, actor=actor)
    registered = await world.directory.registered()
    return await show_plan(fresh, order.document, registered, world, now=now, actor=actor)


async def show_plan(
    fresh: FreshPlan,
    text: str,
    registered: Mapping[str, HeldMethods],
    world: World,
    *,
    now: datetime,
    actor: str,
) -> PlanView:
    """Keeps a plan that was drawn, with the document's text, and returns what is shown of it."""
    obstacle = await _obstacle_to_writing(world)
    claimed = Counter(
        one.wave for one in fresh.snapshot.summaries.values() if one.is_in and one.wave
    )
    shown = describe_plan(
        fresh.plan,
        fresh.rollout,
        fresh.stored,
        registered=registered,
        claimed=claimed,
        obstacle=obstacle,
        now=now,
    )
    if why := await stopped(world):
        shown = shown.model_copy(update={"warnings": (why, *shown.warnings)})
    kept = KeptPlan(
        fingerprint=shown.fingerprint,
        document_text=text,
        planned_at=now,
        actor=actor,
        shown=shown,
    )
    await world.plans.keep(kept, people_of(fresh.plan))
    return shown


async def _obstacle_to_writing(world: World) -> Reason | None:
    """Returns why the scope group is not for this app to write; a synced one need not be."""
    if world.tenant_rules.topology is Topology.SYNCED:
        return None
    return await world.cloud_scope.obstacle()


async def draw(text: str, world: World, now: datetime, *, actor: str) -> FreshPlan:
    """Returns the plan of everything that the document would do; raises as `plan_rollout` does."""
    document = read(text)
    _check_scope(document, world)
    fault = await find_scope_fault(world)
    if fault:
        raise UnsafePlan(str(fault))
    stored = await world.rollouts.current()
    rollout = prospect(stored, document, now, actor=actor)
    snapshot = await take_snapshot(world, document)
    # Whoever is in before the first rollout was there before, and is no drift.
    members = snapshot.members if rollout.members_remembered else None
    plan = snapshot.plan(
        rollout,
        world.tenant_rules,
        now,
        through=len(document.waves),
        members=members,
        refills=await is_refilled(world),
    )
    _check_strata(plan)
    return FreshPlan(document, rollout, plan, snapshot, stored)


def _check_strata(plan: ScopePlan) -> None:
    """Refuses a plan with too many strata.

    Every wave's cut is kept by stratum, all of them with the rollout in one row.
    """
    strata = max((len(cut.by_stratum) for cut in plan.cuts), default=0)
    if strata > MOST_STRATA:
        raise InvalidMessage(
            "balance", f"{strata:,} different values; name an attribute of {MOST_STRATA:,} at most"
        )


def _check_scope(document: Document, world: World) -> None:
    if document.scope_group_id != world.tenant_rules.scope_group_id:
        raise InvalidMessage(
            "scope.group", f"this app writes {world.tenant_rules.scope_group_id} and no other group"
        )
    if document.topology is not world.tenant_rules.topology:
        raise InvalidMessage(
            "scope.topology",
            f"this app is set up for {world.tenant_rules.topology}; another one would give a group "
            "two writers",
        )


def prospect(
    stored: StoredRollout | None, document: Document, now: datetime, *, actor: str
) -> Rollout:
    """Returns the rollout as it would be once the document is applied.

    Raises:
        NotPossible: a wave that has begun is not in its place.
    """
    if stored is None:
        return replace(planned(document, 1, now, actor=actor), members_remembered=False)
    same = stored.rollout.document.digest == document.digest
    version = stored.rollout.version + (0 if same else 1)
    return revise(stored.rollout, document, version, now, actor=actor)


def people_of(plan: ScopePlan) -> Iterator[PlannedPerson]:
    """Yields a plan's lines, as they are kept for people to read."""
    for addition in plan.additions:
        is_wave = addition.kind is CauseKind.WAVE
        yield PlannedPerson(
            object_id=addition.object_id,
            action=PlanAction.ADD,
            wave=addition.reference if is_wave else None,
            reason=addition.kind,
        )
    for removal in plan.removals:
        yield PlannedPerson(
            object_id=removal.object_id, action=PlanAction.REMOVE, wave=None, reason=removal.reason
        )
    for skip in plan.skips:
        yield PlannedPerson(
            object_id=skip.object_id, action=PlanAction.SKIP, wave=skip.wave, reason=skip.reason
        )
    for drift in plan.drift:
        yield PlannedPerson(
            object_id=drift.object_id, action=PlanAction.DRIFT, wave=None, reason=drift.reason
        )
