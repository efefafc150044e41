"""What nobody was shown has limits; beyond them it stops by itself, loses nothing, and asks."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace

import pytest
from structlog.typing import EventDict

from shared.contracts.api.operation_orders import ApplyOrder
from shared.domain.errors import (
    DirectoryUnavailable,
    LedgerConflict,
    NotPossible,
    ServiceUnavailable,
)
from shared.domain.person.enrolment import State
from shared.domain.person.reasons import Reason
from shared.domain.rollout.allowance import HOLDS, Numbers, total
from shared.domain.rollout.document import DriftAction, Limit
from shared.domain.rollout.state import Phase
from shared.domain.rollout.writing import StopReason
from shared.ports.rollouts import Reconciliation
from shared.use_cases.message import Message
from shared.use_cases.onboarding.take_events import take_events
from shared.use_cases.rollout import control
from shared.use_cases.rollout.operate import run_operations
from shared.use_cases.rollout.reconcile import reconcile
from shared.use_cases.tick import tick
from shared.use_cases.views.describe_writing import describe_writing
from shared.use_cases.write_pace import allow
from shared.use_cases.writing.apply_scope_changes import apply_scope_changes
from shared.use_cases.writing.follow_up import follow_up
from shared.use_cases.writing.stop_and_start import start, stop
from tests.support.course import (
    Clock,
    advance,
    applies,
    ask,
    asks,
    ids,
    in_state,
    member,
    populate,
    put_into_force,
    ring_text,
    set_up,
    shown,
    standing,
    text_of,
    ungated,
    write_all,
)
from tests.support.enrolments import HOUR, NOW, SCOPE
from tests.support.processes import (
    Death,
    Meanwhile,
    ProcessDied,
    deaths,
    meanwhiles,
    process,
)
from tests.support.stage import Stage, a_stage, an_id, messages, said, upn_of
from tests.support.waves import document

LATER = NOW + HOUR / 2
OTHER = "0ddba110-0000-4000-8000-000000000001"


async def told(stage: Stage, action: str, *numbers: int) -> None:
    events = [{"userPrincipalName": upn_of(number), "action": action} for number in numbers]
    await take_events(messages(*events), stage.world, NOW)


async def word(stage: Stage) -> tuple[StopReason | None, str]:
    stored = await stage.another().write_control.current()
    return (stored.writing.stop, stored.writing.reason) if stored else (None, "")


async def go_on(stage: Stage) -> None:
    await start(stage.world, LATER, actor="bob", reason="they are meant")
    await tick(stage.world, Clock(LATER))
    await write_all(stage, LATER)


async def test_too_many_hires_within_an_hour_stop_everything_and_are_written_once_they_are_meant(
    signals: list[EventDict],
) -> None:
    stage = a_stage(additions_per_hour=3)
    populate(stage, 9)
    await told(stage, "onboard", 1, 2)
    await write_all(stage, NOW)
    await told(stage, "onboard", 3, 4, 5, 6)
    await write_all(stage, NOW)
    assert stage.scope == ids([1, 2])
    assert await word(stage) == (
        StopReason.TOO_MANY,
        "additions within an hour: 6 people, more than the 3 allowed",
    )
    assert {one["who"] for one in said(signals, "writing-stopped")} == {"clock"}
    await go_on(stage)
    assert stage.scope == ids([1, 2, 3, 4, 5, 6])
    await told(stage, "onboard", 7, 8, 9)
    await write_all(stage, LATER)
    assert (await word(stage))[0] is StopReason.TOO_MANY, "two of them are of the same hour"


@pytest.mark.parametrize("hours_away", [1, 4])
async def test_what_gathers_while_graph_is_away_is_asked_about_before_it_is_written_at_once(
    hours_away: int,
) -> None:
    stage, clock, waiting = a_stage(additions_per_hour=5), Clock(), list[Message]()
    populate(stage, 40)
    for hour in range(hours_away + 1):
        hires = [{"userPrincipalName": upn_of(1 + 5 * hour + number)} for number in range(5)]
        await take_events(messages(*hires, enqueued_at=clock.now), stage.another(), clock.now)
        hour_of = stage.deliver("scope-changes")
        stage.turns.fail("cloud_scope.add", DirectoryUnavailable("away"))
        with pytest.raises(DirectoryUnavailable):
            await apply_scope_changes(hour_of, stage.world, clock.now)
        clock.advance(HOUR)
        # Meanwhile each of them is issued again, since nobody has written them.
        await follow_up(stage.another(), clock.now)
        waiting += [*hour_of, *stage.deliver("scope-changes")]
    await apply_scope_changes(waiting, stage.another(), clock.now)
    assert stage.scope == frozenset()
    assert (await word(stage))[0] is StopReason.TOO_MANY
    await start(stage.another(), clock.now, actor="bob", reason="they are meant")
    await tick(stage.another(), clock)
    await write_all(stage, clock.now)
    assert stage.scope == ids(range(1, 6 + 5 * hours_away))


async def test_an_hour_that_begins_anew_makes_no_room_for_who_came_just_before() -> None:
    stage = a_stage(additions_per_hour=5)
    populate(stage, 12)
    for minute, numbers in [(0, range(1, 2)), (59, range(2, 6)), (60, range(6, 11))]:
        now = NOW + minute * HOUR / 60
        hires = [{"userPrincipalName": upn_of(number)} for number in numbers]
        await take_events(messages(*hires, enqueued_at=now), stage.another(), now)
        await write_all(stage, now)
    assert stage.scope == ids(range(1, 6))
    assert (await word(stage))[0] is StopReason.TOO_MANY


async def test_too_many_leavers_are_asked_about_before_anybody_is_taken_out() -> None:
    stage = a_stage(removals_per_hour=11)
    populate(stage, 20)
    await stage.store(*(member(number, State.VISIBLE) for number in range(1, 21)))
    for number in range(1, 21):
        stage.tenant.join(SCOPE, an_id(number))
    await told(stage, "offboard", *range(1, 13))
    await write_all(stage, NOW)
    assert len(stage.scope) == 20
    stop, reason = await word(stage)
    assert (stop, "removals within an hour: 12 people" in reason) == (StopReason.TOO_MANY, True)
    await go_on(stage)
    assert stage.scope == ids(range(13, 21))


@pytest.mark.parametrize(("leavers", "stops"), [(15, None), (16, StopReason.TOO_MANY)])
async def test_the_share_is_of_those_who_are_in_before_anybody_leaves(
    leavers: int, stops: StopReason | None
) -> None:
    """Given 5 % allowed of 300, then the sixteenth is asked about, and no fifteenth of 285."""
    stage = a_stage(additions_per_hour=1_000)
    populate(stage, 300)
    await told(stage, "onboard", *range(1, 301))
    await write_all(stage, NOW)
    await told(stage, "offboard", *range(1, leavers + 1))
    await write_all(stage, NOW)
    why, reason = await word(stage)
    assert why is stops
    assert "16 of 300 people" in reason or not stops


async def test_a_wave_is_not_counted_for_it_was_shown_by_a_plan() -> None:
    stage = a_stage(additions_per_hour=1)
    await set_up(stage, standing(document(ungated("pilot", *range(1, 6))), Phase.PLANNED, 0), 5)
    await tick(stage.world, Clock(NOW))
    await write_all(stage, NOW)
    assert len(stage.scope) == 5


async def test_whom_an_apply_takes_out_is_written_wherever_its_process_dies() -> None:
    """They were shown, however many: also whom others write before the message comes again."""
    without_most = text_of(
        ring_text("pilot", *range(9, 13)), exclude={"people": sorted(ids(range(1, 9)))}
    )

    async def dies(death: Death) -> None:
        stage, clock = a_stage(removals_per_hour=2), Clock()
        populate(stage, 12)
        await put_into_force(stage, text_of(ring_text("pilot", *range(1, 13))))
        await advance(stage, clock)
        await write_all(stage, clock.now)
        await follow_up(stage.another(), clock.now)
        assert stage.scope == ids(range(1, 13))
        order = ApplyOrder(plan=await shown(stage, without_most), force=True, reason="they leave")
        message = await ask(stage, asks(order))
        with suppress(ProcessDied):
            await run_operations([message], process(stage, death), clock.now)
        await reconcile(stage.another(), clock)
        await write_all(stage, clock.now)
        assert await word(stage) == (None, ""), death.passed[-1:]
        await run_operations([message], stage.another(), clock.now)
        await write_all(stage, clock.now)
        clock.advance(HOUR)
        await tick(stage.another(), clock)
        await write_all(stage, clock.now)
        assert (await word(stage), stage.scope) == ((None, ""), ids(range(9, 13)))
        left = await stage.another().write_control.hour()
        assert left is not None
        assert total(left.hour.allowed(clock.now)).removals <= 8, "allowed once"

    for death in deaths():
        await dies(death)
    assert death.number > 20


async def test_two_who_count_at_once_both_count() -> None:
    stage = a_stage()
    stage.turns.at(
        "write_control.count", lambda: allow(stage.another(), NOW, additions=1, removals=0)
    )
    await allow(stage.world, NOW, additions=2, removals=5)
    stored = await stage.another().write_control.hour()
    assert stored is not None
    assert total(stored.hour.allowed(NOW)) == Numbers(additions=3, removals=5)


@pytest.mark.parametrize("before", ["an allowance", "a start that was not heard", "nothing"])
async def test_a_start_leaves_nothing_over_whatever_was_allowed_for_the_same_people_before(
    before: str,
) -> None:
    """Then a mass offboarding hours later is asked about as ever."""
    stage = a_stage(removals_per_hour=11)
    populate(stage, 40)
    await stage.store(*(member(number, State.VISIBLE) for number in range(1, 41)))
    for number in range(1, 41):
        stage.tenant.join(SCOPE, an_id(number))
    # All is written of these two, and Entra is yet to show it.
    await told(stage, "offboard", 39, 40)
    await write_all(stage, NOW)
    await stop(stage.world, NOW, actor="ada", reason="HR sent the wrong file")
    await told(stage, "offboard", *range(1, 21))
    if before == "an allowance":
        await allow(stage.world, NOW, additions=0, removals=20)
    elif before == "a start that was not heard":
        stage.turns.fail("write_control.replace", ServiceUnavailable("the tables are away"))
        with pytest.raises(ServiceUnavailable):
            await start(stage.world, LATER, actor="bob", reason="they are meant")
    assert in_state(stage, State.WITHDRAWING) == ids([*range(1, 21), 39, 40])
    await go_on(stage)
    assert stage.scope == ids(range(21, 39))
    left = await stage.another().write_control.hour()
    assert left is not None
    assert left.hour.allowed(LATER) == ()
    await told(stage, "offboard", *range(21, 39))
    await write_all(stage, LATER + HOUR)
    assert (await word(stage))[0] is StopReason.TOO_MANY
    assert stage.scope == ids(range(21, 39))


async def test_what_was_allowed_and_never_came_lets_nothing_through_a_day_later() -> None:
    stage = a_stage(additions_per_hour=3)
    populate(stage, 9)
    await allow(stage.world, NOW, additions=5, removals=0)
    await told(stage, "onboard", 1, 2)
    await write_all(stage, NOW)
    later = NOW + HOLDS + HOUR
    await told(stage, "onboard", 3, 4, 5, 6)
    await write_all(stage, later)
    assert stage.scope == ids([1, 2])
    assert (await word(stage))[0] is StopReason.TOO_MANY


async def test_what_is_allowed_and_until_when_is_shown() -> None:
    stage = a_stage()
    await allow(stage.world, NOW, additions=5, removals=1, repairs=2)
    shown = await describe_writing(stage.world, NOW)
    assert (shown.allowed_to_put_in, shown.allowed_to_take_out) == (5, 1)
    assert shown.allowed_until == NOW + HOLDS
    over = await describe_writing(stage.world, NOW + HOLDS)
    assert (over.allowed_to_put_in, over.allowed_until) == (0, None)


# The group


@pytest.mark.parametrize("with_document", [True, False])
async def test_another_group_than_before_is_never_written_nor_looked_at_as_ours(
    with_document: bool, signals: list[EventDict]
) -> None:
    stage = a_stage()
    populate(stage, 3)
    if with_document:
        repairing = replace(document(ungated("pilot", 1)), on_removed_by_hand=DriftAction.REPAIR)
        await stage.applies(standing(repairing, Phase.COMPLETED, 1))
    await told(stage, "onboard", 1)
    await write_all(stage, NOW)
    assert stage.scope == ids([1])
    stage.tenant.groups[OTHER] = replace(stage.tenant.groups[SCOPE], members=set())
    wrong = replace(
        stage.world, tenant_rules=replace(stage.world.tenant_rules, scope_group_id=OTHER)
    )
    await told(stage, "onboard", 2)
    await reconcile(wrong, Clock(NOW))
    assert (await stage.person(1)).state is State.APPLIED
    await tick(wrong, Clock(NOW))
    assert (await word(stage))[0] is StopReason.OTHER_GROUP
    await write_all(stage, NOW)
    assert in_state(stage, State.REQUESTED) == ids([2])
    with pytest.raises(NotPossible, match="sspr start --group"):
        await start(wrong, LATER, actor="bob", reason="why not")
    with pytest.raises(NotPossible, match="is set up for group"):
        await start(wrong, LATER, actor="bob", reason="this one", group_id=SCOPE)
    if with_document:
        with pytest.raises(NotPossible, match="the document names"):
            await start(wrong, LATER, actor="bob", reason="this one", group_id=OTHER)
    else:
        await start(wrong, LATER, actor="bob", reason="this one", group_id=OTHER)
        assert (await word(stage))[0] is None
    assert said(signals, "writing-stopped")


# Somebody else's hand

REPAIRING = replace(
    document(ungated("pilot", *range(1, 31))),
    on_removed_by_hand=DriftAction.REPAIR,
    removals=Limit(0.05),
)


async def emptied(stage: Stage) -> None:
    """Thirty are in by the ledger's word, and somebody has emptied the group."""
    await set_up(stage, standing(REPAIRING, Phase.COMPLETED, 1), 30)
    await stage.store(*(member(number, State.VISIBLE) for number in range(1, 31)))


