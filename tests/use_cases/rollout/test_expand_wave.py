"""A wave is expanded chunk by chunk: what happens between two chunks counts."""

from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.typing import EventDict

from shared.adapters.memory.turns import Turns
from shared.domain.errors import LedgerConflict
from shared.domain.person.enrolment import Enrolment, State
from shared.domain.person.reasons import Reason
from shared.domain.rollout.document import Limit, Share
from shared.domain.rollout.progress import next_move
from shared.domain.rollout.state import Lease, PauseReason, Phase
from shared.ports.rollouts import StoredRollout
from shared.use_cases.onboarding.override_person import exclude
from shared.use_cases.rollout import control
from shared.use_cases.rollout.advance_rollout import advance_rollout
from shared.use_cases.rollout.carry_out import CHUNK
from shared.use_cases.rollout.expand_wave import ExpandWave
from shared.use_cases.rollout.reconcile import reconcile
from shared.use_cases.writing.follow_up import follow_up
from tests.support.course import (
    Clock,
    advance,
    audited,
    ids,
    in_state,
    member,
    planned_of,
    queued,
    rollout_of,
    set_up,
    staged,
    standing,
    states,
    ungated,
    write_all,
)
from tests.support.enrolments import HOUR, NOW
from tests.support.processes import Death, ProcessDied, deaths, process
from tests.support.stage import Stage, an_id, said
from tests.support.waves import document, gate, wave

PEOPLE = CHUNK + 20
EVERYONE = wave("all", selection=Share(1.0))
PLANNED = planned_of(EVERYONE)
PILOT = ungated("pilot", 1, 2, 3)
PROGRESSING = standing(document(PILOT), Phase.PROGRESSING, 1)
SECOND_CHUNK = 2
"""The lease is renewed that often before the one that goes before the second chunk."""


async def expand(stage: Stage, clock: Clock) -> None:
    """One run through the wave by somebody who lets every error out."""
    stored = await stage.another().rollouts.current()
    assert stored is not None
    move = next_move(stored.rollout, None, clock())
    await ExpandWave(stage.world, clock, "timer")(stored, move)


async def pause(stage: Stage) -> None:
    await control.pause(stage.another(), NOW, actor="ada", reason="hold on")


async def abort(stage: Stage) -> None:
    await control.abort(stage.another(), NOW, actor="ada", reason="enough")


async def renewed(stage: Stage) -> StoredRollout:
    """The rollout after somebody else has taken it."""
    rollouts = stage.another().rollouts
    stored = await rollouts.current()
    assert stored is not None
    return await rollouts.renew(stored, Lease("another timer", NOW + timedelta(days=1)))


async def test_a_wave_larger_than_a_chunk_is_put_in_wholly(stage: Stage) -> None:
    await set_up(stage, PLANNED, PEOPLE)
    await expand(stage, Clock())
    assert len(in_state(stage, State.REQUESTED)) == PEOPLE
    assert stage.turns.points.count("ledger.amend") == 2
    assert (await rollout_of(stage)).reason == f"{PEOPLE} people were asked for"


async def test_a_pause_between_two_chunks_adds_nobody_more(stage: Stage) -> None:
    clock = Clock()
    await set_up(stage, PLANNED, PEOPLE)
    stage.turns.at("rollouts.renew", lambda: pause(stage), skip=SECOND_CHUNK)
    await advance_rollout(stage.world, clock)
    assert len(in_state(stage, State.REQUESTED)) == CHUNK
    assert (await rollout_of(stage)).phase is Phase.PAUSED
    await control.resume(stage.another(), NOW, actor="ada", reason="go on")
    await advance(stage, clock)
    assert len(in_state(stage, State.REQUESTED)) == PEOPLE
    assert audited(stage) == ["test", "begin-wave", "pause", "resume", "soak"]


async def test_an_abort_between_two_chunks_adds_nobody_more_and_calls_the_first_off(
    stage: Stage,
) -> None:
    clock = Clock()
    await set_up(stage, PLANNED, PEOPLE)
    stage.turns.at("rollouts.renew", lambda: abort(stage), skip=SECOND_CHUNK)
    await advance_rollout(stage.world, clock)
    assert len(states(stage)) == CHUNK
    assert set(states(stage).values()) == {State.WITHDRAWING}
    await write_all(stage, NOW)
    await follow_up(stage.world, NOW + HOUR)
    assert stage.scope == frozenset()
    assert set(states(stage).values()) == {State.WITHDRAWN}


