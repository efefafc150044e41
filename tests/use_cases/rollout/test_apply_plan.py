"""A plan that was shown is applied: that one and no other, once, wherever it dies."""

import json
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from shared.contracts.api.operation_orders import ApplyOrder
from shared.contracts.api.plan_views import AppliedView
from shared.contracts.api.words import OperationState
from shared.domain.errors import (
    DirectoryUnavailable,
    LedgerConflict,
    NotPossible,
    UnsafePlan,
    WorldChanged,
)
from shared.domain.person.enrolment import Cause, CauseKind, Claim, Provenance, State
from shared.domain.rollout.state import Phase
from shared.use_cases.message import Message
from shared.use_cases.rollout import control
from shared.use_cases.rollout.operate import run_operations
from shared.use_cases.rollout.reconcile import reconcile
from tests.support.course import (
    Clock,
    advance,
    applies,
    ask,
    asks,
    audited,
    ids,
    in_state,
    member,
    operation_of,
    plans,
    populate,
    put_into_force,
    queued,
    ring_text,
    rollout_of,
    shown,
    states,
    text_of,
    write_all,
)
from tests.support.enrolments import HOUR, NOW, SCOPE
from tests.support.processes import (
    Death,
    Meanwhile,
    ProcessDied,
    deaths,
    in_step,
    meanwhiles,
    process,
)
from tests.support.stage import Stage, a_stage, an_id

POPULATION = "5c09e000-0000-0000-0000-0000000000aa"
PILOT = text_of(ring_text("pilot", 1, 2))
EXCLUDING = text_of(ring_text("pilot", 1, 2), exclude={"people": [an_id(3)]})


async def apply(stage: Stage, fingerprint: str, key: str = "apply-1", **force: Any) -> None:
    await applies(ApplyOrder(plan=fingerprint, **force), stage.world, key)


async def test_the_document_is_put_into_force_and_the_clock_does_the_rest(stage: Stage) -> None:
    populate(stage, 3)
    fingerprint = await shown(stage, PILOT)
    await apply(stage, fingerprint)
    rollout = await rollout_of(stage)
    assert (rollout.phase, rollout.version, rollout.actor) == (Phase.PLANNED, 1, "ada")
    assert (rollout.applied_by, rollout.reason) == ("apply-1", f"plan {fingerprint[:12]}")
    assert stage.storage.documents == {1: PILOT}
    assert audited(stage) == ["apply", "remember-members"]
    assert states(stage) == {}
    await advance(stage, Clock())
    await write_all(stage, NOW)
    assert stage.scope == ids([1, 2])


async def test_who_was_in_the_group_before_is_remembered_and_never_touched(stage: Stage) -> None:
    populate(stage, 3)
    stage.tenant.join(SCOPE, an_id(3))
    await apply(stage, await shown(stage, PILOT))
    person = await stage.person(3)
    assert (person.state, person.provenance) == (State.VISIBLE, Provenance.PREEXISTING)
    assert person.cause == Cause(CauseKind.FOUND, "in the group before the rollout", "ada")
    await advance(stage, Clock())
    await reconcile(stage.another(), Clock())
    await write_all(stage, NOW)
    assert stage.scope == ids([1, 2, 3])


async def test_whom_others_put_in_under_a_rollout_is_drift_also_after_the_same_is_applied_again(
    stage: Stage,
) -> None:
    populate(stage, 3)
    await apply(stage, await shown(stage, PILOT))
    stage.tenant.join(SCOPE, an_id(3))
    await apply(stage, await shown(stage, PILOT), key="apply-2")
    assert an_id(3) not in states(stage)
    await reconcile(stage.another(), Clock())
    found = await stage.world.rollouts.reconciliation()
    assert found is not None
    assert list(found.added_by_hand) == [an_id(3)]


async def test_who_is_second_does_not_leave_their_text_for_the_first_ones_version(
    stage: Stage,
) -> None:
    populate(stage, 3)
    mine, theirs = await shown(stage, PILOT), await shown(stage, EXCLUDING)
    stage.turns.at("directory.administrator_ids", lambda: apply(stage, theirs, key="theirs"))
    with pytest.raises(LedgerConflict):
        await apply(stage, mine, key="mine")
    assert stage.storage.documents == {1: EXCLUDING}


async def test_whom_the_product_put_in_before_the_first_rollout_stays_its_own(
    stage: Stage,
) -> None:
    populate(stage, 5)
    by_event = (Claim(Cause(CauseKind.EVENT, "event-1", "hr")),)
    await stage.store(
        member(3, State.VISIBLE, claims=by_event),
        member(4, State.WITHDRAWN, claims=()),
        member(5, State.FAILED, claims=(), provenance=Provenance.UNKNOWN),
    )
    stage.tenant.join(SCOPE, *ids([3, 4, 5]))
    await apply(stage, await shown(stage, PILOT))
    provenances = [(await stage.person(number)).provenance for number in (3, 4, 5)]
    assert provenances == [Provenance.OURS, Provenance.OURS, Provenance.PREEXISTING]


