"""The rollout's clock: one step at a time, whoever else acts meanwhile and wherever it dies."""

from datetime import timedelta
from itertools import product

import pytest

from shared.domain.errors import DirectoryUnavailable
from shared.domain.person.enrolment import State
from shared.domain.person.reasons import Reason
from shared.domain.rollout.state import Lease, PauseReason, Phase
from shared.use_cases.rollout import control
from shared.use_cases.rollout.advance_rollout import advance_rollout
from shared.use_cases.tick import tick
from tests.support.course import (
    Clock,
    advance,
    audited,
    gated,
    ids,
    in_state,
    member,
    planned_of,
    populate,
    queued,
    ring,
    rollout_of,
    staged,
    standing,
    states,
    ungated,
    write_all,
)
from tests.support.enrolments import NOW, reasons
from tests.support.processes import (
    Death,
    Meanwhile,
    ProcessDied,
    deaths,
    in_step,
    meanwhiles,
    process,
)
from tests.support.stage import Stage
from tests.support.waves import CLOSED, SOAK, document, wave

PILOT, EARLY = ungated("pilot", 1, 2, 3), ungated("early", 4, 5, 6)
PLANNED = planned_of(PILOT, EARLY)
SOAKING = standing(document(PILOT, EARLY), Phase.SOAKING, 1)


async def test_before_a_document_is_applied_nothing_happens(stage: Stage) -> None:
    populate(stage, 3)
    await advance_rollout(stage.world, Clock())
    assert stage.turns.points == ["rollouts.current"]


@pytest.mark.parametrize("phase", [Phase.PAUSED, Phase.ABORTED, Phase.COMPLETED])
async def test_a_rollout_that_is_not_on_its_way_is_left_alone(phase: Phase) -> None:
    stage = await staged(standing(document(PILOT), phase, 1), 3)
    await advance_rollout(stage.world, Clock())
    assert stage.turns.points == ["rollouts.current"]
    assert states(stage) == {}


async def test_the_first_wave_begins_and_its_people_are_asked_for() -> None:
    stage, clock = await staged(PLANNED, 6), Clock()
    await advance_rollout(stage.world, clock)
    rollout = await rollout_of(stage)
    assert (rollout.phase, rollout.started, rollout.lease) == (Phase.SOAKING, 1, None)
    assert rollout.reason == "3 people were asked for"
    assert in_state(stage, State.REQUESTED) == ids([1, 2, 3])
    assert queued(stage) == dict.fromkeys(ids([1, 2, 3]), 1)
    assert audited(stage) == ["test", "begin-wave", "soak"]
    await write_all(stage, clock())
    assert stage.scope == ids([1, 2, 3])


async def test_one_person_is_told_of_as_one() -> None:
    stage = await staged(planned_of(ungated("pilot", 1)), 1)
    await advance_rollout(stage.world, Clock())
    assert (await rollout_of(stage)).reason == "1 person was asked for"


async def test_a_closed_calendar_is_waited_for() -> None:
    stage = await staged(planned_of(wave("pilot", selection=ring(1), calendar=CLOSED)), 1)
    await advance_rollout(stage.world, Clock())
    assert (await rollout_of(stage)).phase is Phase.PLANNED
    assert states(stage) == {}


async def test_a_wave_soaks_and_then_the_next_one_begins_and_the_last_one_completes() -> None:
    stage, clock = await staged(PLANNED, 6), Clock()
    for expected in (3, 3, 6, 6):
        await advance_rollout(stage.world, clock)
        assert len(in_state(stage, State.REQUESTED)) == expected
        clock.advance(SOAK / 2)
    clock.advance(SOAK)
    await advance_rollout(stage.world, clock)
    rollout = await rollout_of(stage)
    assert (rollout.phase, rollout.actor) == (Phase.COMPLETED, "clock")
    assert audited(stage)[-1] == "complete"


