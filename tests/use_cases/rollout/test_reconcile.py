"""The reconciler makes good what differs, reports what it may not touch, and halts in doubt."""

from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.typing import EventDict

from shared.domain.errors import DirectoryUnavailable, LedgerConflict
from shared.domain.person.enrolment import Enrolment, Exclusion, State
from shared.domain.person.reasons import Reason
from shared.domain.rollout.document import DriftAction, Limit
from shared.domain.rollout.state import Lease, PauseReason, Phase, Rollout
from shared.ports.rollouts import Reconciliation
from shared.use_cases.rollout import control
from shared.use_cases.rollout.advance_rollout import advance_rollout
from shared.use_cases.rollout.carry_out import CHUNK
from shared.use_cases.rollout.reconcile import MOST_NAMED, reconcile
from tests.support.course import (
    Clock,
    advance,
    audited,
    ids,
    in_state,
    member,
    planned_of,
    populate,
    queued,
    rollout_of,
    set_up,
    staged,
    standing,
    states,
    ungated,
    write_all,
)
from tests.support.enrolments import BREAK_GLASS, DAY, HOUR, NOW, SCOPE
from tests.support.processes import (
    Death,
    Meanwhile,
    ProcessDied,
    deaths,
    in_step,
    meanwhiles,
    process,
)
from tests.support.stage import Stage, an_id, said
from tests.support.waves import MINUTE, document

PILOT, EARLY = ungated("pilot", 1, 2, 3), ungated("early", 4)
OF = document(PILOT, EARLY)
SOAKING = standing(OF, Phase.SOAKING, 1)
REPAIRING = replace(OF, on_removed_by_hand=DriftAction.REPAIR, on_added_by_hand=DriftAction.REPAIR)


async def report_of(stage: Stage) -> Reconciliation:
    report = await stage.another().rollouts.reconciliation()
    assert report is not None
    return report


async def no_report(stage: Stage) -> bool:
    return await stage.another().rollouts.reconciliation() is None


async def let_in(stage: Stage, *numbers: int) -> None:
    """The pilot's people are in scope and seen there."""
    await stage.store(*(member(number, State.VISIBLE) for number in numbers))
    stage.tenant.join(SCOPE, *ids(numbers))


async def test_before_the_first_rollout_only_the_status_is_told(
    stage: Stage, signals: list[EventDict]
) -> None:
    populate(stage, 1)
    await reconcile(stage.world, Clock())
    (status,) = said(signals, "rollout-standing")
    assert (status["people"], status["flagged"], status["refused_messages"]) == ({}, 0, 0)
    assert "directory.everybody" not in stage.turns.points


async def test_what_differs_is_made_good_and_reported(
    stage: Stage, signals: list[EventDict]
) -> None:
    await set_up(stage, SOAKING, 5)
    await let_in(stage, 1, 5)
    stage.tenant.put(replace(stage.tenant.people[an_id(2)], enabled=False))
    await reconcile(stage.world, Clock())
    assert states(stage) == {
        an_id(1): State.VISIBLE,
        an_id(3): State.REQUESTED,
        an_id(5): State.VISIBLE,
    }
    report = await report_of(stage)
    assert (report.at, report.problem) == (NOW, "")
    assert (report.listed, report.eligible, report.kept) == (6, 4, 2)
    assert (report.added, report.removed, report.repaired) == (1, 0, 0)
    assert report.skips == {Reason.DISABLED: 1}
    assert said(signals, "drift-found") == []
    await write_all(stage, NOW)
    assert stage.scope == ids([1, 3, 5])


async def test_who_may_no_longer_be_in_or_is_no_longer_there_is_taken_out(stage: Stage) -> None:
    await set_up(stage, SOAKING, 3)
    await let_in(stage, 1, 2, 3)
    stage.tenant.put(replace(stage.tenant.people[an_id(1)], enabled=False))
    stage.tenant.remove(an_id(2))
    await reconcile(stage.world, Clock())
    assert states(stage) == {
        an_id(1): State.WITHDRAWING,
        an_id(2): State.WITHDRAWN,
        an_id(3): State.VISIBLE,
    }
    assert (await report_of(stage)).removed == 2