async def test_whom_an_event_asks_for_while_members_are_remembered_stays_ours(
    stage: Stage,
) -> None:
    populate(stage, 3)
    stage.tenant.join(SCOPE, an_id(3))
    stage.turns.at("ledger.amend read", lambda: stage.store(member(3, State.REQUESTED)))
    await apply(stage, await shown(stage, PILOT))
    person = await stage.person(3)
    assert (person.state, person.provenance) == (State.REQUESTED, Provenance.OURS)


async def test_whom_the_document_no_longer_wants_is_taken_out(stage: Stage) -> None:
    populate(stage, 3)
    await put_into_force(stage, PILOT)
    await stage.store(member(1, State.VISIBLE), member(3, State.VISIBLE, "gone"))
    stage.tenant.join(SCOPE, *ids([1, 3]))
    await apply(stage, await shown(stage, EXCLUDING), "apply-2")
    assert in_state(stage, State.WITHDRAWING) == ids([3])
    assert queued(stage).keys() == ids([3])
    rollout = await rollout_of(stage)
    assert (rollout.version, rollout.applied_by) == (2, "apply-2")
    assert stage.storage.documents == {1: PILOT, 2: EXCLUDING}


async def test_who_comes_to_the_group_after_the_first_version_was_not_there_before(
    stage: Stage,
) -> None:
    populate(stage, 3)
    await put_into_force(stage, PILOT)
    stage.tenant.join(SCOPE, an_id(3))
    await apply(stage, await shown(stage, EXCLUDING), "apply-2")
    assert states(stage) == {}


# Whoever was there before, whatever comes in between

REPAIRING = text_of(ring_text("pilot", 1, 2), drift={"addedByHand": "repair"})
THERE_BEFORE = (3, 4)


async def with_members(text: str = REPAIRING) -> tuple[Stage, Message]:
    """Two are in the group before anybody came; the message has the first document applied."""
    stage = a_stage()
    populate(stage, 4)
    stage.tenant.join(SCOPE, *ids(THERE_BEFORE))
    order = ApplyOrder(plan=await shown(stage, text))
    return stage, await ask(stage, asks(order, "apply-1"))


async def are_remembered(stage: Stage, clock: Clock) -> None:
    """Hours of reconciliations take out nobody who was there before, and each of them is known."""
    for _ in range(3):
        await reconcile(stage.another(), clock)
        await write_all(stage, clock.now)
        clock.advance(HOUR)
    assert ids(THERE_BEFORE) <= stage.scope
    for number in THERE_BEFORE:
        assert (await stage.person(number)).provenance is Provenance.PREEXISTING


@pytest.mark.parametrize("comes_again", [True, False])
async def test_one_that_dies_anywhere_and_a_reconciliation_take_out_nobody_who_was_there_before(
    comes_again: bool,
) -> None:
    """Whether the message comes again, or is given up and an operator has to ask anew."""

    async def dies(death: Death) -> None:
        stage, message = await with_members()
        clock = Clock()
        try:
            await run_operations([message], process(stage, death), NOW)
        except ProcessDied:
            await reconcile(stage.another(), clock)
            await write_all(stage, NOW)
            if comes_again or stage.storage.rollout is None:
                await run_operations([message], stage.another(), NOW)
        await are_remembered(stage, clock)

    for death in deaths():
        await dies(death)
    assert death.number > 20


async def test_a_reconciliation_at_any_moment_of_it_takes_nobody_for_a_stranger() -> None:
    async def reconciled(meanwhile: Meanwhile) -> None:
        stage, message = await with_members()
        clock = Clock()
        meanwhile.act = lambda: reconcile(stage.another(), clock)
        await run_operations([message], process(stage, meanwhile), NOW)
        await are_remembered(stage, clock)

    for meanwhile in meanwhiles():
        await reconciled(meanwhile)
    assert meanwhile.number > 20


async def test_where_one_was_given_up_the_same_can_be_planned_and_applied_and_then_drift_is_found(
    stage: Stage,
) -> None:
    """Given 40 who were there before, then the plan does not take them for 40 removals."""
    populate(stage, 43)
    before = ids(range(3, 43))
    stage.tenant.join(SCOPE, *before)
    stage.turns.fail("ledger.amend", RuntimeError("out of memory"))
    with pytest.raises(RuntimeError):
        await apply(stage, await shown(stage, REPAIRING))
    again = await plans(REPAIRING, stage.world)
    assert (again.unsafe, again.drift) == ((), ())
    await apply(stage, again.fingerprint, "apply-2")
    stage.tenant.join(SCOPE, an_id(43))
    await reconcile(stage.another(), Clock(NOW + HOUR))
    await write_all(stage, NOW + HOUR)
    assert stage.scope == before
    remembered = await stage.another().ledger.load(before)
    assert {one.provenance for one in remembered.values()} == {Provenance.PREEXISTING}


