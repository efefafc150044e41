"""The group is left for All: it is let go only once SSPR is on for all, so that nobody loses it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from shared.contracts.api.move_views import LeaveView
from shared.contracts.api.operation_orders import LeaveOrder, PlanOrder
from shared.domain.errors import NotPossible, WorldChanged
from shared.domain.person.enrolment import Provenance, State
from shared.domain.rollout.scope_move import WORD_AFTER
from shared.domain.rollout.sspr_finding import SsprFinding
from shared.domain.rollout.sspr_policy import PolicyChange, SsprScope
from shared.domain.rollout.sspr_shares import EnabledCount, SharesSeen
from shared.domain.rollout.sspr_sight import LAG, SsprSight
from shared.domain.rollout.state import Phase
from shared.use_cases.onboarding.override_person import include
from shared.use_cases.onboarding.take_events import take_events
from shared.use_cases.rollout import control
from shared.use_cases.rollout.carry_on_move import carry_on_move
from shared.use_cases.rollout.leave import leave
from shared.use_cases.rollout.plan_rollout import plan_rollout
from shared.use_cases.rollout.reconcile import reconcile
from shared.use_cases.tick import tick
from shared.use_cases.write_control import is_stopped
from shared.use_cases.writing.stop_and_start import start, stop
from tests.support.course import (
    Clock,
    asks,
    audited,
    ids,
    in_state,
    member,
    ring_text,
    rollout_of,
    standing,
    text_of,
    ungated,
    write_all,
)
from tests.support.enrolments import HOUR, NOW, SCOPE
from tests.support.moves import (
    UNGATED,
    a_tenant,
    an_hour_of_timers,
    begin,
    can_reset,
    leaves,
    select,
    show_all,
    stage_of,
    take_step,
)
from tests.support.processes import Death, ProcessDied, deaths, process
from tests.support.stage import Stage, a_stage, an_id, messages
from tests.support.waves import document

SOON, THEN = NOW + HOUR, NOW + 2 * HOUR
FOUR = ids([1, 2, 3, 4])


async def adopted(stage: Stage) -> None:
    """Given SSPR for the group, with one who was there before, two of a wave, one hired."""
    a_tenant(stage, 4, SsprScope.GROUP)
    stage.tenant.join(SCOPE, an_id(1))
    await begin(stage, text_of({**ring_text("pilot", 2, 3), "gates": UNGATED}), SsprScope.GROUP)
    await take_events(messages({"employeeId": "4"}), stage.another(), NOW)
    await an_hour_of_timers(stage, Clock())
    assert stage.scope == FOUR
    assert (await stage_of(stage, NOW)).stage == "done"


async def minutes(stage: Stage, now: datetime = THEN) -> None:
    """Some minutes of the clock, and what is written in them."""
    for _ in range(3):
        await carry_on_move(stage.another(), now)
        await write_all(stage, now)
        await show_all(stage, now)


async def test_the_group_is_let_go_once_all_is_seen_and_not_before(stage: Stage) -> None:
    await adopted(stage)
    first = await take_step(stage, SOON)
    assert (first.stage, first.done) == ("select-all-now", True)
    assert "Password reset, Properties" in first.next_step
    # As often as it is said: nothing is let go while All is not seen.
    again = await take_step(stage, SOON, empty_group=True)
    assert again.stage == "select-all-now"
    await minutes(stage, SOON)
    assert (stage.scope, (await rollout_of(stage)).phase) == (FOUR, Phase.SOAKING)

    await select(stage, SsprScope.ALL, SOON)
    noticed = await stage_of(stage, SOON)
    assert noticed.stage == "noticed"
    assert "the audit log" in noticed.rests_on
    last = await take_step(stage, THEN)
    assert (last.stage, last.removals) == ("noticed", 0)
    await minutes(stage)
    assert (await stage_of(stage, THEN)).stage == "done"
    assert (await rollout_of(stage)).phase is Phase.ABORTED
    assert await is_stopped(stage.another())
    assert stage.scope == FOUR
    assert can_reset(stage.tenant) == FOUR
    assert audited(stage)[-1] == "leave-ended"


async def test_the_group_is_emptied_of_whom_the_product_put_in(stage: Stage) -> None:
    """Given one who was there before, then the others leave, by whatever wanted them, for good."""
    await adopted(stage)
    await take_step(stage, SOON)
    await select(stage, SsprScope.ALL, SOON)
    shown = await leaves(stage.another(), THEN, empty_group=True)
    assert (shown.removals, shown.departing) == (3, tuple(sorted(ids([2, 3, 4]))))
    assert [(one.people, one.reason) for one in shown.stays] == [(1, "found")]
    await take_step(stage, THEN, empty_group=True)
    assert (await stage_of(stage, THEN)).stage == "letting-go"
    await minutes(stage)
    assert stage.scope == ids([1])
    assert in_state(stage, State.WITHDRAWN) == ids([2, 3, 4])
    assert (await stage_of(stage, THEN)).stage == "done"
    assert await is_stopped(stage.another())
    assert can_reset(stage.tenant) == FOUR
    await start(stage.another(), THEN, actor="ada", reason="see that nobody comes back")
    await reconcile(stage.another(), Clock(THEN))
    await write_all(stage, THEN)
    assert stage.scope == ids([1])


async def test_nobody_is_taken_out_any_more_once_all_is_no_longer_seen(stage: Stage) -> None:
    """Given somebody who selects the group again while it is emptied, then the emptying holds."""
    await adopted(stage)
    await take_step(stage, SOON)
    await select(stage, SsprScope.ALL, SOON)
    await take_step(stage, THEN, empty_group=True)
    await select(stage, SsprScope.GROUP, THEN)
    await minutes(stage, THEN)
    assert stage.scope == FOUR
    held = await stage_of(stage, THEN)
    assert held.stage == "select-all-now"
    assert "Nobody is asked out" in held.next_step
    assert can_reset(stage.tenant) == FOUR
    assert await is_stopped(stage.another())
    await select(stage, SsprScope.ALL, THEN + HOUR)
    await start(stage.another(), THEN + HOUR, actor="ada", reason="All is on again")
    await minutes(stage, THEN + HOUR)
    assert stage.scope == ids([1])


@pytest.mark.parametrize("later", [SsprScope.GROUP, SsprScope.NONE, None])
async def test_whoever_is_on_the_way_out_is_held_once_all_is_no_longer_seen(
    later: SsprScope | None, stage: Stage
) -> None:
    """Given removals that no writer has taken yet, then they stay with SSPR, and are counted."""
    await adopted(stage)
    await take_step(stage, SOON)
    await select(stage, SsprScope.ALL, SOON)
    await take_step(stage, THEN, empty_group=True)
    await carry_on_move(stage.another(), THEN)
    assert in_state(stage, State.WITHDRAWING) == ids([2, 3, 4])
    if later:
        await select(stage, later, THEN + HOUR / 4)
    else:
        unread = PolicyChange(at=THEN + HOUR / 4, activity="Update SSPR Settings")
        watch = stage.another().sspr_watch
        await watch.keep_sight((await watch.sight()).following([unread], SCOPE))
    await minutes(stage, THEN + HOUR / 2)
    assert stage.scope == FOUR
    held = await stage_of(stage, THEN + HOUR / 2)
    assert "3 people are on the way out" in held.next_step
    stopped = await stage.another().write_control.current()
    assert stopped is not None
    assert stopped.writing.reason.endswith("3 people are on the way out")
    assert stopped.writing.since == THEN + HOUR / 2


async def test_whom_others_hold_in_is_said_and_holds_nothing_up(stage: Stage) -> None:
    """Given one who is in by others' doing and is to be out, then the leaving ends without them."""
    await adopted(stage)
    await take_step(stage, SOON)
    await select(stage, SsprScope.ALL, SOON)
    await stage.store(member(3, State.WITHDRAWING, provenance=Provenance.PREEXISTING))
    await take_step(stage, THEN, empty_group=True)
    for _ in range(2):
        await carry_on_move(stage.another(), THEN)
        await write_all(stage, THEN)
    await minutes(stage)
    ended = await rollout_of(stage)
    assert audited(stage)[-1] == "leave-ended"
    assert "1 people are in by others" in ended.reason