async def report_of(stage: Stage) -> Reconciliation:
    report = await stage.another().rollouts.reconciliation()
    assert report is not None
    return report


async def test_a_group_that_somebody_has_emptied_is_a_finding_and_holds_nothing_else_up(
    stage: Stage, signals: list[EventDict]
) -> None:
    await emptied(stage)
    stage.arrive(2, enabled=False)
    await reconcile(stage.world, Clock(NOW))
    assert in_state(stage, State.REQUESTED) == frozenset()
    assert (await stage.person(2)).reason is Reason.DISABLED
    report = await report_of(stage)
    assert (report.repaired, report.removed) == (0, 1)
    assert report.problem.startswith("not repaired: 29 of 30 people, more than the 5% allowed")
    assert [one["held"] for one in said(signals, "drift-found")] == [29]


async def test_a_few_are_repaired_at_once_and_more_of_them_within_the_hour_are_not(
    stage: Stage,
) -> None:
    await emptied(stage)
    for number in range(9, 31):
        stage.tenant.join(SCOPE, an_id(number))
    await reconcile(stage.world, Clock(NOW))
    assert in_state(stage, State.REQUESTED) == ids(range(1, 9))
    for number in range(9, 12):
        stage.tenant.leave(SCOPE, an_id(number))
    await reconcile(stage.world, Clock(LATER))
    assert (await report_of(stage)).repaired == 0
    await reconcile(stage.world, Clock(NOW + HOUR))
    assert (await report_of(stage)).repaired == 3


