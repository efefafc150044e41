"""A wave is rolled back: exactly its additions come out, once, however often it is delivered."""

import pytest
from structlog.typing import EventDict

from shared.contracts.api.operation_orders import RollbackOrder
from shared.contracts.api.plan_views import RollbackView
from shared.contracts.api.words import OperationState
from shared.domain.errors import NotPossible, WorldChanged
from shared.domain.person.enrolment import Cause, CauseKind, Claim, Enrolment, Provenance, State
from shared.domain.person.reasons import Reason
from shared.domain.rollout.state import PauseReason, Phase
from shared.ports.world import World
from shared.use_cases.rollout import control
from shared.use_cases.rollout.advance_rollout import advance_rollout
from shared.use_cases.rollout.carry_out import CHUNK
from shared.use_cases.rollout.operate import run_operations
from shared.use_cases.rollout.roll_back import MOST_NAMED, roll_back
from shared.use_cases.tick import tick
from tests.support.course import (
    Clock,
    advance,
    ask,
    asks,
    audited,
    ids,
    in_state,
    member,
    operation_of,
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
from tests.support.enrolments import HOUR, NOW, SCOPE, reasons
from tests.support.processes import (
    Death,
    Meanwhile,
    ProcessDied,
    deaths,
    in_step,
    meanwhiles,
    process,
)
from tests.support.stage import Stage, said
from tests.support.waves import document

OF = document(ungated("pilot", 1, 2, 3), ungated("early", 4))
SOAKING = standing(OF, Phase.SOAKING, 1)
WHY = "wrong people"


def by(kind: CauseKind) -> Claim:
    return Claim(Cause(kind, "another", "hr"))


def also_by(kind: CauseKind, number: int) -> Enrolment:
    """Somebody of the pilot whom something else wants as well."""
    pilot = member(number, State.VISIBLE)
    return pilot.with_claim(by(kind))


async def rolls_back(order: RollbackOrder, world: World) -> RollbackView:
    return await roll_back(order, asks(order), world, NOW)


async def look(stage: Stage, wave: str = "pilot") -> RollbackView:
    """Who would be taken out."""
    return await rolls_back(RollbackOrder(wave=wave, reason=WHY), stage.another())


async def agreed(stage: Stage, wave: str = "pilot") -> RollbackOrder:
    """The order of a rollback that an operator has seen."""
    seen = await look(stage, wave)
    return RollbackOrder(wave=wave, reason=WHY, plan=seen.fingerprint)


async def take_back(stage: Stage, wave: str = "pilot") -> RollbackView:
    """Look, and take out who was shown."""
    return await rolls_back(await agreed(stage, wave), stage.world)


async def let_in(stage: Stage, *numbers: int) -> None:
    """The pilot's people are in scope, and seen there."""
    await stage.store(*(member(number, State.VISIBLE) for number in numbers))
    stage.tenant.join(SCOPE, *ids(numbers))


# What is shown


async def test_a_look_names_who_would_go_and_who_would_stay_and_touches_nobody(
    stage: Stage,
) -> None:
    await set_up(stage, SOAKING, 9)
    await let_in(stage, 1, 2)
    await stage.store(
        also_by(CauseKind.EVENT, 3),
        also_by(CauseKind.OVERRIDE, 5),
        member(6, State.VISIBLE, provenance=Provenance.PREEXISTING),
        member(7, State.WITHDRAWN),
        member(8, State.VISIBLE, "early"),
    )
    before = states(stage)
    view = await look(stage)
    assert (view.removals, frozenset(view.departing)) == (2, ids([1, 2]))
    assert {one.reason: one.people for one in view.stays} == {
        "event": 1,
        "override": 1,
        "found": 1,
    }
    assert view.done is False
    assert states(stage) == before
    assert audited(stage) == ["test"]


async def test_only_the_first_few_hundred_are_named(stage: Stage) -> None:
    await set_up(stage, SOAKING, 0)
    await let_in(stage, *range(1, MOST_NAMED + 2))
    view = await look(stage)
    assert (view.removals, len(view.departing)) == (MOST_NAMED + 1, MOST_NAMED)


async def test_a_name_that_no_wave_has_is_a_mistake(stage: Stage) -> None:
    await set_up(stage, SOAKING, 1)
    with pytest.raises(NotPossible, match="no wave 'pilt'; there are pilot, early"):
        await look(stage, "pilt")


async def test_without_a_rollout_nothing_can_be_rolled_back(stage: Stage) -> None:
    with pytest.raises(NotPossible, match="there is no rollout"):
        await look(stage)


async def test_a_wave_of_an_earlier_document_is_rolled_back_as_well(stage: Stage) -> None:
    await set_up(stage, SOAKING, 5)
    await stage.store(member(5, State.VISIBLE, "long ago"))
    await take_back(stage, "long ago")
    assert in_state(stage, State.WITHDRAWING) == ids([5])


async def test_a_wave_of_an_earlier_document_that_is_out_already_is_no_unknown_name(
    stage: Stage,
) -> None:
    await set_up(stage, SOAKING, 5)
    await stage.store(member(5, State.VISIBLE, "long ago"))
    await take_back(stage, "long ago")
    view = await take_back(stage, "long ago")
    assert (view.removals, view.done) == (0, True)


# What is done


async def test_exactly_what_the_wave_added_comes_out(
    stage: Stage, signals: list[EventDict]
) -> None:
    await set_up(stage, SOAKING, 9)
    await let_in(stage, 1, 2)
    await stage.store(also_by(CauseKind.EVENT, 3), member(4, State.VISIBLE, "early"))
    view = await take_back(stage)
    assert (view.removals, view.done) == (2, True)
    assert in_state(stage, State.WITHDRAWING) == ids([1, 2])
    assert reasons(await stage.person(1))[-1] is Reason.ROLLED_BACK
    assert (await stage.person(3)).claims == (by(CauseKind.EVENT),)
    assert queued(stage).keys() == ids([1, 2])
    rollout = await rollout_of(stage)
    assert rollout.pause is not None
    assert (rollout.pause.reason, rollout.pause.detail) == (
        PauseReason.ROLLED_BACK,
        f"pilot: {WHY}",
    )
    assert said(signals, "wave-rolled-back") == [{"wave": "pilot", "people": 2}]
    await write_all(stage, NOW)
    assert stage.scope == frozenset()


async def test_a_claim_that_is_over_keeps_nobody_in(stage: Stage) -> None:
    await set_up(stage, SOAKING, 3)
    over = Claim(Cause(CauseKind.OVERRIDE, "for a week", "ada"), until=NOW)
    await stage.store(member(1, State.VISIBLE).with_claim(over))
    assert (await take_back(stage)).removals == 1


async def test_a_wave_larger_than_a_chunk_comes_out_wholly(stage: Stage) -> None:
    await set_up(stage, SOAKING, 0)
    await let_in(stage, *range(1, CHUNK + 3))
    await take_back(stage)
    assert len(in_state(stage, State.WITHDRAWING)) == CHUNK + 2


async def test_resuming_puts_the_same_people_in_again(stage: Stage) -> None:
    await set_up(stage, SOAKING, 3)
    await let_in(stage, 1, 2, 3)
    await take_back(stage)
    await write_all(stage, NOW)
    await advance(stage, Clock())
    assert stage.scope == frozenset()
    await control.resume(stage.another(), NOW, actor="ada", reason="the right people after all")
    await advance(stage, Clock())
    await write_all(stage, NOW)
    assert stage.scope == ids([1, 2, 3])


async def test_an_aborted_rollout_stays_aborted(stage: Stage) -> None:
    await set_up(stage, standing(OF, Phase.ABORTED, 1), 3)
    await let_in(stage, 1)
    await take_back(stage)
    rollout = await rollout_of(stage)
    assert (rollout.phase, rollout.rolled_back) == (Phase.ABORTED, frozenset({"pilot"}))
    assert in_state(stage, State.WITHDRAWING) == ids([1])


async def test_where_others_would_go_than_were_shown_nobody_does(stage: Stage) -> None:
    await set_up(stage, SOAKING, 3)
    await let_in(stage, 1)
    order = await agreed(stage)
    await let_in(stage, 2)
    with pytest.raises(WorldChanged, match="2 people would be taken out"):
        await rolls_back(order, stage.world)
    assert in_state(stage, State.WITHDRAWING) == frozenset()
    assert audited(stage) == ["test"]


async def test_who_is_only_asked_for_changes_nothing_of_what_was_shown(stage: Stage) -> None:
    await set_up(stage, SOAKING, 3)
    await let_in(stage, 1)
    order = await agreed(stage)
    await stage.store(member(2, State.REQUESTED))
    await rolls_back(order, stage.world)
    assert in_state(stage, State.WITHDRAWING) == ids([1, 2])


async def test_who_is_asked_for_between_the_look_and_the_mark_goes_as_well(stage: Stage) -> None:
    await set_up(stage, SOAKING, 3)
    await let_in(stage, 1)
    order = await agreed(stage)
    stage.turns.at("rollouts.replace", lambda: stage.store(member(2, State.REQUESTED)))
    await rolls_back(order, stage.world)
    assert in_state(stage, State.WITHDRAWING) == ids([1, 2])


async def test_who_is_claimed_by_an_event_meanwhile_stays(stage: Stage) -> None:
    await set_up(stage, SOAKING, 3)
    await let_in(stage, 1, 2)
    stage.turns.at("ledger.amend read", lambda: stage.store(also_by(CauseKind.EVENT, 2)))
    await take_back(stage)
    assert in_state(stage, State.WITHDRAWING) == ids([1])


async def test_a_wave_that_is_out_already_is_shown_as_it_is_now(stage: Stage) -> None:
    await set_up(stage, SOAKING, 3)
    await let_in(stage, 1)
    await take_back(stage)
    view = await take_back(stage)
    assert (view.removals, view.done) == (0, True)
    assert audited(stage) == ["test", "rollback"]


# Delivered twice, and others at any moment


async def rolled_back_once(stage: Stage) -> None:
    operation = await operation_of(stage)
    assert operation.state is OperationState.SUCCEEDED
    assert isinstance(operation.result, RollbackView)
    assert (operation.result.removals, operation.result.done) == (3, True)
    assert set(operation.result.departing) == ids([1, 2, 3])
    assert audited(stage) == ["test", "rollback"]
    assert in_state(stage, State.WITHDRAWING) == ids([1, 2, 3])
    for number in (1, 2, 3):
        assert reasons(await stage.person(number)) == [Reason.ROLLED_BACK]


async def test_delivered_twice_with_a_death_anywhere_it_is_done_once_and_tells_the_same() -> None:
    async def dies(death: Death) -> None:
        stage, clock = await staged(SOAKING, 3), Clock()
        await let_in(stage, 1, 2, 3)
        message = await ask(stage, asks(await agreed(stage)))
        try:
            await run_operations([message], process(stage, death), clock())
        except ProcessDied:
            await run_operations([message], stage.another(), clock())
        await rolled_back_once(stage)
        # Whose message was never sent is queued again by the follow-up.
        clock.advance(HOUR)
        await tick(stage.another(), clock)
        await write_all(stage, clock())
        assert stage.scope == frozenset()

    for death in deaths():
        await dies(death)
    assert death.number > 15


async def test_one_of_an_earlier_document_whose_answer_was_lost_is_not_refused_for_its_name() -> (
    None
):
    async def dies(death: Death) -> None:
        stage = await staged(SOAKING, 5)
        await stage.store(*(member(number, State.VISIBLE, "long ago") for number in (1, 2, 3)))
        message = await ask(stage, asks(await agreed(stage, "long ago")))
        try:
            await run_operations([message], process(stage, death), NOW)
        except ProcessDied:
            await run_operations([message], stage.another(), NOW)
        await rolled_back_once(stage)

    for death in deaths():
        await dies(death)
    assert death.number > 15


async def test_delivered_again_after_a_resume_it_takes_nobody_out_once_more() -> None:
    """Given one that was said, and whose answer was lost, the resume is the last word."""
    seen = 0

    async def dies(death: Death) -> None:
        nonlocal seen
        stage, clock = await staged(SOAKING, 3), Clock()
        await let_in(stage, 1, 2, 3)
        message = await ask(stage, asks(await agreed(stage)))
        try:
            await run_operations([message], process(stage, death), clock())
        except ProcessDied:
            result = (await operation_of(stage)).result
            if not (isinstance(result, RollbackView) and result.done):
                return
        else:
            return
        seen += 1
        await control.resume(stage.another(), clock(), actor="ada", reason="the right people")
        for _ in range(3):
            await write_all(stage, clock())
            clock.advance(HOUR)
            await tick(stage.another(), clock)
        assert stage.scope == ids([1, 2, 3])
        await run_operations([message], stage.another(), clock())
        await write_all(stage, clock())
        assert stage.scope == ids([1, 2, 3])
        assert (await rollout_of(stage)).rolled_back == frozenset()
        operation = await operation_of(stage)
        assert (operation.state, operation.problem) == (OperationState.SUCCEEDED, "")

    for death in deaths():
        await dies(death)
    assert seen > 5


async def test_delivered_to_two_at_once_nobody_is_taken_out_twice() -> None:
    async def second_delivery_during_the_first(meanwhile: Meanwhile) -> None:
        stage = await staged(SOAKING, 3)
        await let_in(stage, 1, 2, 3)
        message = await ask(stage, asks(await agreed(stage)))
        meanwhile.act = lambda: run_operations([message], stage.another(), NOW)
        await run_operations([message], process(stage, meanwhile), NOW)
        assert in_state(stage, State.WITHDRAWING) == ids([1, 2, 3])
        assert audited(stage)[:2] == ["test", "rollback"]
        for number in (1, 2, 3):
            assert reasons(await stage.person(number)) == [Reason.ROLLED_BACK]

    for meanwhile in meanwhiles():
        await second_delivery_during_the_first(meanwhile)


@pytest.mark.parametrize("pattern", [(0, 1), (0, 0, 1), (0, 1, 1), (0, 0, 0, 1, 1, 1)])
async def test_two_that_take_it_back_in_step_take_nobody_out_twice(
    pattern: tuple[int, ...],
) -> None:
    stage = await staged(SOAKING, 3)
    await let_in(stage, 1, 2, 3)
    message = await ask(stage, asks(await agreed(stage)))
    await in_step(
        pattern,
        lambda pause: run_operations([message], process(stage, pause), NOW),
        lambda pause: run_operations([message], process(stage, pause), NOW),
    )
    assert in_state(stage, State.WITHDRAWING) == ids([1, 2, 3])
    for number in (1, 2, 3):
        assert reasons(await stage.person(number)) == [Reason.ROLLED_BACK]


async def test_rolled_back_at_any_moment_of_an_expansion_nobody_of_the_wave_stays() -> None:
    async def rolled_back(meanwhile: Meanwhile) -> None:
        stage, clock = await staged(planned_of(*OF.waves), 4), Clock()
        order = await agreed(stage)
        meanwhile.act = lambda: rolls_back(order, stage.another())
        await advance_rollout(process(stage, meanwhile), clock)
        if not meanwhile.came:
            return
        rollout = await rollout_of(stage)
        assert (rollout.phase, rollout.rolled_back) == (Phase.PAUSED, frozenset({"pilot"}))
        # The expansion itself has taken back whom its last chunk asked for after that.
        assert in_state(stage, State.WITHDRAWING) == states(stage).keys()
        await write_all(stage, clock())
        assert stage.scope == frozenset()

    for meanwhile in meanwhiles():
        await rolled_back(meanwhile)
