"""The AD group's twin in Entra is looked at, and a rollout whose people would not count pauses."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from structlog.typing import EventDict

from shared.adapters.memory.tenant import Group
from shared.domain.errors import UnsafePlan
from shared.domain.person.policy import Topology
from shared.domain.person.scope_group import ScopeGroup
from shared.domain.rollout.state import PauseReason, Phase
from shared.use_cases.rollout import control
from shared.use_cases.rollout.reconcile import reconcile
from shared.use_cases.rollout.watch_scope import watch_scope
from shared.use_cases.tick import tick
from tests.support.course import (
    Clock,
    plans,
    ring_text,
    rollout_of,
    set_up,
    standing,
    states,
    text_of,
    ungated,
)
from tests.support.enrolments import DAY, NOW, SCOPE
from tests.support.stage import Stage, a_stage, said
from tests.support.waves import MINUTE, document, sight

SID, TWIN = "S-1-5-21-1-2-3-1104", "7e117e11-0000-4000-8000-000000000000"
OF = document(ungated("pilot", 1, 2), ungated("early", 3))
SOAKING = standing(OF, Phase.SOAKING, 1)


async def nest(stage: Stage) -> None:
    """A worker says which group it writes, and its twin is as it has to be."""
    await stage.world.workers.sighted([sight(NOW, scope_group_sid=SID)])
    stage.tenant.groups[TWIN] = Group(kind=ScopeGroup(synced=True), sid=SID)
    stage.tenant.join(SCOPE, TWIN)


async def looks_twice(stage: Stage) -> None:
    """What one answer says may be wrong; what two in a row say is so."""
    for minutes in (0, 1):
        await watch_scope(stage.world, NOW + minutes * MINUTE)


def convert(stage: Stage) -> None:
    stage.tenant.groups[TWIN].kind = ScopeGroup()


def take_out(stage: Stage) -> None:
    stage.tenant.leave(SCOPE, TWIN)


def make_a_list(stage: Stage) -> None:
    stage.tenant.groups[TWIN].kind = ScopeGroup(synced=True, security_enabled=False)


def delete(stage: Stage) -> None:
    del stage.tenant.groups[TWIN]


CHANGES = pytest.mark.parametrize(
    ("change", "reason"),
    [
        (convert, PauseReason.GROUP_CONVERTED),
        (take_out, PauseReason.GROUP_NOT_NESTED),
        (make_a_list, PauseReason.GROUP_NOT_SECURITY),
        (delete, PauseReason.GROUP_MISSING),
    ],
)


@CHANGES
async def test_a_change_under_a_rollout_pauses_it_by_the_second_tick_with_its_own_reason(
    stage: Stage, signals: list[EventDict], change: Callable[[Stage], None], reason: PauseReason
) -> None:
    await set_up(stage, SOAKING, 3)
    await nest(stage)
    await watch_scope(stage.world, NOW)
    assert (await rollout_of(stage)).phase is Phase.SOAKING
    assert said(signals, "scope-group-fault") == []
    change(stage)
    clock = Clock()
    await tick(stage.world, clock)
    assert said(signals, "scope-group-fault") == []
    clock.advance(MINUTE)
    await tick(stage.world, clock)
    paused = (await rollout_of(stage)).pause
    assert paused
    assert paused.reason is reason
    assert SID in paused.detail
    assert states(stage) == {}
    assert said(signals, "scope-group-fault") == [{"reason": reason}]


@CHANGES
async def test_nothing_is_reconciled_and_nothing_planned_into_a_group_that_does_not_count(
    stage: Stage, change: Callable[[Stage], None], reason: PauseReason
) -> None:
    await set_up(stage, SOAKING, 3)
    await nest(stage)
    change(stage)
    clock = Clock()
    for is_paused in (False, True):
        await reconcile(stage.world, clock)
        paused = (await rollout_of(stage)).pause
        assert (paused.reason if paused else None) is (reason if is_paused else None)
        report = await stage.world.rollouts.reconciliation()
        assert report
        assert report.problem.startswith(reason.text)
        assert ("second check" in report.problem) is not is_paused
        assert states(stage) == {}
        clock.advance(MINUTE)
    with pytest.raises(UnsafePlan, match=SID):
        await plans(text_of(ring_text("pilot", 1)), stage.world)


async def test_a_rollout_at_its_end_goes_on_to_put_people_in_and_so_pauses_too(
    stage: Stage,
) -> None:
    await set_up(stage, standing(OF, Phase.COMPLETED, 2), 3)
    await nest(stage)
    convert(stage)
    await looks_twice(stage)
    paused = (await rollout_of(stage)).pause
    assert paused
    assert paused.goes_on is Phase.COMPLETED


async def test_what_is_paused_already_is_told_of_until_the_group_is_right_again(
    stage: Stage, signals: list[EventDict]
) -> None:
    await set_up(stage, standing(OF, Phase.SOAKING, 1), 3)
    await control.pause(stage.world, NOW, actor="ada", reason="lunch")
    await nest(stage)
    convert(stage)
    for minutes in (0, 1, 2):
        await watch_scope(stage.world, NOW + minutes * MINUTE)
    paused = (await rollout_of(stage)).pause
    assert paused
    assert paused.reason is PauseReason.BY_OPERATOR
    assert len(said(signals, "scope-group-fault")) == 2
    stage.tenant.groups[TWIN].kind = ScopeGroup(synced=True)
    await watch_scope(stage.world, NOW)
    assert len(said(signals, "scope-group-fault")) == 2


async def test_a_group_counts_that_is_nested_in_another_one_of_the_scope_group(
    stage: Stage,
) -> None:
    await set_up(stage, SOAKING, 3)
    await nest(stage)
    take_out(stage)
    stage.tenant.join("between", TWIN)
    stage.tenant.join(SCOPE, "between")
    await looks_twice(stage)
    assert (await rollout_of(stage)).phase is Phase.SOAKING


async def test_the_group_of_a_worker_that_was_replaced_is_nobodys(stage: Stage) -> None:
    await set_up(stage, SOAKING, 3)
    await nest(stage)
    gone = sight(NOW - DAY, worker="replaced", scope_group_sid="S-1-5-21-1-2-3-9")
    await stage.world.workers.sighted([gone])
    await looks_twice(stage)
    assert (await rollout_of(stage)).phase is Phase.SOAKING


async def test_which_group_a_worker_writes_is_not_guessed_where_it_does_not_say(
    stage: Stage,
) -> None:
    await set_up(stage, SOAKING, 3)
    await stage.world.workers.sighted([sight(NOW)])
    await looks_twice(stage)
    assert (await rollout_of(stage)).phase is Phase.SOAKING
    assert "directory.synced_groups" not in stage.turns.points


@pytest.mark.parametrize(
    ("synced", "security", "reason"),
    [
        (False, True, PauseReason.GROUP_CONVERTED),
        (True, False, PauseReason.GROUP_NOT_SECURITY),
        (True, True, None),
    ],
)
async def test_a_synced_group_that_is_selected_itself_is_its_own_twin(
    synced: bool, security: bool, reason: PauseReason | None
) -> None:
    """Here no worker has to be heard of first."""
    stage = a_stage(topology=Topology.SYNCED)
    await set_up(stage, standing(replace(OF, topology=Topology.SYNCED), Phase.SOAKING, 1), 3)
    kind = ScopeGroup(synced=synced, security_enabled=security)
    stage.tenant.groups[SCOPE].kind = kind
    await looks_twice(stage)
    paused = (await rollout_of(stage)).pause
    assert (paused.reason if paused else None) is reason


async def test_where_everybody_is_in_a_cloud_group_no_twin_is_looked_for() -> None:
    stage = a_stage(topology=Topology.CLOUD)
    await set_up(stage, standing(replace(OF, topology=Topology.CLOUD), Phase.SOAKING, 1), 3)
    await nest(stage)
    convert(stage)
    await looks_twice(stage)
    assert (await rollout_of(stage)).phase is Phase.SOAKING