async def test_while_a_wave_is_expanded_its_people_are_left_to_the_expansion(
    stage: Stage,
) -> None:
    await set_up(stage, standing(OF, Phase.PROGRESSING, 1), 5)
    await let_in(stage, 5)
    stage.tenant.put(replace(stage.tenant.people[an_id(5)], guest=True))
    await reconcile(stage.world, Clock())
    assert states(stage) == {an_id(5): State.WITHDRAWING}
    assert (await report_of(stage)).removed == 1


@pytest.mark.parametrize("phase", [Phase.PAUSED, Phase.PLANNED])
async def test_a_rollout_that_does_not_widen_puts_nobody_in(stage: Stage, phase: Phase) -> None:
    await set_up(stage, standing(OF, phase, 1), 3)
    await reconcile(stage.world, Clock())
    assert states(stage) == {}


# Drift


async def with_drift(stage: Stage, rollout: Rollout) -> None:
    """Somebody took 1 out and put 9 in."""
    await set_up(stage, rollout, 9)
    await let_in(stage, 1, 2, 3)
    stage.tenant.leave(SCOPE, an_id(1))
    stage.tenant.join(SCOPE, an_id(9))


async def test_drift_is_reported_and_left_where_the_document_says_so(
    stage: Stage, signals: list[EventDict]
) -> None:
    await with_drift(stage, SOAKING)
    before = states(stage)
    await reconcile(stage.world, Clock())
    report = await report_of(stage)
    assert (report.removed_by_hand, report.added_by_hand) == ([an_id(1)], [an_id(9)])
    assert report.repaired == 0
    assert states(stage) == before
    assert said(signals, "drift-found") == [
        {
            "added_by_hand": 1,
            "removed_by_hand": 1,
            "repaired": 0,
            "held": 0,
            "no_longer_members": 0,
            "former_group": 0,
        }
    ]


async def test_drift_is_repaired_where_the_document_says_so(
    stage: Stage, signals: list[EventDict]
) -> None:
    await with_drift(stage, standing(REPAIRING, Phase.SOAKING, 1))
    await reconcile(stage.world, Clock())
    assert (await report_of(stage)).repaired == 2
    assert (await stage.person(1)).reason is Reason.PUT_BACK
    assert (await stage.person(9)).state is State.WITHDRAWING
    assert [one["repaired"] for one in said(signals, "drift-found")] == [2]
    await write_all(stage, NOW)
    assert stage.scope == ids([1, 2, 3])


async def test_each_way_is_repaired_by_itself(stage: Stage) -> None:
    only_back = replace(OF, on_removed_by_hand=DriftAction.REPAIR)
    await with_drift(stage, standing(only_back, Phase.SOAKING, 1))
    await reconcile(stage.world, Clock())
    assert (await report_of(stage)).repaired == 1
    await write_all(stage, NOW)
    assert stage.scope == ids([1, 2, 3, 9])


async def test_only_the_first_few_are_named(stage: Stage) -> None:
    await set_up(stage, SOAKING, MOST_NAMED + 5)
    stage.tenant.join(SCOPE, *ids(range(4, MOST_NAMED + 6)))
    await reconcile(stage.world, Clock())
    assert len((await report_of(stage)).added_by_hand) == MOST_NAMED


# In doubt


