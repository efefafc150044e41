"""What was found is heeded though the rollout's row has changed since: only its meaning counts."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import stamina

from shared.adapters.memory.tenant import Group
from shared.contracts.api.operation_orders import ApplyOrder
from shared.contracts.api.words import OperationState
from shared.domain.errors import LedgerConflict
from shared.domain.person.enrolment import State
from shared.domain.person.policy import SourceOfAuthority
from shared.domain.person.scope_group import ScopeGroup
from shared.domain.rollout.document import Limit
from shared.domain.rollout.scope_move import MoveKind, ScopeMove
from shared.domain.rollout.sspr_policy import SsprScope
from shared.domain.rollout.state import Lease, PauseReason, Phase, Rollout
from shared.ports.world import World
from shared.use_cases.rollout import control
from shared.use_cases.rollout.carry_on_move import carry_on_move
from shared.use_cases.rollout.halt import halt
from shared.use_cases.rollout.look_at_gates import look_at_gates
from shared.use_cases.rollout.operate import run_operations
from shared.use_cases.rollout.reconcile import reconcile
from shared.use_cases.rollout.watch_accounts import watch_accounts
from shared.use_cases.rollout.watch_scope import watch_scope
from shared.use_cases.rollout.watch_sspr import watch_sspr
from tests.support.course import (
    Clock,
    advance,
    ask,
    asks,
    audited,
    gated,
    ids,
    member,
    operation_of,
    populate,
    put_into_force,
    ring_text,
    rollout_of,
    set_up,
    shown,
    staged,
    standing,
    text_of,
)
from tests.support.enrolments import BREAK_GLASS, HOUR, NOW, SCOPE
from tests.support.moves import select
from tests.support.processes import Meanwhile, meanwhiles, process
from tests.support.stage import Stage, a_stage
from tests.support.waves import MINUTE, document, sight

SID, TWIN = "S-1-5-21-1-2-3-1104", "7e117e11-0000-4000-8000-000000000000"
PILOT = range(1, 21)
OF = replace(document(gated("pilot", *PILOT), gated("all", 21)), removals=Limit(0.05))
SOAKING = standing(OF, Phase.SOAKING, 1)
LOOK = NOW + HOUR

type Find = Callable[[World, Clock], Awaitable[object]]
type Prepare = Callable[[Stage], Awaitable[object]]


async def others_exclude_the_pilot(stage: Stage) -> None:
    stage.tenant.join(BREAK_GLASS, *ids(PILOT))


async def a_group_is_missing(stage: Stage) -> None:
    del stage.tenant.groups[BREAK_GLASS]
    await reconcile(stage.another(), Clock(LOOK - MINUTE))


async def people_are_converted(stage: Stage) -> None:
    synced = SourceOfAuthority.ON_PREMISES
    await stage.store(*(member(one, State.VISIBLE, source_of_authority=synced) for one in PILOT))


async def the_accounts_are_converted(stage: Stage) -> None:
    for one in PILOT:
        stage.arrive(one, synced=True)
    await watch_accounts(stage.another(), LOOK - HOUR / 2)
    await people_are_converted(stage)
    for one in PILOT:
        stage.arrive(one, synced=False)


async def the_twin_is_converted(stage: Stage) -> None:
    await stage.world.workers.sighted([sight(LOOK, scope_group_sid=SID)])
    stage.tenant.groups[TWIN] = Group(kind=ScopeGroup(), sid=SID)
    stage.tenant.join(SCOPE, TWIN)
    await watch_scope(stage.another(), LOOK - MINUTE)


async def sspr_is_switched_off(stage: Stage) -> None:
    stage.tenant.switch_sspr(SsprScope.NONE, NOW)


def by_the_clock(look: Callable[..., Awaitable[object]]) -> Find:
    return lambda world, clock: look(world, clock.now)


FINDINGS = pytest.mark.parametrize(
    ("prepare", "find", "reason"),
    [
        (others_exclude_the_pilot, reconcile, PauseReason.UNSAFE_PLAN),
        (a_group_is_missing, reconcile, PauseReason.UNSAFE_PLAN),
        (people_are_converted, reconcile, PauseReason.PEOPLE_CONVERTED),
        (the_accounts_are_converted, by_the_clock(watch_accounts), PauseReason.PEOPLE_CONVERTED),
        (the_twin_is_converted, reconcile, PauseReason.GROUP_CONVERTED),
        (the_twin_is_converted, by_the_clock(watch_scope), PauseReason.GROUP_CONVERTED),
        (sspr_is_switched_off, by_the_clock(watch_sspr), PauseReason.SSPR_SCOPE),
    ],
)
"""Everything for which a rollout pauses by itself, and who finds it."""


async def prepared(prepare: Prepare) -> Stage:
    stage = await staged(SOAKING, 21)
    await stage.store(*(member(one, State.VISIBLE) for one in PILOT))
    stage.tenant.join(SCOPE, *ids(PILOT))
    await prepare(stage)
    return stage


async def look_at_gates_now(stage: Stage) -> None:
    """As each minute does; in the row it changes when they were looked at."""
    world = stage.another()
    stored = await world.rollouts.current()
    assert stored is not None
    if stored.rollout.phase is Phase.SOAKING:
        await look_at_gates(stored, world, LOOK)


async def renew_lease(stage: Stage) -> None:
    """As an expansion does between any two chunks."""
    rollouts = stage.another().rollouts
    stored = await rollouts.current()
    assert stored is not None
    await rollouts.renew(stored, Lease("timer", LOOK + timedelta(minutes=5)))


TOUCHES = pytest.mark.parametrize("touch", [look_at_gates_now, renew_lease])


@TOUCHES
@FINDINGS
async def test_a_pause_is_not_lost_to_a_look_at_the_gates_or_a_lease_at_any_moment(
    prepare: Prepare, find: Find, reason: PauseReason, touch: Prepare
) -> None:
    async def touched(meanwhile: Meanwhile) -> None:
        stage = await prepared(prepare)
        meanwhile.act = lambda: touch(stage)
        await find(process(stage, meanwhile), Clock(LOOK))
        pause = (await rollout_of(stage)).pause
        assert (pause.reason if pause else None) is reason, meanwhile.number

    with stamina.set_testing(True, attempts=9, cap=True):
        for meanwhile in meanwhiles():
            await touched(meanwhile)
    assert meanwhile.number > 3


@FINDINGS
async def test_an_operator_who_is_first_has_the_last_word(
    prepare: Prepare, find: Find, reason: PauseReason
) -> None:
    """Given an abort at any moment, then nothing of it is taken back, and nobody has failed."""

    async def aborted(meanwhile: Meanwhile) -> None:
        stage = await prepared(prepare)
        meanwhile.act = lambda: control.abort(stage.another(), LOOK, actor="ada", reason="enough")
        await find(process(stage, meanwhile), Clock(LOOK))
        rollout = await rollout_of(stage)
        if meanwhile.came:
            assert rollout.phase is Phase.ABORTED
        else:
            assert rollout.pause
            assert rollout.pause.reason is reason

    with stamina.set_testing(True, attempts=9, cap=True):
        for meanwhile in meanwhiles():
            await aborted(meanwhile)


@pytest.mark.parametrize(
    ("why", "others", "is_halted"),
    [
        (PauseReason.UNSAFE_PLAN, {"document": replace(OF, digest="another")}, False),
        (PauseReason.UNSAFE_PLAN, {"phase": Phase.PROGRESSING, "started": 2}, False),
        (PauseReason.UNSAFE_PLAN, {"rolled_back": frozenset({"pilot"})}, False),
        (PauseReason.SSPR_SCOPE, {"document": replace(OF, digest="another")}, False),
        (PauseReason.SSPR_SCOPE, {"phase": Phase.PROGRESSING, "started": 2}, True),
        (PauseReason.GROUP_MISSING, {"phase": Phase.COMPLETED}, True),
    ],
)
async def test_what_was_found_of_another_rollout_is_left_to_the_next_look(
    stage: Stage, why: PauseReason, others: dict[str, Any], is_halted: bool
) -> None:
    await set_up(stage, SOAKING, 3)
    stored = await stage.world.rollouts.current()
    assert stored is not None
    await stage.applies(replace(SOAKING, **others))
    if is_halted:
        await halt(stored, why, "it is so", stage.world, LOOK)
    else:
        with pytest.raises(LedgerConflict):
            await halt(stored, why, "it is so", stage.world, LOOK)
    assert (await rollout_of(stage)).pause is None or is_halted


# Other decisions that rest on a reading that took its time


@TOUCHES
async def test_a_document_is_applied_though_the_gates_are_looked_at_while_it_is_planned(
    touch: Prepare,
) -> None:
    """Given a plan that takes longer than the time between two looks, it can be applied at all."""
    first = text_of(ring_text("pilot", *PILOT), ring_text("all", 21))
    second = text_of(ring_text("pilot", *PILOT), ring_text("all", 21, 22))

    async def touched(meanwhile: Meanwhile) -> None:
        stage = a_stage()
        populate(stage, 22)
        await put_into_force(stage, first)
        await advance(stage, Clock())
        message = await ask(stage, asks(ApplyOrder(plan=await shown(stage, second)), "apply-2"))
        meanwhile.act = lambda: touch(stage)
        await run_operations([message], process(stage, meanwhile), LOOK)
        assert (await operation_of(stage, "apply-2")).state is OperationState.SUCCEEDED
        rollout = await rollout_of(stage)
        assert (rollout.applied_by, rollout.version) == ("apply-2", 2)

    with stamina.set_testing(True, attempts=9, cap=True):
        for meanwhile in meanwhiles():
            await touched(meanwhile)
    assert meanwhile.number > 20


@TOUCHES
async def test_a_move_comes_to_its_end_though_the_gates_are_looked_at_meanwhile(
    touch: Prepare,
) -> None:
    move = ScopeMove(kind=MoveKind.ADOPT, began=NOW, actor="ada", came_from=SsprScope.NONE)
    moving: Rollout = replace(SOAKING, move=move)

    async def touched(meanwhile: Meanwhile) -> None:
        stage = await staged(moving, 21)
        await stage.store(*(member(one, State.VISIBLE) for one in PILOT))
        stage.tenant.join(SCOPE, *ids(PILOT))
        await reconcile(stage.another(), Clock(LOOK - MINUTE))
        await select(stage, SsprScope.GROUP, LOOK)
        meanwhile.act = lambda: touch(stage)
        await carry_on_move(process(stage, meanwhile), LOOK)
        ended = (await rollout_of(stage)).move
        assert ended
        assert not ended.is_under_way
        assert audited(stage).count("adopt-ended") == 1

    with stamina.set_testing(True, attempts=9, cap=True):
        for meanwhile in meanwhiles():
            await touched(meanwhile)
    assert meanwhile.number > 3