# What is refused


async def test_a_plan_that_nobody_was_shown_is_not_applied(stage: Stage) -> None:
    with pytest.raises(NotPossible, match="plan again"):
        await apply(stage, "0" * 64)
    assert stage.turns.points == ["plans.find"]


async def test_what_has_changed_since_is_told_in_numbers(stage: Stage) -> None:
    populate(stage, 2)
    fingerprint = await shown(stage, text_of({"name": "all", "percent": 100}))
    stage.arrive(3)
    await stage.store(member(9, State.VISIBLE))
    with pytest.raises(WorldChanged) as changed:
        await apply(stage, fingerprint)
    assert "3 additions instead of 2" in str(changed.value)
    assert "1 removals instead of 0" in str(changed.value)
    assert "people kept" not in str(changed.value)
    assert stage.storage.rollout is None
    assert states(stage) == {an_id(9): State.VISIBLE}


async def test_so_many_other_people_are_another_plan(stage: Stage) -> None:
    populate(stage, 2)
    fingerprint = await shown(stage, text_of({"name": "all", "percent": 100}))
    stage.tenant.remove(an_id(2))
    stage.arrive(3)
    with pytest.raises(WorldChanged, match="other people"):
        await apply(stage, fingerprint)


async def test_an_unsafe_plan_is_applied_only_by_force_and_with_a_reason(stage: Stage) -> None:
    populate(stage, 12)
    text = text_of({"name": "all", "percent": 100}, safety={"additions": {"people": 5}})
    fingerprint = await shown(stage, text)
    with pytest.raises(UnsafePlan, match="12 people, more than the 5 allowed"):
        await apply(stage, fingerprint)
    with pytest.raises(UnsafePlan, match="give a reason"):
        await apply(stage, fingerprint, force=True, reason=" ")
    assert stage.storage.rollout is None
    await apply(stage, fingerprint, force=True, reason="agreed with the service desk")
    rollout = await rollout_of(stage)
    assert rollout.forced
    entry = json.loads(stage.storage.rollout_chain.records[-1].content)
    assert entry["reason"].endswith("forced: agreed with the service desk")


async def test_a_promotion_does_not_outlive_the_document_it_was_given_for(stage: Stage) -> None:
    populate(stage, 3)
    await put_into_force(stage, PILOT)
    await advance(stage, Clock())
    await control.promote(stage.another(), NOW, actor="ada", reason="now", skip_soak=True)
    await apply(stage, await shown(stage, EXCLUDING), "apply-2")
    assert not (await rollout_of(stage)).promoted


@pytest.mark.parametrize(
    "call", ["directory.administrator_ids", "directory.group_member_ids", "directory.everybody"]
)
async def test_while_graph_is_away_nothing_is_applied(stage: Stage, call: str) -> None:
    populate(stage, 2)
    fingerprint = await shown(stage, PILOT)
    stage.turns.fail(call, DirectoryUnavailable("Graph is away"))
    with pytest.raises(DirectoryUnavailable):
        await apply(stage, fingerprint)
    assert stage.storage.rollout is None


async def test_another_operator_who_is_first_is_not_written_over(stage: Stage) -> None:
    populate(stage, 3)
    fingerprint, other = await shown(stage, PILOT), await shown(stage, EXCLUDING)
    second = ApplyOrder(plan=other)
    stage.turns.at("rollouts.replace", lambda: applies(second, stage.another(), "apply-2"))
    with pytest.raises(LedgerConflict):
        await apply(stage, fingerprint)
    assert (await rollout_of(stage)).applied_by == "apply-2"
    # The same would still become of everybody: delivered again, it is the next version.
    await apply(stage, fingerprint)
    assert (await rollout_of(stage)).version == 2
    assert stage.storage.documents == {1: EXCLUDING, 2: PILOT}


# Delivered twice


async def prepared() -> tuple[Stage, str]:
    """One who was in before, one to be taken out, two to come; and the plan's fingerprint."""
    stage = a_stage()
    populate(stage, 4)
    await stage.store(member(3, State.VISIBLE, "gone", claims=()))
    stage.tenant.join(SCOPE, *ids([3, 4]))
    return stage, await shown(stage, PILOT)


async def applied_once(stage: Stage) -> None:
    """Everything is as if nothing had come in between."""
    operation = await operation_of(stage, "apply-1")
    assert operation.state is OperationState.SUCCEEDED
    assert isinstance(operation.result, AppliedView)
    assert operation.result.version == 1
    assert audited(stage) == ["apply", "remember-members"]
    assert stage.storage.documents == {1: PILOT}
    assert states(stage) == {an_id(3): State.WITHDRAWING, an_id(4): State.VISIBLE}
    assert (await stage.person(4)).provenance is Provenance.PREEXISTING