async def test_an_unsafe_plan_pauses_the_rollout_and_touches_nobody(
    stage: Stage, signals: list[EventDict]
) -> None:
    await set_up(stage, standing(replace(OF, removals=Limit(0.1)), Phase.SOAKING, 1), 11)
    await let_in(stage, *range(1, 12))
    for number in range(1, 12):
        stage.tenant.put(replace(stage.tenant.people[an_id(number)], guest=True))
    stage.arrive(12)
    await reconcile(stage.world, Clock())
    rollout = await rollout_of(stage)
    assert rollout.pause is not None
    assert (rollout.pause.reason, rollout.pause.goes_on) == (
        PauseReason.UNSAFE_PLAN,
        Phase.SOAKING,
    )
    assert rollout.pause.detail == "removals: 11 of 11 people, more than the 10% allowed"
    assert (await report_of(stage)).problem == rollout.pause.detail
    assert in_state(stage, State.VISIBLE) == ids(range(1, 12))
    assert said(signals, "plan-unsafe") == [{"problem": rollout.pause.detail}]


async def test_a_tenant_without_anybody_is_not_believed(stage: Stage) -> None:
    await set_up(stage, SOAKING, 3)
    await let_in(stage, 1)
    for person in stage.tenant.people.values():
        stage.tenant.put(replace(person, enabled=False))
    await reconcile(stage.world, Clock())
    assert "nobody is eligible any more" in (await report_of(stage)).problem
    assert states(stage) == {an_id(1): State.VISIBLE}


async def test_a_group_that_is_gone_pauses_the_rollout(stage: Stage) -> None:
    await set_up(stage, SOAKING, 3)
    del stage.tenant.groups[BREAK_GLASS]
    clock = Clock()
    await reconcile(stage.world, clock)
    assert (await rollout_of(stage)).phase is Phase.SOAKING
    clock.advance(MINUTE)
    await reconcile(stage.world, clock)
    report = await report_of(stage)
    assert (report.problem, report.listed) == (
        f"group {BREAK_GLASS} is not there; nobody was touched",
        0,
    )
    assert (await rollout_of(stage)).phase is Phase.PAUSED


async def test_a_rollout_that_has_ended_is_not_paused_for_it_and_touches_nobody_either(
    stage: Stage,
) -> None:
    await set_up(stage, standing(OF, Phase.COMPLETED, 2), 3)
    del stage.tenant.groups[BREAK_GLASS]
    await reconcile(stage.world, Clock())
    assert (await rollout_of(stage)).phase is Phase.COMPLETED
    assert "is not there" in (await report_of(stage)).problem
    assert states(stage) == {}


@pytest.mark.parametrize("forced", [False, True])
async def test_what_was_forced_may_add_as_many_as_it_means(stage: Stage, forced: bool) -> None:
    wide = document(ungated("pilot", *range(1, 21)), additions=Limit(0.5))
    await set_up(stage, standing(wide, Phase.SOAKING, 1, forced=forced), 20)
    await reconcile(stage.world, Clock())
    assert len(in_state(stage, State.REQUESTED)) == (20 if forced else 0)
    assert (await rollout_of(stage)).phase is (Phase.SOAKING if forced else Phase.PAUSED)


async def test_what_was_forced_may_not_remove_more_than_is_allowed(stage: Stage) -> None:
    strict = replace(OF, removals=Limit(people=0))
    await set_up(stage, standing(strict, Phase.SOAKING, 1, forced=True), 3)
    await let_in(stage, 1)
    stage.tenant.put(replace(stage.tenant.people[an_id(1)], guest=True))
    await reconcile(stage.world, Clock())
    assert (await rollout_of(stage)).phase is Phase.PAUSED
    assert states(stage) == {an_id(1): State.VISIBLE}


async def test_an_operator_who_is_first_is_not_paused_over(stage: Stage) -> None:
    await set_up(stage, standing(replace(OF, removals=Limit(people=0)), Phase.SOAKING, 1), 3)
    await let_in(stage, 1)
    stage.tenant.put(replace(stage.tenant.people[an_id(1)], guest=True))
    stage.turns.at("rollouts.replace", lambda: _abort(stage))
    await reconcile(stage.world, Clock())
    assert audited(stage) == ["test", "abort"]


async def _abort(stage: Stage) -> None:
    await control.abort(stage.another(), NOW, actor="ada", reason="enough")