async def test_a_step_that_comes_again_after_the_end_is_done_and_begins_nothing(
    stage: Stage,
) -> None:
    """Given the last step delivered again, and the leaving over, then it is done."""
    await adopted(stage)
    await take_step(stage, SOON)
    await select(stage, SsprScope.ALL, SOON)
    shown = await leaves(stage.another(), THEN)
    order = LeaveOrder(reason="we leave", plan=shown.fingerprint)
    asked = replace(asks(order, "last"), requested_at=THEN)
    await stage.another().operations.keep(asked)
    await leave(order, asked, stage.another(), THEN)
    for held in (True, False):
        if not held:
            await minutes(stage)
            assert audited(stage)[-1] == "leave-ended"
        await select(stage, SsprScope.GROUP, THEN + HOUR)
        before = await rollout_of(stage)
        again = await stage.another().operations.find("last")
        assert again is not None
        assert (await leave(order, again, stage.another(), THEN + HOUR)).done
        assert await rollout_of(stage) == before
        await select(stage, SsprScope.ALL, THEN + 2 * HOUR)


async def test_who_comes_meanwhile_matters_only_to_the_step_that_takes_people_out(
    stage: Stage,
) -> None:
    await adopted(stage)
    first = await leaves(stage.another(), SOON, empty_group=True)
    await stage.store(member(5, State.VISIBLE))
    await leaves(stage.another(), SOON, plan=first.fingerprint, empty_group=True)
    await select(stage, SsprScope.ALL, SOON)
    last = await leaves(stage.another(), THEN, empty_group=True)
    await stage.store(member(6, State.VISIBLE))
    with pytest.raises(WorldChanged):
        await leaves(stage.another(), THEN, plan=last.fingerprint, empty_group=True)


