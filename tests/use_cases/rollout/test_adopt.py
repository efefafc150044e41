"""The group is adopted: it is full before anybody is told to select it, wherever SSPR stood."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from structlog.typing import EventDict

from shared.contracts.api.operation_orders import AdoptOrder, ApplyOrder, RollbackOrder
from shared.domain.errors import InvalidMessage, NotPossible, UnsafePlan, WorldChanged
from shared.domain.person.enrolment import Provenance, State
from shared.domain.rollout.scope_move import LOOK_HOLDS
from shared.domain.rollout.sspr_policy import SsprScope
from shared.domain.rollout.sspr_shares import EnabledCount, SharesSeen
from shared.domain.rollout.sspr_sight import LAG
from shared.domain.rollout.state import Phase
from shared.use_cases.onboarding.override_person import exclude, include
from shared.use_cases.onboarding.take_events import take_events
from shared.use_cases.policy_in_force import policy_in_force
from shared.use_cases.rollout import control
from shared.use_cases.rollout.adopt import adopt
from shared.use_cases.rollout.carry_on_move import carry_on_move, look_at_move
from shared.use_cases.rollout.reconcile import reconcile
from shared.use_cases.rollout.roll_back import roll_back
from shared.use_cases.rollout.say_selected import say_selected
from shared.use_cases.rollout.take_snapshot import take_snapshot
from shared.use_cases.rollout.watch_sspr import EVERY, watch_sspr
from shared.use_cases.writing.stop_and_start import start, stop
from tests.support.course import (
    Clock,
    applies,
    asks,
    audited,
    ids,
    in_state,
    ring_text,
    rollout_of,
    shown,
    text_of,
    write_all,
)
from tests.support.enrolments import HOUR, NOW, SCOPE
from tests.support.moves import (
    EVERYBODY,
    OLD_GROUP,
    UNGATED,
    a_tenant,
    adopts,
    an_hour_of_timers,
    begin,
    can_reset,
    everybody_at_once,
    select,
    show_all,
    stage_of,
)
from tests.support.processes import ProcessDied, deaths, process
from tests.support.stage import Stage, a_stage, an_id, messages, said

PEOPLE = 6
ALL_OF_THEM = ids(range(1, PEOPLE + 1))


async def test_from_all_everybody_is_in_before_the_group_is_to_be_selected(stage: Stage) -> None:
    """Given SSPR for all, then at no moment anybody loses it, and the end is noticed."""
    a_tenant(stage, PEOPLE)
    clock = Clock()
    seen = await adopts(stage.another(), everybody_at_once())
    assert (seen.stage, seen.covered, seen.losing, seen.done) == ("showing", PEOPLE, 0, False)
    assert await stage.another().rollouts.current() is None
    await begin(stage, everybody_at_once())
    assert (await stage_of(stage, NOW)).stage == "checking"
    await reconcile(stage.another(), clock)
    before = await stage_of(stage, NOW)
    assert (before.stage, len(before.outside)) == ("filling", PEOPLE)
    assert "Leave SSPR as it is" in before.next_step

    await an_hour_of_timers(stage, clock)
    assert stage.scope == ALL_OF_THEM
    now_select = await stage_of(stage, NOW)
    assert now_select.stage == "select-now"
    assert "Password reset, Properties" in now_select.next_step
    assert can_reset(stage.tenant) == ALL_OF_THEM

    await select(stage, SsprScope.GROUP, NOW + HOUR / 4)
    await carry_on_move(stage.another(), NOW + HOUR / 2)
    done = await stage_of(stage, NOW + HOUR / 2)
    assert (done.stage, done.ended_at) == ("done", NOW + HOUR / 2)
    assert "the audit log" in done.rests_on
    assert can_reset(stage.tenant) == ALL_OF_THEM
    assert audited(stage)[-1] == "adopt-ended"


KINDS = {"exclude": {"kinds": [{"name": "service accounts", "displayName": ["svc-*"]}]}}


async def test_who_would_lose_is_shown_by_reason_and_has_to_be_accepted(stage: Stage) -> None:
    """Given people whom the document leaves out, and some whom the choice does not concern."""
    a_tenant(stage, 3)
    stage.arrive(7, licensed=False)
    stage.arrive(8, display_name="svc-backup")
    stage.arrive(9, guest=True)
    stage.arrive(10, enabled=False)
    stage.tenant.registered.update(map(an_id, (7, 9, 10)))
    text = everybody_at_once(**KINDS)
    seen = await adopts(stage.another(), text)
    assert {one.reason: (one.people, one.able) for one in seen.losses} == {
        "unlicensed": (1, 1),
        "excluded-kind": (1, 0),
    }
    assert (seen.losing, seen.able, seen.covered) == (2, 1, 5)
    assert any(one.text.startswith("service accounts: ") for one in seen.losses)
    for accepted in (0, 1):
        with pytest.raises(UnsafePlan, match="--accept-losing 2"):
            await adopts(stage.another(), text, plan=seen.fingerprint, accept_losing=accepted)
    assert await stage.another().rollouts.current() is None
    people = await stage.another().plans.people(seen.fingerprint, 0)
    losing = [one.object_id for one in people if one.action == "lose"]
    assert losing == [an_id(7), an_id(8)]

    await begin(stage, text, accept_losing=2)
    await an_hour_of_timers(stage, Clock())
    assert (await stage_of(stage, NOW)).stage == "select-now"


async def test_whoever_was_not_accepted_holds_the_selection_up(stage: Stage) -> None:
    """Given one accepted, and another of the same kind who came since: nobody is told to select."""
    a_tenant(stage, 3)
    stage.arrive(7, licensed=False)
    await begin(stage, everybody_at_once(), accept_losing=1)
    stage.arrive(8, licensed=False)
    await an_hour_of_timers(stage, Clock())
    held_up = await stage_of(stage, NOW)
    assert (held_up.stage, held_up.outside) == ("filling", (an_id(8),))
    assert "sspr adopt shows them" in held_up.next_step

    stage.arrive(8)
    for _ in range(2):
        await an_hour_of_timers(stage, Clock())
    assert (await stage_of(stage, NOW)).stage == "select-now"


async def test_others_who_would_lose_than_were_shown_are_refused(stage: Stage) -> None:
    a_tenant(stage, 3)
    stage.arrive(7, licensed=False)
    seen = await adopts(stage.another(), everybody_at_once())
    stage.arrive(7)
    stage.arrive(8, licensed=False)
    with pytest.raises(WorldChanged, match="1 would lose SSPR"):
        await adopts(stage.another(), everybody_at_once(), plan=seen.fingerprint, accept_losing=1)


async def test_from_all_with_a_last_wave_of_some_it_is_said_who_is_in_no_wave(
    stage: Stage,
) -> None:
    a_tenant(stage, 4)
    seen = await adopts(stage.another(), text_of(ring_text("pilot", 1, 2)))
    assert [(one.reason, one.people) for one in seen.losses] == [("no-wave", 2)]
    assert any("has to be of 100 %" in one for one in seen.warnings)


async def test_from_none_the_first_wave_is_in_before_the_group_is_selected(stage: Stage) -> None:
    """Given SSPR for nobody, then nobody can lose it; an empty group is not selected."""
    a_tenant(stage, 4, SsprScope.NONE)
    waves: list[dict[str, Any]] = [
        {**ring_text("pilot", 1, 2), "gates": UNGATED, "soak": "30d"},
        {**ring_text("rest", 3, 4), "gates": UNGATED},
    ]
    clock = Clock()
    await begin(stage, text_of(*waves), SsprScope.NONE)
    await reconcile(stage.another(), clock)
    assert (await stage_of(stage, NOW)).stage == "filling"
    await an_hour_of_timers(stage, clock)
    assert (await rollout_of(stage)).phase is Phase.SOAKING
    assert (await stage_of(stage, NOW)).stage == "select-now"
    await select(stage, SsprScope.GROUP, NOW)
    await carry_on_move(stage.another(), NOW)
    assert (await stage_of(stage, NOW)).stage == "done"
    assert can_reset(stage.tenant) == ids([1, 2])


@pytest.mark.parametrize(
    ("before", "waits"), [(SsprScope.NONE, True), (SsprScope.GROUP, True), (SsprScope.ALL, False)]
)
async def test_nobody_is_late_by_the_report_before_the_group_is_selected(
    stage: Stage, before: SsprScope, waits: bool
) -> None:
    """Given all, then SSPR is on for whoever is put in, and the report has to show it."""
    a_tenant(stage, 4, before)
    from_old = {"group": OLD_GROUP} if before is SsprScope.GROUP else {}
    stage.tenant.selected = OLD_GROUP
    stage.tenant.join(OLD_GROUP, *ids([1, 2]))
    await begin(stage, everybody_at_once(), before, **from_old)
    assert (await policy_in_force(stage.another())).awaits_selection is waits
    await an_hour_of_timers(stage, Clock())
    noticed = NOW + HOUR / 2
    await select(stage, SsprScope.GROUP, NOW + HOUR / 4)
    await carry_on_move(stage.another(), noticed)
    assert (await stage_of(stage, noticed)).stage == "done"
    policy = await policy_in_force(stage.another())
    assert (policy.awaits_selection, policy.selected_at) == (False, noticed if waits else None)


async def test_from_none_whom_the_report_shows_enabled_is_counted(stage: Stage) -> None:
    """Given an operator who says None where SSPR is on for all, then they are told who loses."""
    a_tenant(stage, 4)
    seen = await adopts(stage.another(), text_of(ring_text("pilot", 1)), SsprScope.NONE)
    assert (seen.losing, seen.covered) == (3, 4)
    assert any("shows SSPR on for 4 people more than none covers" in one for one in seen.warnings)


async def test_from_a_dynamic_group_its_people_are_in_first(stage: Stage) -> None:
    """Given a dynamic group, then its members are in the new group, directly, before it counts."""
    a_tenant(stage, 5, SsprScope.GROUP)
    stage.tenant.selected = OLD_GROUP
    stage.tenant.join(OLD_GROUP, *ids([1, 2, 3]))
    waves: list[dict[str, Any]] = [
        {"name": "before", "group": OLD_GROUP, "soak": "30d", "gates": UNGATED},
        {**EVERYBODY, "name": "later"},
    ]
    clock = Clock()
    from_old = {"group": OLD_GROUP}
    seen = await adopts(stage.another(), text_of(*waves), SsprScope.GROUP, **from_old)
    assert (seen.covered, seen.losing) == (3, 0)
    await begin(stage, text_of(*waves), SsprScope.GROUP, **from_old)
    await an_hour_of_timers(stage, clock)
    assert stage.scope == ids([1, 2, 3])
    assert (await stage_of(stage, NOW)).stage == "select-now"
    # The rule of the dynamic group takes one more: they have to be in before anybody selects.
    stage.tenant.join(OLD_GROUP, an_id(4))
    await reconcile(stage.another(), clock)
    assert (await stage_of(stage, NOW)).outside == (an_id(4),)
    await an_hour_of_timers(stage, clock)
    assert (await stage_of(stage, NOW)).stage == "select-now"
    assert can_reset(stage.tenant) == ids([1, 2, 3, 4])
    # The report shows SSPR on for everybody inside, and for nobody else: by the old group.
    watch = stage.another().sspr_watch
    shares = SharesSeen(read_at=NOW + LAG, inside=EnabledCount(5, 5), outside=EnabledCount(5, 0))
    await watch.keep_sight((await watch.sight()).weighing(shares))
    await carry_on_move(stage.another(), NOW)
    assert (await stage_of(stage, NOW)).stage == "select-now"
    await select(stage, SsprScope.GROUP, NOW + HOUR / 4)
    await carry_on_move(stage.another(), NOW)
    assert can_reset(stage.tenant) == ids([1, 2, 3, 4])
    assert (await stage_of(stage, NOW)).stage == "done"


async def test_members_of_the_documents_own_group_count_as_there_before(stage: Stage) -> None:
    """Given the group that is selected already, then there is nothing to select, and all stay."""
    a_tenant(stage, 4, SsprScope.GROUP)
    stage.tenant.join(SCOPE, *ids([1, 2]))
    await begin(stage, text_of({**ring_text("pilot", 3), "gates": UNGATED}), SsprScope.GROUP)
    assert (await stage.person(1)).provenance is Provenance.PREEXISTING
    await reconcile(stage.another(), Clock())
    await carry_on_move(stage.another(), NOW)
    assert (await stage_of(stage, NOW)).stage == "done"
    await an_hour_of_timers(stage, Clock())
    assert stage.scope == ids([1, 2, 3])


def test_an_old_group_is_an_object_id() -> None:
    with pytest.raises(ValidationError, match="group"):
        AdoptOrder(document="x", came_from=SsprScope.GROUP, group="../admins")
    assert AdoptOrder(document="x", came_from=SsprScope.GROUP, group=OLD_GROUP).group == OLD_GROUP


async def test_an_old_group_that_is_not_there_is_named(stage: Stage) -> None:
    a_tenant(stage, 2)
    with pytest.raises(InvalidMessage, match=f"group: there is no group {OLD_GROUP}"):
        await adopts(stage.another(), everybody_at_once(), SsprScope.GROUP, group=OLD_GROUP)


async def test_an_old_group_that_is_deleted_meanwhile_is_no_empty_one(stage: Stage) -> None:
    """Given nobody can tell any more who was in it, then nobody is told to select."""
    a_tenant(stage, 2, SsprScope.GROUP)
    stage.tenant.join(OLD_GROUP, an_id(1))
    text = everybody_at_once()
    await begin(stage, text, SsprScope.GROUP, group=OLD_GROUP)
    await an_hour_of_timers(stage, Clock())
    del stage.tenant.groups[OLD_GROUP]
    await reconcile(stage.another(), Clock())
    seen = await stage_of(stage, NOW)
    assert seen.stage == "checking"
    assert f"there is no group {OLD_GROUP}" in seen.next_step


async def test_a_group_that_is_selected_too_early_is_said_with_the_number(stage: Stage) -> None:
    a_tenant(stage, PEOPLE)
    clock = Clock()
    await begin(stage, everybody_at_once())
    await reconcile(stage.another(), clock)
    await select(stage, SsprScope.GROUP, NOW)
    await carry_on_move(stage.another(), NOW)
    early = await stage_of(stage, NOW)
    assert (early.stage, early.losing, early.ended_at) == ("filling", PEOPLE, None)
    assert "Select what was selected before" in early.next_step
    await an_hour_of_timers(stage, clock)
    assert (await stage_of(stage, NOW)).stage == "done"


async def test_a_look_for_the_move_of_before_is_none_for_the_new_one(stage: Stage) -> None:
    a_tenant(stage, 2)
    await begin(stage, everybody_at_once())
    await an_hour_of_timers(stage, Clock())
    before = await stage.another().rollouts.current()
    assert before is not None
    snapshot = await take_snapshot(stage.another(), before.rollout.document)
    assert before.rollout.move is not None
    anew = replace(before.rollout, move=replace(before.rollout.move, began=NOW + HOUR / 4))
    await stage.applies(anew)
    rules, totals = stage.world.tenant_rules, await stage.another().ledger.totals()
    plan = snapshot.plan(before.rollout, rules, NOW, through=1, members=snapshot.members)
    await look_at_move(before, snapshot, plan, totals, stage.another(), NOW + HOUR / 2)
    assert (await stage_of(stage, NOW + HOUR / 2)).stage == "checking"


@pytest.mark.parametrize("came_from", [SsprScope.ALL, SsprScope.GROUP])
async def test_an_operators_word_ends_it_where_nothing_can_be_read(
    came_from: SsprScope, stage: Stage
) -> None:
    a_tenant(stage, 2, came_from)
    group = {}
    if came_from is SsprScope.GROUP:
        stage.tenant.join(OLD_GROUP, *ids([1, 2]))
        group = {"group": OLD_GROUP}
    await begin(stage, everybody_at_once(), came_from, **group)
    word = {"actor": "grace", "reason": "I have selected it"}
    with pytest.raises(NotPossible, match="select-now"):
        await say_selected(stage.another(), NOW, **word)
    await an_hour_of_timers(stage, Clock())
    await say_selected(stage.another(), NOW, **word)
    assert "the word of grace" in (await stage_of(stage, NOW)).rests_on
    await carry_on_move(stage.another(), NOW)
    assert (await stage_of(stage, NOW)).stage == "done"
    with pytest.raises(NotPossible, match="no group is being adopted"):
        await say_selected(stage.another(), NOW, **word)


async def test_an_operators_word_does_not_stand_against_the_log(stage: Stage) -> None:
    a_tenant(stage, 2)
    await begin(stage, everybody_at_once())
    await an_hour_of_timers(stage, Clock())
    await select(stage, SsprScope.NONE, NOW + HOUR / 4)
    with pytest.raises(NotPossible, match="the audit log says: SSPR is off"):
        await say_selected(stage.another(), NOW + HOUR / 2, actor="grace", reason="I have")


async def test_a_look_that_is_old_tells_nobody_to_select(stage: Stage) -> None:
    a_tenant(stage, 2)
    await begin(stage, everybody_at_once())
    await an_hour_of_timers(stage, Clock())
    assert (await stage_of(stage, NOW + LOOK_HOLDS)).stage == "select-now"
    late = NOW + LOOK_HOLDS + timedelta(seconds=1)
    assert (await stage_of(stage, late)).stage == "checking"


@pytest.mark.parametrize("brake", ["pause", "abort", "stop"])
async def test_a_brake_holds_it_and_says_so_and_it_goes_on_afterwards(
    brake: str, stage: Stage
) -> None:
    a_tenant(stage, PEOPLE)
    clock, world = Clock(), stage.another()
    await begin(stage, everybody_at_once())
    if brake == "stop":
        await stop(world, NOW, actor="ada", reason="wait")
    else:
        await getattr(control, brake)(world, NOW, actor="ada", reason="wait")
    await an_hour_of_timers(stage, clock)
    held = await stage_of(stage, NOW)
    assert held.stage == "filling"
    assert {"pause": "is paused", "abort": "is aborted", "stop": "Nothing is written"}[
        brake
    ] in held.next_step
    if brake == "stop":
        await start(world, NOW, actor="ada", reason="go on")
    else:
        word = control.resume if brake == "pause" else control.restart
        await word(world, NOW, actor="ada", reason="go on")
    await an_hour_of_timers(stage, clock)
    assert (await stage_of(stage, NOW)).stage == "select-now"
    assert stage.scope == ALL_OF_THEM


async def test_whoever_changes_their_mind_before_selecting_takes_nothing_from_anybody(
    stage: Stage, signals: list[EventDict]
) -> None:
    """Given a filled group and SSPR on for all, then a rollback and an abort undo the filling."""
    a_tenant(stage, PEOPLE)
    stage.tenant.join(SCOPE, an_id(PEOPLE))
    clock = Clock()
    await begin(stage, everybody_at_once())
    await an_hour_of_timers(stage, clock)
    assert (await stage_of(stage, NOW)).stage == "select-now"
    assert stage.scope == ALL_OF_THEM

    order = RollbackOrder(wave="everyone", reason="not now")
    seen = await roll_back(order, asks(order, "look"), stage.another(), NOW)
    order = order.model_copy(update={"plan": seen.fingerprint})
    await roll_back(order, asks(order, "do"), stage.another(), NOW)
    await control.abort(stage.another(), NOW, actor="ada", reason="not now")
    for _ in range(2):
        await an_hour_of_timers(stage, clock)
        after = await stage_of(stage, NOW)
        assert (after.stage, after.losing) == ("filling", 0)
        assert "Leave SSPR as it is" in after.next_step
    # Nobody of ours is in; who was in before the product came stays.
    assert stage.scope == {an_id(PEOPLE)}
    assert can_reset(stage.tenant) == ALL_OF_THEM
    assert (await rollout_of(stage)).phase is Phase.ABORTED

    # All is still what is expected: no alarm comes. None would be no longer.
    stage.tenant.switch_sspr(SsprScope.ALL, NOW)
    await watch_sspr(stage.another(), NOW)
    assert said(signals, "sspr-scope-wrong") == []
    stage.tenant.switch_sspr(SsprScope.NONE, NOW + EVERY)
    await watch_sspr(stage.another(), NOW + EVERY)
    assert len(said(signals, "sspr-scope-wrong")) == 1


async def _rolled_back(stage: Stage) -> None:
    order = RollbackOrder(wave="everyone", reason="not now")
    seen = await roll_back(order, asks(order, "look"), stage.another(), NOW)
    order = order.model_copy(update={"plan": seen.fingerprint})
    await roll_back(order, asks(order, "do"), stage.another(), NOW)


async def _excluded(stage: Stage) -> None:
    await exclude(an_id(1), stage.another(), NOW, actor="ada", reason="not them")


async def _left_by_event(stage: Stage) -> None:
    event = {"employeeId": "1", "action": "offboard"}
    await take_events(messages(event), stage.another(), NOW)


async def _left_out_by_document(stage: Stage) -> None:
    other = everybody_at_once(exclude={"people": [an_id(1)]})
    await applies(ApplyOrder(plan=await shown(stage, other)), stage.another())


async def _is_to_be_rolled_back(stage: Stage) -> None:
    """The wave is marked; the process died before it took anybody out."""
    rollout = await rollout_of(stage)
    await stage.applies(replace(rollout, rolled_back=frozenset({"everyone"})))


GOES_OUT = [_rolled_back, _is_to_be_rolled_back, _excluded, _left_by_event, _left_out_by_document]


@pytest.mark.parametrize("goes_out", GOES_OUT)
@pytest.mark.parametrize("is_written", [False, True])
@pytest.mark.parametrize("is_stopped", [False, True])
@pytest.mark.parametrize("is_looked", [False, True])
async def test_while_anybody_is_out_or_on_the_way_nobody_is_told_to_select(
    goes_out: Callable[[Stage], Awaitable[None]],
    is_written: bool,
    is_stopped: bool,
    is_looked: bool,
    stage: Stage,
) -> None:
    """Given all were in, and some go out since, by whatever way and however far they have come."""
    a_tenant(stage, PEOPLE)
    clock = Clock()
    await begin(stage, everybody_at_once())
    await an_hour_of_timers(stage, clock)
    assert (await stage_of(stage, NOW)).stage == "select-now"
    if is_stopped:
        await stop(stage.another(), NOW, actor="ada", reason="wait")
    await goes_out(stage)
    if is_looked:
        await reconcile(stage.another(), clock)
    if is_written:
        await write_all(stage, NOW)
        await show_all(stage, NOW)
    await carry_on_move(stage.another(), NOW)
    now_stage = await stage_of(stage, NOW)
    assert now_stage.stage in {"checking", "filling"}
    assert "Leave SSPR as it is" in now_stage.next_step
    with pytest.raises(NotPossible, match="select-now"):
        await say_selected(stage.another(), NOW, actor="ada", reason="I have selected it")
    await select(stage, SsprScope.GROUP, NOW)
    await carry_on_move(stage.another(), NOW)
    assert (await stage_of(stage, NOW)).ended_at is None


@pytest.mark.parametrize("is_stopped", [False, True])
async def test_whom_a_look_finds_to_be_taken_out_is_outside_already(
    is_stopped: bool, stage: Stage
) -> None:
    """Given one who has become what the document leaves out, whether they are taken out or not."""
    a_tenant(stage, PEOPLE)
    clock = Clock()
    await begin(stage, everybody_at_once(**KINDS))
    await an_hour_of_timers(stage, clock)
    assert (await stage_of(stage, NOW)).stage == "select-now"
    if is_stopped:
        await stop(stage.another(), NOW, actor="ada", reason="wait")
    stage.arrive(1, display_name="svc-backup")
    await reconcile(stage.another(), clock)
    held_up = await stage_of(stage, NOW)
    assert (held_up.outside, "Leave SSPR" in held_up.next_step) == ((an_id(1),), True)


async def test_whoever_loses_nothing_by_going_out_holds_nothing_up(stage: Stage) -> None:
    """Given one who is in by others and excluded, and one whose account is disabled."""
    a_tenant(stage, PEOPLE)
    stage.tenant.join(SCOPE, an_id(1))
    clock = Clock()
    await begin(stage, everybody_at_once())
    await an_hour_of_timers(stage, clock)
    await _excluded(stage)
    stage.arrive(2, enabled=False)
    assert (await stage_of(stage, NOW)).stage == "checking"
    await reconcile(stage.another(), clock)
    assert in_state(stage, State.WITHDRAWING) == ids([1, 2])
    assert (await stage_of(stage, NOW)).stage == "select-now"


async def test_one_who_comes_in_does_not_hide_another_who_has_gone_out(stage: Stage) -> None:
    """Given one who was out when it was looked, and comes in when another is excluded."""
    a_tenant(stage, PEOPLE)
    clock = Clock()
    await begin(stage, everybody_at_once())
    await an_hour_of_timers(stage, clock)
    await exclude(an_id(1), stage.another(), NOW, actor="ada", reason="away")
    await write_all(stage, NOW)
    stage.arrive(1, enabled=False)
    await an_hour_of_timers(stage, clock)
    now = clock()
    assert (await stage_of(stage, now)).stage == "select-now"
    stage.arrive(1)
    await exclude(an_id(2), stage.another(), now, actor="ada", reason="away")
    await include(an_id(1), stage.another(), now, actor="ada", reason="is back")
    await write_all(stage, now)
    assert (await stage_of(stage, now)).stage == "checking"
    stage.tenant.sspr = SsprScope.GROUP
    with pytest.raises(NotPossible):
        await say_selected(stage.another(), now, actor="ada", reason="selected")


async def test_another_document_that_is_applied_meanwhile_keeps_the_move(stage: Stage) -> None:
    a_tenant(stage, PEOPLE)
    await begin(stage, everybody_at_once())
    await an_hour_of_timers(stage, Clock())
    other = everybody_at_once(newHires={"since": "2026-03-01"})
    await applies(ApplyOrder(plan=await shown(stage, other)), stage.another())
    await reconcile(stage.another(), Clock())
    assert (await stage_of(stage, NOW)).stage == "select-now"


async def test_a_process_that_dies_at_any_step_of_beginning_costs_nothing() -> None:
    """Given a death at each point, then the message comes again and the move begins, once."""
    for death in deaths():
        stage = a_stage()
        a_tenant(stage, 3)
        seen = await adopts(stage.another(), everybody_at_once())
        order = AdoptOrder(
            document=everybody_at_once(), came_from=SsprScope.ALL, plan=seen.fingerprint
        )
        world = process(stage, death)
        operation = asks(order, "adopt")
        await stage.another().operations.keep(operation)
        try:
            await adopt(order, operation, world, NOW)
        except ProcessDied:
            again = await stage.another().operations.find("adopt")
            assert again is not None
            done = await adopt(order, again, stage.another(), NOW)
            assert done.done
        assert (await rollout_of(stage)).version == 1
        assert audited(stage).count("apply") == 1
        assert (await stage_of(stage, NOW)).stage == "checking"


async def test_a_process_that_dies_while_noticing_notices_later() -> None:
    for death in deaths():
        stage = a_stage()
        a_tenant(stage, 1)
        stage.tenant.join(SCOPE, an_id(1))
        await begin(stage, everybody_at_once())
        await reconcile(stage.another(), Clock())
        await select(stage, SsprScope.GROUP, NOW)
        try:
            await carry_on_move(process(stage, death), NOW)
        except ProcessDied:
            await carry_on_move(stage.another(), NOW)
        move = (await rollout_of(stage)).move
        assert move is not None
        assert move.ended_at == NOW
        assert audited(stage).count("adopt-ended") == 1
