"""A move of SSPR's scope on a stage: what an operator asks for, selects, and what is seen of it."""

from datetime import datetime
from typing import Any

from shared.adapters.memory.tenant import Tenant
from shared.contracts.api.move_views import AdoptView, LeaveView, MoveView
from shared.contracts.api.operation_orders import AdoptOrder, LeaveOrder
from shared.domain.rollout.gates.registry import GATES
from shared.domain.rollout.sspr_policy import SsprScope
from shared.ports.world import World
from shared.use_cases.rollout.adopt import adopt
from shared.use_cases.rollout.advance_rollout import advance_rollout
from shared.use_cases.rollout.carry_on_move import carry_on_move
from shared.use_cases.rollout.leave import leave
from shared.use_cases.rollout.reconcile import reconcile
from shared.use_cases.views.describe_rollout import describe_rollout
from shared.use_cases.writing.follow_up import follow_up
from tests.support.course import Clock, asks, populate, text_of, write_all
from tests.support.enrolments import NOW, SCOPE
from tests.support.stage import Stage, an_id

UNGATED = dict.fromkeys(GATES)
EVERYBODY = {"name": "everyone", "percent": 100, "soak": "0s", "gates": UNGATED}
WHY = "we come to the group, change 4711"
OLD_GROUP = "5c09e000-0000-0000-0000-000000000077"


def everybody_at_once(**parts: Any) -> str:
    """A document of one wave of everybody, without a soak and without gates."""
    return text_of(EVERYBODY, **parts)


def a_tenant(stage: Stage, people: int, sspr: SsprScope = SsprScope.ALL) -> None:
    """So many people, all of them registered, and SSPR as it was before anybody came."""
    populate(stage, people)
    stage.tenant.registered.update(an_id(number) for number in range(1, people + 1))
    stage.tenant.sspr = sspr


async def adopts(
    world: World, text: str, came_from: SsprScope = SsprScope.ALL, key: str = "adopt", **more: Any
) -> AdoptView:
    """Have it shown or, with a plan, begun."""
    order = AdoptOrder(document=text, came_from=came_from, **more)
    return await adopt(order, asks(order, key), world, NOW)


async def begin(
    stage: Stage, text: str, came_from: SsprScope = SsprScope.ALL, **more: Any
) -> AdoptView:
    """Look, and have done what was shown."""
    shown = await adopts(stage.another(), text, came_from, **more)
    return await adopts(stage.another(), text, came_from, plan=shown.fingerprint, **more)


async def leaves(world: World, now: datetime, key: str = "leave", **more: Any) -> LeaveView:
    """Have the next step of leaving shown or, with a plan, taken."""
    order = LeaveOrder(reason=WHY, **more)
    return await leave(order, asks(order, key), world, now)


async def take_step(stage: Stage, now: datetime, **more: Any) -> LeaveView:
    """Look, and have the step taken that was shown."""
    shown = await leaves(stage.another(), now, **more)
    return await leaves(stage.another(), now, plan=shown.fingerprint, **more)


async def an_hour_of_timers(stage: Stage, clock: Clock) -> None:
    """What the timers and the writers make of it; Entra shows at once what is written."""
    for _ in range(3):
        await advance_rollout(stage.another(), clock)
        await write_all(stage, clock.now)
        await show_all(stage, clock.now)
    await reconcile(stage.another(), clock)
    await write_all(stage, clock.now)
    await carry_on_move(stage.another(), clock.now)


async def show_all(stage: Stage, now: datetime) -> None:
    """Let whoever is being taken out be seen to be out."""
    await follow_up(stage.another(), now)


async def select(stage: Stage, scope: SsprScope, at: datetime, group: str | None = None) -> None:
    """An administrator selects it, and the audit log is read."""
    stage.tenant.switch_sspr(scope, at, group)
    watch = stage.another().sspr_watch
    sight = (await watch.sight()).following(stage.tenant.policy_changes, SCOPE)
    await watch.keep_sight(sight)


async def stage_of(stage: Stage, now: datetime) -> MoveView:
    """The move as `sspr status` shows it."""
    view = await describe_rollout(stage.another(), now)
    assert view is not None
    assert view.move is not None
    return view.move


def can_reset(tenant: Tenant) -> frozenset[str]:
    """Who could reset a password now, if they tried: SSPR is on for them, and they registered."""
    report = tenant.registrations()
    return frozenset(key for key, row in report.items() if row.sspr_enabled and row.sspr_registered)