async def a_stop(stage: Stage, clock: Clock) -> None:
    await stop(stage.another(), clock.now, actor="ada", reason="one moment")


async def another_word(stage: Stage, clock: Clock) -> None:
    await control.pause(stage.another(), clock.now, actor="ada", reason="one moment")


async def taken_out_by_hand(stage: Stage, *numbers: int) -> None:
    """Thirty are in, and somebody has taken out these."""
    await emptied(stage)
    stage.tenant.join(SCOPE, *ids(range(1, 31)))
    stage.tenant.leave(SCOPE, *ids(numbers))


EIGHT = range(1, 9)
"""As many as are repaired within an hour, so that nobody may be counted twice."""


@pytest.mark.parametrize("interrupt", [a_stop, another_word])
async def test_repairs_that_others_interrupt_at_any_moment_are_made_by_the_next_reconciliation(
    interrupt: Callable[[Stage, Clock], Awaitable[None]],
) -> None:
    """Whatever was counted of them: the limit is of repairs that are made."""

    async def interrupted(meanwhile: Meanwhile) -> None:
        stage, clock = a_stage(), Clock()
        await taken_out_by_hand(stage, *EIGHT)
        meanwhile.act = lambda: interrupt(stage, clock)
        await reconcile(process(stage, meanwhile), clock)
        with suppress(NotPossible):
            await start(stage.another(), clock.now, actor="ada", reason="go on then")
        clock.advance(HOUR / 2)
        await reconcile(stage.another(), clock)
        await write_all(stage, clock.now)
        assert stage.scope == ids(range(1, 31)), meanwhile.number

    for meanwhile in meanwhiles():
        await interrupted(meanwhile)
    assert meanwhile.number > 20