async def test_an_aborted_rollout_has_what_it_asked_for_called_off(stage: Stage) -> None:
    await set_up(stage, standing(OF, Phase.ABORTED, 1), 3)
    await stage.store(member(1, State.REQUESTED))
    await reconcile(stage.world, Clock())
    assert states(stage) == {an_id(1): State.WITHDRAWING}


@pytest.mark.parametrize(
    "call",
    [
        "directory.administrator_ids",
        "directory.group_member_ids",
        "directory.everybody",
        "directory.find_people",
    ],
)
async def test_while_graph_is_away_nobody_is_touched_and_nothing_reported(
    stage: Stage, call: str
) -> None:
    await set_up(stage, SOAKING, 3)
    await stage.store(member(7, State.VISIBLE))
    stage.turns.fail(call, DirectoryUnavailable("Graph is away"))
    with pytest.raises(DirectoryUnavailable):
        await reconcile(stage.world, Clock())
    assert states(stage) == {an_id(7): State.VISIBLE}
    assert await no_report(stage)
    assert await rollout_of(stage) == SOAKING


# Others meanwhile


async def test_a_word_between_two_chunks_stops_it_and_nothing_is_reported(stage: Stage) -> None:
    people = CHUNK + 10
    wide = document(ungated("pilot", *range(1, people + 1)))
    await set_up(stage, standing(wide, Phase.SOAKING, 1), people)
    stage.turns.at("ledger.amend done", lambda: _pause(stage))
    await reconcile(stage.world, Clock())
    assert len(in_state(stage, State.REQUESTED)) == CHUNK
    assert await no_report(stage)


async def _pause(stage: Stage) -> None:
    await control.pause(stage.another(), NOW, actor="ada", reason="hold on")


async def test_a_lease_or_a_look_at_the_gates_stops_nothing(stage: Stage) -> None:
    await set_up(stage, SOAKING, 3)

    async def renew() -> None:
        rollouts = stage.another().rollouts
        stored = await rollouts.current()
        assert stored is not None
        await rollouts.renew(stored, Lease("timer", NOW + timedelta(minutes=5)))

    stage.turns.at("directory.everybody", renew)
    await reconcile(stage.world, Clock())
    assert in_state(stage, State.REQUESTED) == ids([1, 2, 3])


async def test_conflicts_in_the_ledger_end_it_and_the_next_one_does_the_rest(
    stage: Stage,
) -> None:
    await set_up(stage, SOAKING, 3)
    stage.turns.fail("ledger.amend", LedgerConflict("others"))
    await reconcile(stage.world, Clock())
    assert await no_report(stage)
    await reconcile(stage.world, Clock())
    assert in_state(stage, State.REQUESTED) == ids([1, 2, 3])
    assert (await report_of(stage)).added == 3


async def test_an_abort_at_any_moment_leaves_nobody_asked_for() -> None:
    async def aborted(meanwhile: Meanwhile) -> None:
        stage, clock = await staged(SOAKING, 3), Clock()
        meanwhile.act = lambda: _abort(stage)
        await reconcile(process(stage, meanwhile), clock)
        if not meanwhile.came:
            return
        # Where it had ended by then, the abort itself has called everybody off.
        assert in_state(stage, State.REQUESTED) == frozenset()
        await write_all(stage, NOW)
        assert stage.scope == frozenset()

    for meanwhile in meanwhiles():
        await aborted(meanwhile)
    assert meanwhile.number > 20


async def _all_in_once(stage: Stage, clock: Clock) -> None:
    await write_all(stage, clock())
    assert stage.scope == ids([1, 2, 3])
    for number in (1, 2, 3):
        person: Enrolment = await stage.person(number)
        assert [step.state for step in person.steps] == [State.REQUESTED, State.APPLIED]


async def test_an_expansion_at_any_moment_of_a_reconciliation_puts_everybody_in_once() -> None:
    async def expanded(meanwhile: Meanwhile) -> None:
        stage, clock = await staged(planned_of(PILOT, EARLY), 4), Clock()
        meanwhile.act = lambda: advance(stage, clock)
        await reconcile(process(stage, meanwhile), clock)
        await advance(stage, clock)
        assert audited(stage) == ["test", "begin-wave", "soak"]
        await _all_in_once(stage, clock)

    for meanwhile in meanwhiles():
        await expanded(meanwhile)