async def test_an_abort_while_a_chunk_is_stored_is_heeded_after_it(stage: Stage) -> None:
    clock = Clock()
    await set_up(stage, PLANNED, PEOPLE)
    stage.turns.at("ledger.amend commit", lambda: abort(stage), skip=10)
    await advance_rollout(stage.world, clock)
    assert len(states(stage)) == CHUNK
    assert in_state(stage, State.REQUESTED) == frozenset()
    await write_all(stage, NOW)
    assert stage.scope == frozenset()


async def test_an_abort_between_the_listing_and_the_first_chunk_puts_nobody_in(
    stage: Stage,
) -> None:
    clock = Clock()
    await set_up(stage, PLANNED, 3)
    stage.turns.at("rollouts.replace", lambda: abort(stage))
    await advance_rollout(stage.world, clock)
    rollout = await rollout_of(stage)
    assert (rollout.phase, rollout.started) == (Phase.ABORTED, 0)
    assert states(stage) == {}


async def test_a_gate_that_fails_between_two_chunks_pauses_the_rollout(
    stage: Stage,
    signals: list[EventDict],
) -> None:
    of = document(wave("all", gate("backlog", threshold=0), selection=Share(1.0)))
    clock = Clock()
    await set_up(stage, planned_of(*of.waves), PEOPLE)

    async def somebody_is_overdue() -> None:
        clock.advance(of.evaluate_every)
        late = await stage.person(min(states(stage)))
        await stage.store(replace(late, flag=Reason.NOT_WRITTEN))

    stage.turns.at("ledger.amend done", somebody_is_overdue)
    await advance_rollout(stage.world, clock)
    rollout = await rollout_of(stage)
    assert rollout.pause is not None
    assert rollout.pause.reason is PauseReason.GATE_FAILED
    assert rollout.lease is None
    assert len(states(stage)) == CHUNK
    assert [one["gate"] for one in said(signals, "gate-failed")] == ["backlog"]


async def test_the_lease_lasts_from_one_chunk_to_the_next(stage: Stage) -> None:
    clock = Clock()
    await set_up(stage, PLANNED, PEOPLE)
    seen: list[Lease | None] = []

    async def look() -> None:
        seen.append((await rollout_of(stage)).lease)
        clock.advance(stage.world.limits.lease / 2)

    stage.turns.at("ledger.amend", look)
    stage.turns.at("ledger.amend", look)
    await expand(stage, clock)
    until = [lease.until - NOW for lease in seen if lease]
    assert until == [stage.world.limits.lease, stage.world.limits.lease * 1.5]
    assert (await rollout_of(stage)).lease is None


async def test_who_is_taken_for_dead_stops_before_the_next_chunk_and_leaves_the_lease_alone(
    stage: Stage,
) -> None:
    await set_up(stage, PLANNED, PEOPLE)
    stage.turns.at("rollouts.renew", lambda: renewed(stage), skip=SECOND_CHUNK)
    with pytest.raises(LedgerConflict):
        await expand(stage, Clock())
    assert len(states(stage)) == CHUNK
    lease = (await rollout_of(stage)).lease
    assert lease is not None
    assert lease.holder == "another timer"


