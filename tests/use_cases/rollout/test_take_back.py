"""Whom a rolled-back wave claims all the same goes out: a chunk that was being stored meanwhile."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from structlog.typing import EventDict

from shared.adapters.memory.turns import Turns
from shared.contracts.api.operation_orders import RollbackOrder
from shared.domain.audit_mark import AuditMark
from shared.domain.person.enrolment import Cause, CauseKind, Claim, State
from shared.domain.person.reasons import Reason
from shared.domain.rollout.cohort import NOBODY
from shared.domain.rollout.document import Limit
from shared.domain.rollout.state import Pause, PauseReason, Phase
from shared.use_cases.rollout import control
from shared.use_cases.rollout.advance_rollout import advance_rollout
from shared.use_cases.rollout.reconcile import reconcile
from shared.use_cases.rollout.roll_back import roll_back
from shared.use_cases.writing.follow_up import follow_up
from shared.use_cases.writing.stop_and_start import carry_out_word, start, stop
from tests.support.course import (
    Clock,
    advance,
    asks,
    ids,
    in_state,
    member,
    planned_of,
    rollout_of,
    set_up,
    staged,
    standing,
    states,
    ungated,
    write_all,
)
from tests.support.enrolments import HOUR, NOW, SCOPE
from tests.support.processes import Death, Meanwhile, ProcessDied, deaths, meanwhiles, process
from tests.support.stage import Stage, an_id, said
from tests.support.waves import document

PILOT = ungated("pilot", 1, 2, 3)
OF = document(PILOT, ungated("early", 4))
PLANNED = planned_of(*OF.waves)
WHY = "wrong people"
BACK = standing(
    OF,
    Phase.PAUSED,
    1,
    rolled_back=frozenset({"pilot"}),
    pause=Pause(PauseReason.ROLLED_BACK, f"pilot: {WHY}", NOW, "ada", Phase.PROGRESSING),
)
"""The pilot has been rolled back while it was being put in."""
EVENT = Claim(Cause(CauseKind.EVENT, "event-1", "hr"))


async def rolls_back(stage: Stage, clock: Clock) -> None:
    """An operator has seen whom it concerns, and rolls the pilot back."""
    order = RollbackOrder(wave="pilot", reason=WHY)
    seen = await roll_back(order, asks(order, "look"), stage.another(), clock())
    order = RollbackOrder(wave="pilot", reason=WHY, plan=seen.fingerprint)
    await roll_back(order, asks(order), stage.another(), clock())


async def in_flight(stage: Stage, clock: Clock, *others: Callable[[], Awaitable[object]]) -> None:
    """The pilot is rolled back, and then the others act, while its people are being stored."""

    async def act() -> None:
        await rolls_back(stage, clock)
        for other in others:
            await other()

    turns = Turns()
    turns.at("ledger.amend", act)
    await advance_rollout(process(stage, turns), clock)
    assert not turns.unused()


async def let_in(stage: Stage, *numbers: int) -> None:
    """The pilot's people are in scope, and seen there."""
    await stage.store(*(member(number, State.VISIBLE) for number in numbers))
    stage.tenant.join(SCOPE, *ids(numbers))


async def why_out(stage: Stage) -> set[Reason]:
    """Why people are on the way out."""
    leaving = await stage.another().ledger.in_state([State.WITHDRAWING])
    return {one.reason for one in leaving}


async def test_the_chunk_of_an_expansion_that_dies_is_taken_back_by_the_next_tick() -> None:
    async def dies(death: Death) -> None:
        stage, clock = await staged(PLANNED, 4), Clock()
        chunk = 0

        async def pause(point: str) -> None:
            nonlocal chunk
            if point == "ledger.amend":
                chunk += 1
                if chunk == 1:
                    await rolls_back(stage, clock)
            if chunk:
                await death(point)

        try:
            await advance_rollout(process(stage, pause), clock)
        except ProcessDied:
            # Whom a writer was told of is in by then.
            await write_all(stage, clock())
            await advance(stage, clock)
        assert in_state(stage, State.REQUESTED, State.APPLIED, State.VISIBLE) == frozenset()
        clock.advance(HOUR)
        await follow_up(stage.another(), clock())
        await write_all(stage, clock())
        assert stage.scope == frozenset()

    for death in deaths():
        await dies(death)
    assert death.number > 10


async def test_what_a_rolled_back_wave_asked_for_is_not_held_against_the_limits(
    stage: Stage, signals: list[EventDict]
) -> None:
    many, clock = ungated("pilot", *range(1, 41)), Clock()
    await set_up(stage, planned_of(many), 60)
    await stage.store(*(member(number, State.VISIBLE).with_claim(EVENT) for number in (41, 42)))
    stage.tenant.join(SCOPE, *ids([41, 42]))
    await in_flight(stage, clock)
    await write_all(stage, clock())
    assert stage.scope == ids([41, 42])
    await reconcile(stage.another(), clock)
    pause = (await rollout_of(stage)).pause
    assert pause is not None
    assert pause.reason is PauseReason.ROLLED_BACK
    assert said(signals, "plan-unsafe") == []
    # Nobody of them was counted into the hour.
    assert await stage.another().write_control.hour() is None


@pytest.mark.parametrize("limit", [Limit(people=0), Limit(share=0.05)])
async def test_a_reconciliation_takes_out_whom_a_rolled_back_wave_claims_whatever_is_allowed(
    stage: Stage, limit: Limit, signals: list[EventDict]
) -> None:
    """Given people whom nobody has taken back, be it for a conflict, they go as rolled back."""
    clock = Clock()
    await set_up(stage, replace(BACK, document=replace(OF, removals=limit)), 60)
    await let_in(stage, *range(1, 41))
    await reconcile(stage.another(), clock)
    assert in_state(stage, State.WITHDRAWING) == ids(range(1, 41))
    assert await why_out(stage) == {Reason.ROLLED_BACK}
    await write_all(stage, clock())
    assert stage.scope == frozenset()
    assert said(signals, "plan-unsafe") == []