async def test_a_wave_with_gates_is_looked_at_before_the_next_one_begins() -> None:
    of = document(gated("pilot", 1), EARLY)
    stage = await staged(standing(of, Phase.SOAKING, 1), 6)
    clock = Clock(NOW + SOAK)
    await stage.store(member(1, State.APPLIED))
    await advance_rollout(stage.world, clock)
    assert (await rollout_of(stage)).started == 1
    await stage.store(member(1, State.VISIBLE))
    clock.advance(of.evaluate_every)
    await advance_rollout(stage.world, clock)
    assert (await rollout_of(stage)).started == 2
    assert in_state(stage, State.REQUESTED) == ids([4, 5, 6])


async def test_whoever_expands_the_wave_is_not_disturbed_until_their_lease_is_over() -> None:
    lease = Lease("another timer", NOW + timedelta(minutes=5))
    stage = await staged(standing(document(PILOT), Phase.PROGRESSING, 1, lease=lease), 3)
    clock = Clock()
    await advance_rollout(stage.world, clock)
    assert (await rollout_of(stage)).lease == lease
    assert states(stage) == {}
    clock.now = lease.until
    await advance_rollout(stage.world, clock)
    assert (await rollout_of(stage)).phase is Phase.SOAKING
    assert in_state(stage, State.REQUESTED) == ids([1, 2, 3])


# Two timers at once


async def _one_wave_was_begun(stage: Stage, clock: Clock) -> None:
    rollout = await rollout_of(stage)
    assert (rollout.phase, rollout.started, rollout.lease) == (Phase.SOAKING, 1, None)
    assert audited(stage) == ["test", "begin-wave", "soak"]
    await write_all(stage, clock())
    assert stage.scope == ids([1, 2, 3])
    for number in (1, 2, 3):
        assert reasons(await stage.person(number)) == [Reason.IN_WAVE, Reason.ADDED]


async def test_two_timers_at_once_begin_one_wave_and_put_nobody_in_twice() -> None:
    async def second_timer_during_the_first(meanwhile: Meanwhile) -> None:
        stage, clock = await staged(PLANNED, 6), Clock()
        meanwhile.act = lambda: advance(stage, clock)
        await advance_rollout(process(stage, meanwhile), clock)
        await _one_wave_was_begun(stage, clock)

    for meanwhile in meanwhiles():
        await second_timer_during_the_first(meanwhile)
    assert meanwhile.number > 20


async def test_a_timer_that_was_taken_for_dead_finds_that_another_has_gone_on() -> None:
    async def its_lease_is_over(meanwhile: Meanwhile) -> None:
        stage, clock = await staged(PLANNED, 6), Clock()

        async def stand_still() -> None:
            clock.advance(stage.world.limits.lease)
            await advance(stage, clock)

        meanwhile.act = stand_still
        await advance_rollout(process(stage, meanwhile), clock)
        await _one_wave_was_begun(stage, clock)

    for meanwhile in meanwhiles():
        await its_lease_is_over(meanwhile)


@pytest.mark.parametrize("pattern", list(product((0, 1), repeat=5)))
async def test_two_timers_in_step_begin_one_wave(pattern: tuple[int, ...]) -> None:
    stage, clock = await staged(PLANNED, 6), Clock()
    await in_step(
        pattern,
        lambda pause: advance_rollout(process(stage, pause), clock),
        lambda pause: advance_rollout(process(stage, pause), clock),
    )
    await _one_wave_was_begun(stage, clock)


async def test_two_timers_at_once_complete_a_rollout_once() -> None:
    async def second_timer_during_the_first(meanwhile: Meanwhile) -> None:
        stage, clock = await staged(standing(document(PILOT), Phase.SOAKING, 1), 3), Clock()
        clock.advance(SOAK)
        meanwhile.act = lambda: advance(stage, clock)
        await advance_rollout(process(stage, meanwhile), clock)
        assert (await rollout_of(stage)).phase is Phase.COMPLETED
        assert audited(stage) == ["test", "complete"]

    for meanwhile in meanwhiles():
        await second_timer_during_the_first(meanwhile)


# An operator at any moment