async def test_a_reconciliation_at_any_moment_of_an_expansion_changes_nothing_of_it() -> None:
    async def reconciled(meanwhile: Meanwhile) -> None:
        stage, clock = await staged(planned_of(PILOT, EARLY), 4), Clock()
        meanwhile.act = lambda: reconcile(stage.another(), clock)
        await advance_rollout(process(stage, meanwhile), clock)
        rollout = await rollout_of(stage)
        assert (rollout.phase, rollout.started) == (Phase.SOAKING, 1)
        assert audited(stage) == ["test", "begin-wave", "soak"]
        await _all_in_once(stage, clock)

    for meanwhile in meanwhiles():
        await reconciled(meanwhile)


@pytest.mark.parametrize("pattern", [(0, 1), (1, 0, 0), (0, 1, 1), (0, 1, 0, 0, 1, 1, 1)])
async def test_an_expansion_and_a_reconciliation_in_step(pattern: tuple[int, ...]) -> None:
    stage, clock = await staged(standing(OF, Phase.PROGRESSING, 1), 4), Clock()
    await in_step(
        pattern,
        lambda pause: advance_rollout(process(stage, pause), clock),
        lambda pause: reconcile(process(stage, pause), clock),
    )
    assert (await rollout_of(stage)).phase is Phase.SOAKING
    await _all_in_once(stage, clock)


async def test_one_that_dies_anywhere_is_ended_by_the_next() -> None:
    async def dies(death: Death) -> None:
        stage, clock = await staged(standing(REPAIRING, Phase.SOAKING, 1), 9), Clock()
        await let_in(stage, 1, 2, 8)
        stage.tenant.put(replace(stage.tenant.people[an_id(8)], guest=True))
        stage.tenant.leave(SCOPE, an_id(1))
        stage.tenant.join(SCOPE, an_id(9))
        try:
            await reconcile(process(stage, death), clock)
        except ProcessDied:
            clock.advance(HOUR)
            await reconcile(stage.another(), clock)
        assert states(stage) == {
            an_id(1): State.REQUESTED,
            an_id(2): State.VISIBLE,
            an_id(3): State.REQUESTED,
            an_id(8): State.WITHDRAWING,
            an_id(9): State.WITHDRAWING,
        }
        assert (await report_of(stage)).at == clock()

    for death in deaths():
        await dies(death)
    assert death.number > 20


async def test_a_second_look_at_a_world_that_is_right_changes_nothing(stage: Stage) -> None:
    await set_up(stage, SOAKING, 3)
    clock = Clock()
    await reconcile(stage.world, clock)
    await write_all(stage, NOW)
    clock.advance(DAY)
    before = [await stage.person(number) for number in (1, 2, 3)]
    await reconcile(stage.world, clock)
    assert [await stage.person(number) for number in (1, 2, 3)] == before
    assert queued(stage) == {}
    report = await report_of(stage)
    assert (report.added, report.removed, report.kept) == (0, 0, 3)


async def test_a_leaver_is_taken_out_once_their_last_day_is_over(stage: Stage) -> None:
    """Given a message of theirs that was lost, when the day is over, then the ledger knows it."""
    populate(stage, 3)
    await stage.applies(SOAKING)
    await let_in(stage, 1, 2, 3)
    leaves_at = NOW + 5 * DAY
    leaving = replace(
        member(1, State.VISIBLE), exclusion=Exclusion(Reason.OFFBOARDED, "hr", begins=leaves_at)
    )
    await stage.store(leaving)

    await reconcile(stage.world, Clock(leaves_at - HOUR))
    assert (await stage.person(1)).state is State.VISIBLE
    await reconcile(stage.world, Clock(leaves_at))
    assert (await stage.person(1)).state is State.WITHDRAWING