async def test_whom_a_chunk_stores_while_a_reconciliation_reads_is_no_danger_either(
    stage: Stage, signals: list[EventDict]
) -> None:
    clock = Clock()
    await set_up(stage, BACK, 60)
    turns = Turns()
    # The first totals are the status's; the second are read just before everybody is.
    turns.at("ledger.totals", lambda: let_in(stage, *range(1, 41)), skip=1)
    await reconcile(process(stage, turns), clock)
    assert not turns.unused()
    assert in_state(stage, State.WITHDRAWING) == ids(range(1, 41))
    assert await why_out(stage) == {Reason.ROLLED_BACK}
    assert said(signals, "plan-unsafe") == []


async def test_whom_a_reconciliation_stores_meanwhile_it_takes_back_itself(stage: Stage) -> None:
    """Given newcomers of the wave that soaks, they are stored just after its rollback."""
    clock = Clock()
    await set_up(stage, standing(OF, Phase.SOAKING, 1), 4)
    turns = Turns()
    turns.at("ledger.amend", lambda: rolls_back(stage, clock))
    await reconcile(process(stage, turns), clock)
    assert not turns.unused()
    assert in_state(stage, State.WITHDRAWING) == ids([1, 2, 3])
    await write_all(stage, clock())
    assert stage.scope == frozenset()


async def test_a_reconciliation_that_is_not_to_be_carried_out_takes_back_all_the_same(
    stage: Stage,
) -> None:
    """Given somebody else whose account is gone, and no removal allowed, the wave goes."""
    await set_up(stage, replace(BACK, document=replace(OF, removals=Limit(people=0))), 4)
    await stage.store(member(1, State.VISIBLE), member(9, State.VISIBLE, "early"))
    await reconcile(stage.another(), Clock())
    assert in_state(stage, State.WITHDRAWING) == ids([1])
    report = await stage.another().rollouts.reconciliation()
    assert report is not None
    assert report.problem == "removals: 1 people, more than the 0 allowed"


async def test_two_waves_are_taken_back_and_a_third_is_left(stage: Stage) -> None:
    waves = ungated("pilot", 1), ungated("early", 2), ungated("late", 3)
    back = replace(BACK, document=document(*waves), started=3, cuts=(NOBODY,) * 3)
    await set_up(stage, replace(back, rolled_back=frozenset({"pilot", "early"})), 9)
    await let_in(stage, 1)
    await stage.store(member(2, State.REQUESTED, "early"), member(3, State.VISIBLE, "late"))
    await advance(stage, Clock())
    assert in_state(stage, State.WITHDRAWING) == ids([1, 2])
    assert in_state(stage, State.VISIBLE) == ids([3])


async def test_whom_an_event_asks_for_as_well_stays_in_whatever_chunk_they_are_of(
    stage: Stage,
) -> None:
    clock = Clock()
    await set_up(stage, PLANNED, 4)

    async def event() -> None:
        await stage.store(replace(member(2, State.REQUESTED), claims=(EVENT,)))

    await in_flight(stage, clock, event)
    await write_all(stage, clock())
    assert stage.scope == ids([2])
    assert (await stage.person(2)).claims == (EVENT,)


async def test_while_all_is_stopped_nothing_is_written_and_a_start_puts_nobody_in(
    stage: Stage,
) -> None:
    clock = Clock()
    await set_up(stage, PLANNED, 4)
    await in_flight(
        stage, clock, lambda: stop(stage.another(), clock(), actor="ada", reason="wait")
    )
    await write_all(stage, clock())
    assert (stage.scope, in_state(stage, State.REQUESTED)) == (frozenset(), frozenset())
    await start(stage.another(), clock(), actor="ada", reason="go on")
    await carry_out_word(stage.another(), clock)
    await write_all(stage, clock())
    assert stage.scope == frozenset()
    assert in_state(stage, State.REQUESTED, State.APPLIED) == frozenset()


async def test_resumed_at_any_moment_of_taking_back_everybody_is_in_in_the_end() -> None:
    async def resumed(meanwhile: Meanwhile) -> None:
        stage, clock = await staged(BACK, 4), Clock()
        await stage.store(*(member(number, State.REQUESTED) for number in (1, 2, 3)))
        meanwhile.act = lambda: control.resume(
            stage.another(), clock(), actor="ada", reason="the right people after all"
        )
        await advance_rollout(process(stage, meanwhile), clock)
        if not meanwhile.came:
            return
        for _ in range(4):
            await write_all(stage, clock())
            clock.advance(HOUR)
            await follow_up(stage.another(), clock())
            await advance(stage, clock)
        await reconcile(stage.another(), clock)
        await write_all(stage, clock())
        assert stage.scope >= ids([1, 2, 3])

    for meanwhile in meanwhiles():
        await resumed(meanwhile)


async def test_by_a_ledger_that_is_older_than_the_world_nobody_is_taken_back(stage: Stage) -> None:
    await set_up(stage, BACK, 4)
    await stage.store(member(1, State.VISIBLE))
    ends = await stage.another().audit.ends()
    later = [replace(one, number=one.number + 1) for one in ends]
    await stage.another().audit_mark.keep(AuditMark(at=NOW, ends=tuple(later)))
    await advance(stage, Clock())
    assert states(stage) == {an_id(1): State.VISIBLE}