async def test_a_leaving_that_is_called_off_asks_nobody_else_out(stage: Stage) -> None:
    await adopted(stage)
    with pytest.raises(NotPossible, match="nobody is leaving"):
        await leaves(stage.another(), SOON, cancel=True)
    await take_step(stage, SOON)
    await select(stage, SsprScope.ALL, SOON)
    off = await take_step(stage, THEN, cancel=True)
    assert (off.stage, off.done) == ("done", True)
    await minutes(stage)
    after = await rollout_of(stage)
    assert (stage.scope, after.phase) == (FOUR, Phase.SOAKING)
    assert not await is_stopped(stage.another())
    assert not after.expects(SsprFinding.ON_FOR_ALL, NOW)


async def asked_out(stage: Stage) -> None:
    """Given the emptying has begun, and three are asked out whom no writer has taken out yet."""
    await adopted(stage)
    await take_step(stage, SOON)
    await select(stage, SsprScope.ALL, SOON)
    await take_step(stage, THEN, empty_group=True)
    await carry_on_move(stage.another(), THEN)
    assert in_state(stage, State.WITHDRAWING) == ids([2, 3, 4])


@pytest.mark.parametrize("is_stopped_before", [False, True])
async def test_whoever_is_on_the_way_out_is_held_by_a_cancel(
    is_stopped_before: bool, stage: Stage
) -> None:
    """Given the group is selected again after it, then nobody loses SSPR but by a start."""
    await asked_out(stage)
    if is_stopped_before:
        await select(stage, SsprScope.GROUP, THEN)
        await carry_on_move(stage.another(), THEN)
    off = await take_step(stage, THEN, cancel=True)
    assert "3 people are on the way out" in off.next_step
    control_word = await stage.another().write_control.current()
    assert control_word is not None
    assert "cancelled; 3 people are on the way out" in control_word.writing.reason
    await select(stage, SsprScope.GROUP, THEN + HOUR / 4)
    await minutes(stage, THEN + HOUR / 2)
    assert (stage.scope, can_reset(stage.tenant)) == (FOUR, FOUR)

    for number in (2, 3):
        await include(an_id(number), stage.another(), THEN, actor="ada", reason="they stay")
    await start(stage.another(), THEN + HOUR, actor="ada", reason="go on")
    for hours in (1, 2, 3):
        await tick(stage.another(), Clock(THEN + hours * HOUR))
        await write_all(stage, THEN + hours * HOUR)
    assert stage.scope == ids([1, 2, 3])


async def test_a_cancel_holds_nothing_once_everybody_is_out(stage: Stage) -> None:
    await asked_out(stage)
    await write_all(stage, THEN)
    await show_all(stage, THEN)
    off = await take_step(stage, THEN, cancel=True)
    assert "on the way out" not in off.next_step
    assert not await is_stopped(stage.another())


async def test_whoever_goes_out_for_another_reason_is_not_held_by_a_cancel(stage: Stage) -> None:
    """Given somebody whom an operator takes out while the group is emptied, and All is on."""
    await asked_out(stage)
    await write_all(stage, THEN)
    await show_all(stage, THEN)
    await stage.store(member(3, State.WITHDRAWING))
    off = await take_step(stage, THEN, cancel=True)
    assert "on the way out" not in off.next_step
    assert not await is_stopped(stage.another())


