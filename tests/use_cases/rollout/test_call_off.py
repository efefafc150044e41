"""What an aborted rollout had asked for is undone, if nobody has written it."""

from dataclasses import replace

import pytest

from shared.contracts.api.operation_orders import RollbackOrder
from shared.domain.errors import LedgerConflict
from shared.domain.person.enrolment import Cause, CauseKind, Claim, State, Step
from shared.domain.person.reasons import Reason
from shared.domain.rollout.state import Phase
from shared.use_cases.rollout.advance_rollout import advance_rollout
from shared.use_cases.rollout.call_off import call_off_if_aborted
from shared.use_cases.rollout.carry_out import CHUNK
from shared.use_cases.rollout.control import abort, resume
from shared.use_cases.rollout.roll_back import roll_back
from shared.use_cases.writing.follow_up import follow_up
from tests.support.course import (
    Clock,
    asks,
    ids,
    in_state,
    member,
    queued,
    set_up,
    staged,
    standing,
    states,
    ungated,
    write_all,
)
from tests.support.enrolments import HOUR, NOW
from tests.support.processes import Death, ProcessDied, deaths, process
from tests.support.stage import Stage, an_id
from tests.support.waves import document

OF = document(ungated("pilot", 1, 2, 3))
ABORTED = standing(OF, Phase.ABORTED, 1)
EVENT = Claim(Cause(CauseKind.EVENT, "event-1", "hr"))


@pytest.mark.parametrize("phase", [one for one in Phase if one is not Phase.ABORTED])
async def test_as_long_as_the_rollout_is_not_aborted_nothing_is_called_off(
    stage: Stage, phase: Phase
) -> None:
    await set_up(stage, standing(OF, phase, 1), 3)
    await stage.store(member(1, State.REQUESTED))
    await call_off_if_aborted(stage.world, NOW)
    assert states(stage) == {an_id(1): State.REQUESTED}


async def test_before_the_first_rollout_there_is_nothing_to_call_off(stage: Stage) -> None:
    await stage.store(member(1, State.REQUESTED))
    await call_off_if_aborted(stage.world, NOW)
    assert states(stage) == {an_id(1): State.REQUESTED}


async def test_whom_only_the_rollout_wants_and_nobody_has_written_is_taken_back(
    stage: Stage,
) -> None:
    written = member(2, State.REQUESTED, steps=(Step(NOW, State.APPLIED, Reason.ADDED),))
    asked_by_event = replace(member(3, State.REQUESTED), claims=(EVENT,))
    await set_up(stage, ABORTED, 3)
    await stage.store(member(1, State.REQUESTED), written, asked_by_event)
    await stage.store(member(4, State.WAITING), member(5, State.EFFECTIVE))
    await call_off_if_aborted(stage.world, NOW)
    assert in_state(stage, State.WITHDRAWING) == ids([1, 4])
    assert in_state(stage, State.REQUESTED) == ids([2, 3])
    assert in_state(stage, State.EFFECTIVE) == ids([5])
    assert (await stage.person(1)).reason is Reason.CALLED_OFF
    assert (await stage.person(1)).claims == ()


async def test_who_was_in_once_and_out_since_is_called_off_like_everybody_else(
    stage: Stage,
) -> None:
    """Given a wave that was rolled back, when it is resumed and aborted, all stay out."""
    await set_up(stage, standing(OF, Phase.PROGRESSING, 1), 3)
    clock = Clock()
    await advance_rollout(stage.another(), clock)
    await write_all(stage, clock.now)
    await follow_up(stage.another(), clock.now)
    assert stage.scope == ids([1, 2, 3])
    order = RollbackOrder(wave="pilot", reason="a mistake")
    seen = await roll_back(order, asks(order, "look"), stage.another(), clock.now)
    order = RollbackOrder(wave="pilot", reason="a mistake", plan=seen.fingerprint)
    await roll_back(order, asks(order, "do"), stage.another(), clock.now)
    await write_all(stage, clock.now)
    await follow_up(stage.another(), clock.now)
    assert in_state(stage, State.WITHDRAWN) == ids([1, 2, 3])

    clock.advance(2 * HOUR)
    await resume(stage.another(), clock.now, actor="ada", reason="mended")
    await advance_rollout(stage.another(), clock)
    assert in_state(stage, State.REQUESTED) == ids([1, 2, 3])
    await abort(stage.another(), clock.now, actor="ada", reason="for good")
    await write_all(stage, clock.now)
    assert (stage.scope, in_state(stage, State.REQUESTED)) == (frozenset(), frozenset())


async def test_many_are_called_off_in_chunks(stage: Stage) -> None:
    await set_up(stage, ABORTED, 0)
    await stage.store(*(member(number, State.REQUESTED) for number in range(CHUNK + 3)))
    await call_off_if_aborted(stage.world, NOW)
    assert set(states(stage).values()) == {State.WITHDRAWING}
    assert stage.turns.points.count("ledger.amend") == 2
    assert len(queued(stage)) == CHUNK + 3


async def test_whoever_is_written_meanwhile_is_not_called_off(stage: Stage) -> None:
    await set_up(stage, ABORTED, 3)
    await stage.store(member(1, State.REQUESTED))
    stage.turns.at("ledger.amend read", lambda: stage.store(member(1, State.APPLIED)))
    await call_off_if_aborted(stage.world, NOW)
    assert states(stage) == {an_id(1): State.APPLIED}


async def test_where_others_keep_changing_the_same_people_the_next_tick_tries_again(
    stage: Stage,
) -> None:
    await set_up(stage, ABORTED, 3)
    await stage.store(member(1, State.REQUESTED))
    stage.turns.fail("ledger.amend", LedgerConflict("others"))
    with pytest.raises(LedgerConflict):
        await call_off_if_aborted(stage.world, NOW)
    await call_off_if_aborted(stage.world, NOW)
    assert states(stage) == {an_id(1): State.WITHDRAWING}


async def test_calling_off_that_dies_anywhere_is_ended_by_the_next() -> None:
    async def dies(death: Death) -> None:
        stage = await staged(ABORTED, 3)
        await stage.store(*(member(number, State.REQUESTED) for number in (1, 2, 3)))
        try:
            await call_off_if_aborted(process(stage, death), NOW)
        except ProcessDied:
            await call_off_if_aborted(stage.another(), NOW)
        assert in_state(stage, State.WITHDRAWING) == ids([1, 2, 3])
        # Whose message was never sent is queued again by the follow-up.
        await follow_up(stage.another(), NOW + HOUR)
        await write_all(stage, NOW + HOUR)
        # There was nothing to remove, which is believed once it is seen.
        await follow_up(stage.another(), NOW + 2 * HOUR)
        assert in_state(stage, State.WITHDRAWN) == ids([1, 2, 3])

    for death in deaths():
        await dies(death)