async def test_a_crash_gives_the_lease_back(stage: Stage) -> None:
    await set_up(stage, PLANNED, 3)
    stage.turns.fail("ledger.amend", ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        await expand(stage, Clock())
    assert (await rollout_of(stage)).lease is None


async def test_where_the_lease_cannot_be_given_back_the_first_error_is_the_one_raised(
    stage: Stage,
) -> None:
    await set_up(stage, PLANNED, 3)

    async def fail() -> None:
        stage.turns.fail("rollouts.current", ConnectionError("gone"))
        raise ZeroDivisionError

    stage.turns.at("ledger.amend", fail)
    with pytest.raises(ZeroDivisionError):
        await expand(stage, Clock())
    assert (await rollout_of(stage)).lease is not None


# What the plan says


@pytest.mark.parametrize("forced", [False, True])
async def test_a_wave_that_would_add_too_many_pauses_unless_the_plan_was_forced(
    stage: Stage, forced: bool, signals: list[EventDict]
) -> None:
    of = document(EVERYONE, additions=Limit(share=0.5))
    await set_up(stage, replace(planned_of(EVERYONE), document=of, forced=forced), 20)
    await expand(stage, Clock())
    rollout = await rollout_of(stage)
    assert rollout.lease is None
    if forced:
        assert rollout.phase is Phase.SOAKING
        assert len(states(stage)) == 20
        return
    assert rollout.pause is not None
    assert rollout.pause.reason is PauseReason.UNSAFE_PLAN
    assert rollout.pause.detail == "20 of 20 people, more than the 50% allowed"
    assert states(stage) == {}
    assert said(signals, "plan-unsafe") == [{"problem": f"additions: {rollout.pause.detail}"}]


async def test_who_is_still_on_the_way_out_is_awaited_and_put_in_once_they_are(
    stage: Stage,
) -> None:
    clock = Clock()
    await set_up(stage, PROGRESSING, 3)
    await stage.store(member(2, State.WITHDRAWING))
    await advance_rollout(stage.world, clock)
    rollout = await rollout_of(stage)
    assert (rollout.phase, rollout.lease) == (Phase.PROGRESSING, None)
    assert in_state(stage, State.REQUESTED) == ids([1, 3])
    await stage.store(member(2, State.WITHDRAWN))
    await advance_rollout(stage.world, clock)
    assert (await rollout_of(stage)).phase is Phase.SOAKING
    assert in_state(stage, State.REQUESTED) == ids([1, 2, 3])


LATE = member(2, State.WITHDRAWING, flag=Reason.WORKER_SILENT, claims=())
"""Somebody of the pilot who has been on the way out for too long."""


async def test_nobody_waits_for_whom_the_way_out_takes_too_long_and_they_are_put_in_later(
    stage: Stage,
) -> None:
    clock = Clock()
    await set_up(stage, PROGRESSING, 3)
    await stage.store(LATE)
    await advance_rollout(stage.world, clock)
    rollout = await rollout_of(stage)
    assert rollout.phase is Phase.SOAKING
    assert rollout.reason == (
        "2 people were asked for; 1 person has been on the way out for too long, to be put in once "
        "they are out"
    )
    late = await stage.person(2)
    assert (late.state, late.flag) == (State.WITHDRAWING, Reason.WORKER_SILENT)
    assert queued(stage).keys() == ids([1, 3])
    await stage.store(late.moved(State.WITHDRAWN, Reason.SEEN_GONE, NOW))
    await reconcile(stage.another(), clock)
    assert in_state(stage, State.REQUESTED) == ids([1, 2, 3])


async def test_who_is_late_out_is_of_the_wave_for_its_gates(
    stage: Stage, signals: list[EventDict]
) -> None:
    of = document(wave("pilot", gate("backlog", threshold=0), selection=PILOT.selection))
    clock = Clock()
    await set_up(stage, standing(of, Phase.PROGRESSING, 1), 3)
    await stage.store(LATE)
    await advance_rollout(stage.world, clock)
    assert (await rollout_of(stage)).phase is Phase.SOAKING
    clock.advance(of.evaluate_every)
    await advance_rollout(stage.world, clock)
    rollout = await rollout_of(stage)
    assert rollout.pause is not None
    assert rollout.pause.reason is PauseReason.GATE_FAILED
    assert rollout.pause.detail == (
        "gate backlog failed: 1 person is overdue to be written; at most 0 may be"
    )
    assert [one["gate"] for one in said(signals, "gate-failed")] == ["backlog"]


async def test_as_long_as_somebody_else_is_awaited_the_wave_is_too(stage: Stage) -> None:
    await set_up(stage, PROGRESSING, 3)
    await stage.store(LATE, member(3, State.WITHDRAWING, claims=()))
    await advance_rollout(stage.world, Clock())
    assert (await rollout_of(stage)).phase is Phase.PROGRESSING
    assert (await stage.person(2)).claims == member(2, State.VISIBLE).claims
    assert (await stage.person(3)).claims == ()


async def test_who_is_kept_out_or_has_come_in_meanwhile_is_not_claimed_as_late(
    stage: Stage,
) -> None:
    await set_up(stage, PROGRESSING, 3)
    late = replace(LATE, key=an_id(3), user=member(3, State.VISIBLE).user)
    await stage.store(LATE, late)

    async def others() -> None:
        await exclude(an_id(2), stage.another(), NOW, actor="ada", reason="on leave", until=None)
        await stage.store(late.moved(State.WITHDRAWN, Reason.SEEN_GONE, NOW))

    stage.turns.at("ledger.amend", others, skip=1)
    await advance_rollout(stage.world, Clock())
    assert ((await stage.person(2)).claims, (await stage.person(3)).claims) == ((), ())


async def test_one_that_dies_while_it_claims_who_is_late_is_taken_up_by_the_next() -> None:
    async def dies(death: Death) -> None:
        stage, clock = await staged(PROGRESSING, 3), Clock()
        await stage.store(LATE)
        try:
            await advance_rollout(process(stage, death), clock)
        except ProcessDied:
            clock.advance(stage.world.limits.lease)
            await advance(stage, clock)
        assert (await rollout_of(stage)).phase is Phase.SOAKING
        assert (await stage.person(2)).claims == member(2, State.VISIBLE).claims

    for death in deaths():
        await dies(death)
    assert death.number > 15


async def test_a_later_wave_reaches_at_least_as_far_as_the_one_before(stage: Stage) -> None:
    waves = wave("half", selection=Share(0.5)), wave("all", selection=Share(1.0))
    clock = Clock()
    await set_up(stage, planned_of(*waves), 30)
    await advance_rollout(stage.world, clock)
    half = in_state(stage, State.REQUESTED)
    assert 0 < len(half) < 30
    clock.advance(waves[0].soak)
    await advance_rollout(stage.world, clock)
    assert in_state(stage, State.REQUESTED) == ids(range(1, 31))
    claims = {(await stage.person(key)).claims[0].cause.reference for key in half}
    assert claims == {"half"}


async def test_who_is_excluded_between_the_listing_and_their_chunk_stays_out(stage: Stage) -> None:
    await set_up(stage, PROGRESSING, 3)

    async def keep_out() -> None:
        await exclude(an_id(2), stage.another(), NOW, actor="ada", reason="on leave", until=None)

    stage.turns.at("ledger.amend", keep_out)
    await expand(stage, Clock())
    assert in_state(stage, State.REQUESTED) == ids([1, 3])
    assert (await stage.person(2)).state is State.EXCLUDED


# Conflicts in the ledger


async def _touch(stage: Stage, key: str) -> None:
    """Somebody else changes a person, and so the partition."""

    def once_more(_: str, current: Enrolment | None) -> Enrolment:
        known = current or member(0, State.EXCLUDED, key=key)
        return replace(known, attempts=known.attempts + 1)

    await stage.another().ledger.amend([key], once_more, actor="other", now=NOW)


async def test_a_conflict_in_the_middle_of_a_chunk_has_those_people_decided_about_again(
    stage: Stage,
) -> None:
    await set_up(stage, PLANNED, 60)
    stage.turns.at("ledger.amend commit", lambda: _touch(stage, an_id(1)))
    stage.turns.at("ledger.amend commit", lambda: _touch(stage, an_id(2)))
    await expand(stage, Clock())
    wanted = ids(range(1, 61))
    assert in_state(stage, State.REQUESTED) | in_state(stage, State.EXCLUDED) == wanted
    assert {key for key, times in queued(stage).items() if times == 1} <= wanted


async def test_conflicts_beyond_the_limit_end_the_tick_and_the_next_one_does_the_rest(
    stage: Stage,
) -> None:
    of = document(ungated("pilot", 1))
    clock = Clock()
    await set_up(stage, standing(of, Phase.PROGRESSING, 1), 1)
    for _ in range(10):
        stage.turns.at("ledger.amend commit", lambda: _touch(stage, an_id(1)))
    await advance_rollout(stage.world, clock)
    rollout = await rollout_of(stage)
    assert (rollout.phase, rollout.lease) == (Phase.PROGRESSING, None)
    await advance_rollout(stage.world, clock)
    assert (await rollout_of(stage)).phase is Phase.SOAKING
    assert in_state(stage, State.REQUESTED) == ids([1])


# Cut off in the second chunk; a death at every point of a small wave stands with advance_rollout


@pytest.mark.parametrize(
    "point", ["rollouts.renew", "ledger.amend commit", "outbox.send_scope_changes"]
)
async def test_one_that_is_cut_off_at_the_second_chunk_is_taken_up_where_it_was(
    stage: Stage, point: str
) -> None:
    await set_up(stage, PLANNED, PEOPLE)
    clock = Clock()
    passes = {"rollouts.renew": 2, "ledger.amend commit": 30, "outbox.send_scope_changes": 1}

    async def end() -> None:
        raise ProcessDied(point)

    turns = Turns()
    turns.at(point, end, skip=passes[point])
    with pytest.raises(ProcessDied):
        await advance_rollout(process(stage, turns), clock)
    assert len(in_state(stage, State.REQUESTED)) >= CHUNK
    # It gave the lease back before it was gone: the next tick need not wait for that to end.
    await advance_rollout(stage.world, clock)
    assert (await rollout_of(stage)).phase is Phase.SOAKING
    assert len(in_state(stage, State.REQUESTED)) == PEOPLE
    assert audited(stage) == ["test", "begin-wave", "soak"]