async def test_repairs_whose_process_dies_anywhere_are_made_by_the_next_reconciliation() -> None:
    async def dies(death: Death) -> None:
        stage, clock = a_stage(), Clock()
        await taken_out_by_hand(stage, *EIGHT)
        with suppress(ProcessDied):
            await reconcile(process(stage, death), clock)
        clock.advance(HOUR / 2)
        await reconcile(stage.another(), clock)
        # Whoever was asked for by the one that died is written by the follow-up.
        assert in_state(stage, State.REQUESTED) == ids(EIGHT), death.number

    for death in deaths():
        await dies(death)
    assert death.number > 20


async def test_repairs_that_cannot_be_kept_have_used_up_nothing(stage: Stage) -> None:
    clock = Clock()
    await taken_out_by_hand(stage, *EIGHT)
    for _ in range(3):
        stage.turns.fail("ledger.amend", LedgerConflict("others were first"))
        await reconcile(stage.world, clock)
        clock.advance(HOUR / 9)
    await reconcile(stage.world, clock)
    assert in_state(stage, State.REQUESTED) == ids(EIGHT)


async def test_whoever_is_taken_out_again_counts_again(stage: Stage) -> None:
    """Two writers who undo each other's work are held, though it is the same few people."""
    clock = Clock()
    await taken_out_by_hand(stage, *EIGHT)
    rounds = 0
    while (await _repairs(stage, clock)) and rounds < 9:
        rounds += 1
        stage.tenant.leave(SCOPE, *ids(EIGHT))
        clock.advance(HOUR / 12)
    assert rounds == 1
    assert (await report_of(stage)).problem.startswith("not repaired: 16 of 30 people")