async def test_a_process_that_dies_at_any_step_of_a_cancel_leaves_nobody_to_lose_sspr() -> None:
    for death in deaths():
        stage = a_stage()
        await asked_out(stage)
        shown = await leaves(stage.another(), THEN, cancel=True)
        order = LeaveOrder(reason="we stay", cancel=True, plan=shown.fingerprint)
        await stage.another().operations.keep(asks(order, "off"))
        try:
            await leave(order, asks(order, "off"), process(stage, death), THEN)
        except ProcessDied:
            again = await stage.another().operations.find("off")
            assert again is not None
            await leave(order, again, stage.another(), THEN)
        await select(stage, SsprScope.GROUP, THEN + HOUR / 4)
        await minutes(stage, THEN + HOUR / 2)
        assert can_reset(stage.tenant) == FOUR


async def test_few_are_asked_out_in_a_minute(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.use_cases.rollout.carry_on_move.MOST_AT_ONCE", 2)
    await adopted(stage)
    await take_step(stage, SOON)
    await select(stage, SsprScope.ALL, SOON)
    await take_step(stage, THEN, empty_group=True)
    await carry_on_move(stage.another(), THEN)
    assert len(in_state(stage, State.WITHDRAWING)) == 2
    await carry_on_move(stage.another(), THEN)
    assert len(in_state(stage, State.WITHDRAWING)) == 3


async def test_an_operators_word_counts_after_an_hour_and_is_said_to_be_one(stage: Stage) -> None:
    """Given an audit log that stays silent, then an hour later the operator's word is enough."""
    await adopted(stage)
    with pytest.raises(NotPossible, match="first say that you leave"):
        await leaves(stage.another(), SOON, all_selected=True)
    await take_step(stage, SOON)
    with pytest.raises(NotPossible, match="your word counts from 10:00 UTC on"):
        await leaves(stage.another(), SOON + WORD_AFTER / 2, all_selected=True)
    stage.tenant.sspr = SsprScope.ALL
    assert "--all-selected" in (await stage_of(stage, SOON + WORD_AFTER)).next_step
    await take_step(stage, SOON + WORD_AFTER, all_selected=True, empty_group=True)
    seen = await stage_of(stage, SOON + WORD_AFTER)
    assert seen.rests_on == "the word of ada: nothing else shows that it is on for all"
    await minutes(stage, SOON + WORD_AFTER)
    assert stage.scope == ids([1])
    assert can_reset(stage.tenant) == FOUR


async def test_an_operators_word_does_not_stand_against_what_is_seen(stage: Stage) -> None:
    """Given a change that was not to All since the leaving began, then the word is refused."""
    await adopted(stage)
    await take_step(stage, SOON)
    await select(stage, SsprScope.NONE, SOON + HOUR / 2)
    with pytest.raises(NotPossible, match="SSPR is off, known as of 2026-03-02 09:30 UTC"):
        await leaves(stage.another(), SOON + 2 * WORD_AFTER, all_selected=True)


async def weigh(stage: Stage, inside: int, outside: int, at: datetime) -> None:
    """The report is read, and shows SSPR on for so many of ten inside, and of ten outside."""
    watch = stage.another().sspr_watch
    shares = SharesSeen(
        read_at=at, inside=EnabledCount(10, inside), outside=EnabledCount(10, outside)
    )
    await watch.keep_sight((await watch.sight()).weighing(shares))


async def test_a_report_that_shows_others_denies_a_word_and_an_old_one_shows_no_all(
    stage: Stage,
) -> None:
    """Given a silent log: rows that may be of before prove nothing, and later ones deny."""
    await adopted(stage)
    stage.tenant.policy_changes.clear()
    await stage.another().sspr_watch.keep_sight(SsprSight())
    await take_step(stage, SOON)
    await weigh(stage, 10, 10, SOON + LAG - HOUR)
    assert (await stage_of(stage, SOON + LAG)).stage == "select-all-now"
    await weigh(stage, 10, 0, SOON + LAG + HOUR)
    later = SOON + LAG + 2 * HOUR
    with pytest.raises(NotPossible, match="SSPR is on for the scope group, known as of"):
        await leaves(stage.another(), later, all_selected=True, empty_group=True)
    await weigh(stage, 10, 10, later)
    assert (await stage_of(stage, later)).stage == "noticed"


async def test_a_word_stands_where_nobody_can_read_the_change(stage: Stage) -> None:
    await adopted(stage)
    await take_step(stage, SOON)
    stage.tenant.sspr = SsprScope.ALL
    unread = PolicyChange(at=SOON + HOUR / 2, activity="Update SSPR Settings")
    watch = stage.another().sspr_watch
    await watch.keep_sight((await watch.sight()).following([unread], SCOPE))
    step = await take_step(stage, SOON + WORD_AFTER, all_selected=True)
    assert step.stage == "noticed"


async def test_a_word_is_void_once_a_change_of_later_denies_it(stage: Stage) -> None:
    await adopted(stage)
    await take_step(stage, SOON)
    late = SOON + WORD_AFTER
    await take_step(stage, late, all_selected=True, empty_group=True)
    await select(stage, SsprScope.NONE, late + HOUR / 2)
    await minutes(stage, late + HOUR)
    assert stage.scope == FOUR
    assert (await stage_of(stage, late + HOUR)).stage == "select-all-now"


async def test_another_step_than_was_shown_is_refused(stage: Stage) -> None:
    """Given All is noticed between look and word, then nothing is let go by the word of before."""
    await adopted(stage)
    first = await leaves(stage.another(), SOON)
    await select(stage, SsprScope.ALL, SOON)
    with pytest.raises(WorldChanged, match="another one than was shown"):
        await leaves(stage.another(), SOON, plan=first.fingerprint)
    assert (await rollout_of(stage)).phase is Phase.SOAKING


async def test_without_a_rollout_there_is_nothing_to_leave(stage: Stage) -> None:
    with pytest.raises(NotPossible, match="there is no rollout to leave"):
        await leaves(stage.another(), NOW)


async def test_a_rollout_begins_anew_while_the_group_is_emptied_only_once_that_is_called_off(
    stage: Stage,
) -> None:
    """Given people on the way out, then nothing goes on that would no longer watch them."""
    await asked_out(stage)
    refused = "call that off first: sspr leave --cancel"
    with pytest.raises(NotPossible, match=refused):
        await control.restart(stage.another(), THEN, actor="grace", reason="we stay")
    another = PlanOrder(document=text_of(ring_text("other", 2)))
    with pytest.raises(NotPossible, match=refused):
        await plan_rollout(another, stage.another(), THEN, actor="grace")
    await take_step(stage, THEN, cancel=True)
    await control.restart(stage.another(), THEN, actor="grace", reason="we stay")
    await minutes(stage)
    # Whoever was on the way out is held by the stop that came with the cancel.
    assert stage.scope == FOUR
    assert await is_stopped(stage.another())
    anew = await rollout_of(stage)
    assert anew.move is None
    assert not anew.expects(SsprFinding.ON_FOR_ALL, NOW)


async def test_a_stop_holds_the_emptying(stage: Stage) -> None:
    await adopted(stage)
    await take_step(stage, SOON)
    await select(stage, SsprScope.ALL, SOON)
    await take_step(stage, THEN, empty_group=True)
    await stop(stage.another(), THEN, actor="grace", reason="wait")
    await minutes(stage)
    assert stage.scope == FOUR
    held = await stage_of(stage, THEN)
    assert held.stage == "letting-go"
    assert "Nothing is written" in held.next_step
    await start(stage.another(), THEN, actor="grace", reason="go on")
    await minutes(stage)
    assert stage.scope == ids([1])
    assert (await stage_of(stage, THEN)).stage == "done"


async def test_a_process_that_dies_at_any_step_of_letting_go_costs_nothing() -> None:
    for death in deaths():
        stage = a_stage()
        a_tenant(stage, 3, SsprScope.ALL)
        stage.tenant.join(SCOPE, *ids([1, 2, 3]))
        await stage.applies(standing(document(ungated("pilot", 2, 3)), Phase.COMPLETED, 1))
        there = member(1, State.VISIBLE, provenance=Provenance.PREEXISTING, claims=())
        await stage.store(there, member(2, State.VISIBLE), member(3, State.VISIBLE))
        await take_step(stage, SOON)
        await select(stage, SsprScope.ALL, SOON)
        shown = await leaves(stage.another(), THEN, empty_group=True)
        order = LeaveOrder(reason="we leave", empty_group=True, plan=shown.fingerprint)
        await stage.another().operations.keep(asks(order, "last"))
        try:
            await _last_steps(stage, order, death)
        except ProcessDied:
            again = await stage.another().operations.find("last")
            assert again is not None
            done = await leave(order, again, stage.another(), THEN)
            assert isinstance(done, LeaveView)
            assert done.done
        # Whoever was not announced to a writer is, once they are late.
        for hours in (2, 3):
            await minutes(stage, THEN + hours * HOUR)
        assert stage.scope == ids([1])
        assert (await stage_of(stage, THEN + 3 * HOUR)).stage == "done"
        assert audited(stage).count("leave-ended") == 1
        assert await is_stopped(stage.another())


async def _last_steps(stage: Stage, order: LeaveOrder, death: Death) -> None:
    world = process(stage, death)
    await leave(order, asks(order, "last"), world, THEN)
    await carry_on_move(world, THEN)
    await carry_on_move(world, THEN + timedelta(minutes=1))