async def test_an_abort_at_any_moment_leaves_nobody_in() -> None:
    async def aborted(meanwhile: Meanwhile) -> None:
        stage, clock = await staged(PLANNED, 6), Clock()
        meanwhile.act = lambda: control.abort(
            stage.another(), clock(), actor="ada", reason="enough"
        )
        await advance_rollout(process(stage, meanwhile), clock)
        if not meanwhile.came:
            return
        rollout = await rollout_of(stage)
        assert (rollout.phase, rollout.actor) == (Phase.ABORTED, "ada")
        await tick(stage.another(), clock)
        await write_all(stage, clock())
        assert stage.scope == frozenset()
        assert in_state(stage, State.REQUESTED) == frozenset()

    for meanwhile in meanwhiles():
        await aborted(meanwhile)


async def test_a_pause_at_any_moment_holds_and_resuming_puts_in_whoever_is_missing() -> None:
    async def paused(meanwhile: Meanwhile) -> None:
        stage, clock = await staged(PLANNED, 6), Clock()
        meanwhile.act = lambda: control.pause(
            stage.another(), clock(), actor="ada", reason="hold on"
        )
        await advance_rollout(process(stage, meanwhile), clock)
        if not meanwhile.came:
            return
        rollout = await rollout_of(stage)
        assert rollout.phase is Phase.PAUSED
        assert rollout.pause is not None
        assert rollout.pause.reason is PauseReason.BY_OPERATOR
        before = states(stage)
        await advance(stage, clock)
        assert states(stage) == before
        await control.resume(stage.another(), clock(), actor="ada", reason="go on")
        await advance(stage, clock)
        await write_all(stage, clock())
        assert stage.scope == ids([1, 2, 3])
        assert (await rollout_of(stage)).started == 1

    for meanwhile in meanwhiles():
        await paused(meanwhile)


async def test_a_restart_at_any_moment_begins_the_first_wave_anew_with_the_same_people() -> None:
    async def restarted(meanwhile: Meanwhile) -> None:
        stage, clock = await staged(SOAKING, 6), Clock(NOW + SOAK)
        await stage.store(*(member(number, State.EFFECTIVE) for number in (1, 2, 3)))
        meanwhile.act = lambda: control.restart(
            stage.another(), clock(), actor="ada", reason="once more"
        )
        await advance_rollout(process(stage, meanwhile), clock)
        if not meanwhile.came:
            return
        assert "restart" in audited(stage)
        await advance(stage, clock)
        rollout = await rollout_of(stage)
        assert (rollout.phase, rollout.started) == (Phase.SOAKING, 1)
        assert in_state(stage, State.EFFECTIVE) == ids([1, 2, 3])

    for meanwhile in meanwhiles():
        await restarted(meanwhile)


# Deaths and outages


async def test_an_expansion_that_dies_anywhere_is_taken_up_by_the_next_tick() -> None:
    async def taken_up(death: Death) -> None:
        stage, clock = await staged(PLANNED, 6), Clock()
        try:
            await advance_rollout(process(stage, death), clock)
        except ProcessDied:
            clock.advance(stage.world.limits.lease)
        await tick(stage.another(), clock)
        rollout = await rollout_of(stage)
        assert (rollout.phase, rollout.started, rollout.lease) == (Phase.SOAKING, 1, None)
        await write_all(stage, clock())
        assert stage.scope == ids([1, 2, 3])
        assert audited(stage) == ["test", "begin-wave", "soak"]

    for death in deaths():
        await taken_up(death)
    assert death.number > 20


@pytest.mark.parametrize(
    "call",
    [
        "directory.administrator_ids",
        "directory.group_member_ids",
        "directory.everybody",
        "directory.find_people",
    ],
)
async def test_while_graph_is_away_nobody_is_put_in_and_the_next_tick_goes_on_at_once(
    call: str,
) -> None:
    # Somebody who is in and not listed is asked for by name.
    stage, clock = await staged(standing(document(PILOT), Phase.PROGRESSING, 1), 3), Clock()
    await stage.store(member(7, State.VISIBLE))
    stage.turns.fail(call, DirectoryUnavailable("Graph is away"))
    with pytest.raises(DirectoryUnavailable):
        await advance_rollout(stage.world, clock)
    rollout = await rollout_of(stage)
    assert (rollout.phase, rollout.lease) == (Phase.PROGRESSING, None)
    assert in_state(stage, State.REQUESTED) == frozenset()
    await advance_rollout(stage.world, clock)
    assert in_state(stage, State.REQUESTED) == ids([1, 2, 3])