async def _repairs(stage: Stage, clock: Clock) -> int:
    """How many a reconciliation repairs; they are written, and seen."""
    await reconcile(stage.another(), clock)
    await write_all(stage, clock.now)
    await follow_up(stage.another(), clock.now)
    return (await report_of(stage)).repaired


async def test_whoever_was_shown_the_drift_and_applies_it_by_force_has_it_repaired(
    stage: Stage,
) -> None:
    populate(stage, 30)
    text = text_of(
        ring_text("pilot", *range(1, 31)),
        drift={"removedByHand": "repair"},
        safety={"removals": {"share": 0.05}},
    )
    first = ApplyOrder(plan=await shown(stage, text))
    await applies(first, stage.world)
    await tick(stage.world, Clock(NOW))
    await write_all(stage, NOW)
    await tick(stage.world, Clock(NOW))
    for number in range(1, 31):
        stage.tenant.leave(SCOPE, an_id(number))
    await reconcile(stage.world, Clock(NOW))
    assert (await report_of(stage)).repaired == 0
    forced = ApplyOrder(plan=await shown(stage, text), force=True, reason="change 4711")
    await applies(forced, stage.world, "apply-2")
    await reconcile(stage.world, Clock(LATER))
    await write_all(stage, LATER)
    assert stage.scope == ids(range(1, 31))
    assert (await word(stage))[0] is None