async def test_applied_twice_with_a_death_anywhere_it_is_applied_once() -> None:
    async def dies(death: Death) -> None:
        stage, fingerprint = await prepared()
        message = await ask(stage, asks(ApplyOrder(plan=fingerprint), "apply-1"))
        try:
            await run_operations([message], process(stage, death), NOW)
        except ProcessDied:
            await run_operations([message], stage.another(), NOW)
        await applied_once(stage)
        await run_operations([message], stage.another(), NOW)
        await applied_once(stage)

    for death in deaths():
        await dies(death)
    assert death.number > 20


async def test_delivered_to_two_at_once_it_is_applied_once() -> None:
    async def second_delivery_during_the_first(meanwhile: Meanwhile) -> None:
        stage, fingerprint = await prepared()
        message = await ask(stage, asks(ApplyOrder(plan=fingerprint), "apply-1"))
        meanwhile.act = lambda: run_operations([message], stage.another(), NOW)
        try:
            await run_operations([message], process(stage, meanwhile), NOW)
        except LedgerConflict:
            await run_operations([message], stage.another(), NOW)
        await applied_once(stage)

    for meanwhile in meanwhiles():
        await second_delivery_during_the_first(meanwhile)


@pytest.mark.parametrize("pattern", [(0, 1), (0, 0, 1), (0, 1, 1), (0, 0, 0, 0, 1, 1, 1, 1)])
async def test_two_that_apply_it_in_step_apply_it_once(pattern: tuple[int, ...]) -> None:
    stage, fingerprint = await prepared()
    message = await ask(stage, asks(ApplyOrder(plan=fingerprint), "apply-1"))
    # Whoever is second is to come again, unless the first has come to its end by then.
    with suppress(LedgerConflict):
        await in_step(
            pattern,
            lambda pause: run_operations([message], process(stage, pause), NOW),
            lambda pause: run_operations([message], process(stage, pause), NOW),
        )
    await run_operations([message], stage.another(), NOW)
    await applied_once(stage)


async def dies_once_in_force(stage: Stage, document: str) -> Message:
    """An apply whose process dies just after its document is in force."""

    async def die(point: str) -> None:
        if point == "rollouts.keep_document":
            raise ProcessDied(point)

    message = await ask(stage, asks(ApplyOrder(plan=await shown(stage, document)), "apply-a"))
    with suppress(ProcessDied):
        await run_operations([message], process(stage, die), NOW)
    assert (await rollout_of(stage)).applied_by == "apply-a"
    return message


async def test_a_late_copy_does_not_come_before_a_document_that_was_asked_for_later(
    stage: Stage,
) -> None:
    """Given two documents that put in the same people, then the newer one stays."""
    populate(stage, 3)
    message = await dies_once_in_force(stage, PILOT)
    newer = text_of({**ring_text("pilot", 1, 2), "soak": "9d"})
    order = ApplyOrder(plan=await shown(stage, newer))
    later = replace(asks(order, "apply-b"), requested_at=NOW + HOUR)
    await run_operations([await ask(stage, later)], stage.another(), NOW + HOUR)
    assert (await operation_of(stage, "apply-b")).state is OperationState.SUCCEEDED
    in_force = await rollout_of(stage)
    await run_operations([message], stage.another(), NOW + 2 * HOUR)
    late = await operation_of(stage, "apply-a")
    assert (late.state, "asked for later is current" in late.problem) == (
        OperationState.REFUSED,
        True,
    )
    assert await rollout_of(stage) == in_force


async def test_one_that_goes_on_after_a_death_takes_out_nobody_but_whom_it_showed(
    stage: Stage,
) -> None:
    """Given a group that somebody empties meanwhile, then reconciliation asks about its people."""
    everybody = {"name": "all", "percent": 100}
    populate(stage, 21)
    stage.tenant.join(POPULATION, *ids(range(1, 21)))
    before = text_of(everybody, population={"groups": [POPULATION]})
    await put_into_force(stage, before)
    await advance(stage, Clock())
    await write_all(stage, NOW)
    without_one = text_of(
        everybody,
        population={"groups": [POPULATION]},
        exclude={"people": [an_id(1)]},
    )
    message = await dies_once_in_force(stage, without_one)
    stage.tenant.groups[POPULATION].members.clear()
    stage.tenant.join(POPULATION, an_id(21))
    await run_operations([message], stage.another(), NOW + HOUR)
    assert (await operation_of(stage, "apply-a")).state is OperationState.SUCCEEDED
    assert in_state(stage, State.WITHDRAWING) == ids([1])
