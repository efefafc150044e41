"""A ledger that is older than the world stops whatever writes, and asks before it goes on."""

import copy
import json
from contextlib import suppress
from dataclasses import replace

import pytest
from structlog.typing import EventDict

from shared.contracts.api.operation_orders import RecoverOrder
from shared.contracts.api.plan_views import RecoveryView
from shared.contracts.api.words import OperationState
from shared.contracts.messages.directory_stop import DirectoryStop
from shared.contracts.messages.queues import DIRECTORY_COMMANDS
from shared.domain.errors import NotPossible, WorldChanged
from shared.domain.person.enrolment import Cause, CauseKind, Claim, Provenance, State
from shared.domain.person.policy import SourceOfAuthority
from shared.domain.rollout.document import DriftAction
from shared.domain.rollout.state import PauseReason, Phase, pause
from shared.domain.rollout.writing import StopReason
from shared.ports.operations import Operation
from shared.use_cases.rollout import control
from shared.use_cases.rollout.operate import run_operations
from shared.use_cases.rollout.reconcile import reconcile
from shared.use_cases.rollout.recover import recover
from shared.use_cases.tick import tick
from shared.use_cases.views.describe_writing import describe_writing
from shared.use_cases.writing.apply_scope_changes import apply_scope_changes
from shared.use_cases.writing.stop_and_start import start, stop
from tests.support.course import (
    Clock,
    ids,
    member,
    queued,
    rollout_of,
    set_up,
    standing,
    ungated,
    write_all,
)
from tests.support.enrolments import DAY, HOUR, NOW, SCOPE
from tests.support.processes import ProcessDied, deaths, process
from tests.support.stage import Stage, an_id, messages, said
from tests.support.waves import document

OF = replace(
    document(ungated("pilot", 1, 2, 3, 4), ungated("early", 9)),
    on_removed_by_hand=DriftAction.REPAIR,
    on_added_by_hand=DriftAction.REPAIR,
)
SOAKING = standing(OF, Phase.SOAKING, 1)
LATER = NOW + DAY
REASON = "restored from the copy of Sunday"


async def lived(stage: Stage) -> object:
    """A pilot of three is in, and the ledger is copied; then 3 leaves, and 4 comes in."""
    await set_up(stage, SOAKING, 4)
    await stage.store(*(member(number, State.VISIBLE) for number in (1, 2, 3)))
    stage.tenant.join(SCOPE, *ids([1, 2, 3]))
    kept = copy.deepcopy(stage.storage)
    await stage.store(member(3, State.WITHDRAWN, claims=()), member(4, State.VISIBLE))
    stage.tenant.leave(SCOPE, an_id(3))
    stage.tenant.join(SCOPE, an_id(4))
    await tick(stage.world, Clock(NOW))
    return kept


def restore(stage: Stage, kept: object) -> None:
    """The tables are those of the copy again; what is outside of them is not."""
    for name in ("partitions", "rollout", "rollout_chain", "writing", "writing_chain"):
        setattr(stage.storage, name, getattr(kept, name))


def an_operation(plan: str | None = None) -> Operation:
    order = RecoverOrder(reason=REASON, plan=plan)
    return Operation(key="op-1", actor="ada", requested_at=LATER, order=order)


async def asked(stage: Stage, plan: str | None = None) -> RecoveryView:
    operation = an_operation(plan)
    assert isinstance(operation.order, RecoverOrder)
    return await recover(operation.order, operation, stage.world, LATER)


async def hired(stage: Stage, number: int) -> None:
    """An event of after the restoration asks for somebody."""
    stage.arrive(number)
    cause = Cause(CauseKind.EVENT, f"hire-{number}", "hr")
    await stage.store(
        member(
            number,
            State.REQUESTED,
            since=LATER,
            cause=cause,
            claims=(Claim(cause),),
            provenance=Provenance.UNKNOWN,
        )
    )


async def word(stage: Stage) -> StopReason | None:
    stored = await stage.another().write_control.current()
    return stored.writing.stop if stored else None


async def test_the_same_ledger_goes_on_however_much_it_has_recorded(stage: Stage) -> None:
    await lived(stage)
    await stage.store(member(2, State.EFFECTIVE))
    await tick(stage.world, Clock(NOW + HOUR))
    assert await word(stage) is None
    mark = stage.outside.mark
    assert mark is not None
    assert mark.is_at(await stage.another().audit.ends())


async def test_an_older_ledger_stops_everything_that_writes_and_says_why(
    stage: Stage, signals: list[EventDict]
) -> None:
    restore(stage, await lived(stage))
    await tick(stage.world, Clock(LATER))
    assert await word(stage) is StopReason.LEDGER_OLDER
    (told, *_) = said(signals, "writing-stopped")
    assert told["reason"] == "ledger-older"
    stored = await stage.another().write_control.current()
    assert stored is not None
    assert (
        "the ledger does not know what it recorded until 2026-03-02T08:00" in stored.writing.reason
    )


@pytest.mark.parametrize("first", ["reconcile", "write"])
async def test_a_process_that_begins_with_it_writes_nothing_before_the_clock_has_looked(
    stage: Stage, first: str
) -> None:
    restore(stage, await lived(stage))
    before = stage.scope
    process_of_its_own = stage.another()
    if first == "reconcile":
        await reconcile(process_of_its_own, Clock(LATER))
    else:
        stage.arrive(7)
        await stage.store(member(7, State.REQUESTED))
        change = {
            "schema": "sspr-rollout/scope-change/1",
            "changeKey": "c",
            "personKeys": [an_id(7)],
        }
        await apply_scope_changes(messages(change), process_of_its_own, LATER)
    assert stage.scope == before
    assert queued(stage) == {}


async def test_a_ledger_that_went_on_from_a_copy_is_another_one_although_it_is_longer(
    stage: Stage,
) -> None:
    restore(stage, await lived(stage))
    for round_ in range(3):
        await stage.store(*(member(n, State.EFFECTIVE, reissues=round_) for n in (1, 2, 3, 4)))
    await tick(stage.world, Clock(LATER))
    assert await word(stage) is StopReason.LEDGER_OLDER


async def test_a_lost_table_is_an_older_ledger(stage: Stage) -> None:
    await lived(stage)
    stage.storage.rollout = None
    stage.storage.rollout_chain.records.clear()
    await tick(stage.world, Clock(LATER))
    assert await word(stage) is StopReason.LEDGER_OLDER
    view = await asked(stage)
    assert (view.has_rollout, view.additions, view.gone, view.unknown) == (False, 0, 0, 0)


async def test_nothing_but_a_recovery_ends_it_and_no_other_word_hides_it(stage: Stage) -> None:
    restore(stage, await lived(stage))
    await tick(stage.world, Clock(LATER))
    await stop(stage.world, LATER, actor="bob", reason="to be sure")
    assert await word(stage) is StopReason.LEDGER_OLDER
    with pytest.raises(NotPossible, match="sspr recover shows what differs"):
        await start(stage.world, LATER, actor="bob", reason="on")


async def test_it_shows_who_is_gone_and_who_is_unknown_and_changes_nothing(stage: Stage) -> None:
    restore(stage, await lived(stage))
    await tick(stage.world, Clock(LATER))
    before = copy.deepcopy(stage.storage.partitions)
    view = await asked(stage)
    assert (view.gone_people, view.unknown_people) == ((an_id(3),), (an_id(4),))
    assert (view.members, view.additions, view.done) == (3, 0, False)
    assert stage.storage.partitions == before
    assert await word(stage) is StopReason.LEDGER_OLDER


async def test_once_confirmed_nobody_is_put_in_or_taken_out_and_the_leaver_stays_out(
    stage: Stage,
) -> None:
    restore(stage, await lived(stage))
    await tick(stage.world, Clock(LATER))
    shown = await asked(stage)
    assert (await asked(stage, shown.fingerprint)).done
    before = stage.scope
    for hours in (1, 2, 30):
        clock = Clock(LATER + hours * HOUR)
        await tick(stage.world, clock)
        await reconcile(stage.world, clock)
        await write_all(stage, clock())
    assert stage.scope == before == ids([1, 2, 4])
    leaver, newcomer = await stage.person(3), await stage.person(4)
    assert leaver.is_kept_out(LATER)
    assert newcomer.provenance is Provenance.PREEXISTING
    assert await word(stage) is None
    assert [json.loads(one.content)["action"] for one in stage.storage.writing_chain.records].count(
        "recover"
    ) == 1


@pytest.mark.parametrize("with_rollout", [True, False])
async def test_whoever_is_unknown_is_remembered_at_their_source_of_authority(
    with_rollout: bool, stage: Stage
) -> None:
    """Given a synced newcomer, then nothing takes them for converted from the cloud afterwards."""
    restore(stage, await lived(stage))
    stage.arrive(4, synced=True)
    if not with_rollout:
        stage.storage.rollout = None
        stage.storage.rollout_chain.records.clear()
    await tick(stage.world, Clock(LATER))
    await asked(stage, (await asked(stage)).fingerprint)
    assert (await stage.person(4)).source_of_authority is SourceOfAuthority.ON_PREMISES
    await reconcile(stage.world, Clock(LATER + HOUR))
    stored = await stage.another().rollouts.current()
    assert (stored.rollout.pause.reason if stored and stored.rollout.pause else None) == (
        PauseReason.LEDGER_RECOVERED if with_rollout else None
    )


async def test_whoever_was_asked_for_meanwhile_is_shown_and_put_in_afterwards(
    stage: Stage,
) -> None:
    """Given a hire while everything is stopped, then nobody has to release them.

    Somebody of the copy who was on the way there and is not in is kept out as ever.
    """
    kept = await lived(stage)
    restore(stage, kept)
    await stage.store(member(9, State.REQUESTED, since=NOW - HOUR))
    await hired(stage, 7)
    await tick(stage.world, Clock(LATER))
    shown = await asked(stage)
    assert (shown.gone_people, shown.asked) == ((an_id(3), an_id(9)), 1)
    await asked(stage, shown.fingerprint)
    await tick(stage.world, Clock(LATER + HOUR))
    await write_all(stage, LATER + HOUR)
    assert stage.scope == ids([1, 2, 4, 7])


async def test_what_was_not_shown_is_not_confirmed(stage: Stage) -> None:
    restore(stage, await lived(stage))
    await tick(stage.world, Clock(LATER))
    shown = await asked(stage)
    stage.tenant.leave(SCOPE, an_id(1))
    with pytest.raises(WorldChanged):
        await asked(stage, shown.fingerprint)
    assert await word(stage) is StopReason.LEDGER_OLDER


async def test_a_ledger_that_is_not_older_has_nothing_to_recover(stage: Stage) -> None:
    await lived(stage)
    with pytest.raises(NotPossible, match="not older"):
        await asked(stage)


# What was said since the copy


STOOD = {phase: standing(OF, phase, 1) for phase in Phase}
STOOD[Phase.PLANNED] = standing(OF, Phase.PLANNED, 0)
STOOD[Phase.PAUSED] = pause(
    STOOD[Phase.SOAKING], PauseReason.GATE_FAILED, NOW, actor="clock", detail="effective"
)


@pytest.mark.parametrize("phase", Phase)
async def test_a_rollout_that_came_back_puts_nobody_in_before_an_operator_resumes_it(
    phase: Phase, stage: Stage
) -> None:
    """Given one that was aborted since the copy, whatever its phase in that."""
    await set_up(stage, STOOD[phase], 9)
    if STOOD[phase].started:
        await stage.store(*(member(number, State.VISIBLE) for number in (1, 2, 3, 4)))
        stage.tenant.join(SCOPE, *ids([1, 2, 3, 4]))
    kept = copy.deepcopy(stage.storage)
    await control.abort(stage.another(), NOW, actor="ada", reason="the pilot harms people")
    await tick(stage.world, Clock(NOW))
    restore(stage, kept)
    await tick(stage.world, Clock(LATER))
    before = stage.scope
    shown = await asked(stage)
    assert shown.phase == phase
    await asked(stage, shown.fingerprint)
    for hours in (1, 2, 30):
        clock = Clock(LATER + hours * HOUR)
        await tick(stage.another(), clock)
        await reconcile(stage.another(), clock)
        await write_all(stage, clock())
    assert stage.scope == before
    after = await rollout_of(stage)
    if phase is Phase.ABORTED:
        assert after.phase is phase
        return
    assert after.phase is Phase.PAUSED
    assert after.pause is not None
    if phase is not Phase.PAUSED:
        assert (after.pause.reason, after.pause.actor, after.pause.detail) == (
            PauseReason.LEDGER_RECOVERED,
            "ada",
            REASON,
        )
    await control.resume(stage.another(), LATER + 40 * HOUR, actor="ada", reason="it is meant")
    assert (await rollout_of(stage)).phase is not Phase.PAUSED


@pytest.mark.parametrize("said", ["before", "meanwhile", "both"])
@pytest.mark.parametrize("why", [StopReason.BY_OPERATOR, StopReason.TOO_MANY])
async def test_a_stop_that_was_said_as_well_is_shown_beside_it_and_outlives_a_recovery(
    said: str, why: StopReason, stage: Stage
) -> None:
    await lived(stage)
    if said != "meanwhile":
        await stop(stage.another(), NOW, actor="ada", reason="until Monday", why=why)
    kept = copy.deepcopy(stage.storage)
    await stage.store(member(2, State.EFFECTIVE))
    await hired(stage, 7)
    await tick(stage.world, Clock(NOW))
    restore(stage, kept)
    await tick(stage.world, Clock(LATER))
    if said != "before":
        await stop(stage.another(), LATER, actor="ada", reason="until Monday", why=why)
    writing = await describe_writing(stage.another(), LATER)
    assert (writing.stop, writing.actor) == ("ledger-older", "clock")
    assert "does not know what it recorded" in writing.detail
    assert writing.also is not None
    beside = (writing.also.stop, writing.also.actor, writing.also.detail)
    assert beside == (why, "ada", "until Monday")
    shown = await asked(stage)
    assert "does not know what it recorded" in shown.problem
    assert shown.also == writing.also
    await hired(stage, 7)
    await asked(stage, shown.fingerprint)
    after = await describe_writing(stage.another(), LATER)
    assert (after.stop, after.actor, after.detail, after.also) == (why, "ada", "until Monday", None)
    before = stage.scope
    await tick(stage.another(), Clock(LATER + HOUR))
    await write_all(stage, LATER + HOUR)
    assert stage.scope == before
    await start(stage.another(), LATER + HOUR, actor="ada", reason="it is Monday")
    assert await word(stage) is None
    audited = [json.loads(one.content) for one in stage.storage.writing_chain.records]
    heard = [(one["action"], one["actor"], one["reason"]) for one in audited]
    assert ("stop", "ada", "until Monday") in heard
    assert ("recover", "ada", REASON) in heard


async def test_the_worker_is_told_anew_where_the_stop_that_came_back_had_been_told_before(
    stage: Stage,
) -> None:
    """Since that stop there was a start, and commands went out, of which the copy knows nothing."""
    await lived(stage)
    await stop(stage.another(), NOW, actor="ada", reason="until Monday")
    kept = copy.deepcopy(stage.storage)
    await start(stage.another(), NOW + HOUR, actor="ada", reason="it is Monday")
    await tick(stage.world, Clock(NOW + HOUR))
    restore(stage, kept)
    await tick(stage.world, Clock(LATER))
    *_, told = stage.broker.messages(DIRECTORY_COMMANDS)
    assert DirectoryStop.read(told.body).stopped_at == LATER


async def test_a_recovery_that_dies_anywhere_is_finished_by_the_next_delivery(
    stage: Stage,
) -> None:
    for death in deaths():
        one = Stage(stage.world.tenant_rules)
        restore(one, await lived(one))
        await hired(one, 7)
        await tick(one.world, Clock(LATER))
        shown = await asked(one)
        operation = an_operation(shown.fingerprint)
        await one.world.operations.keep(operation)
        assert isinstance(operation.order, RecoverOrder)
        asked_for = messages({"schema": "sspr-rollout/operation-request/1", "operationKey": "op-1"})
        with suppress(ProcessDied):
            await run_operations(asked_for, process(one, death), LATER)
        await run_operations(asked_for, one.another(), LATER)
        ended = await one.another().operations.find("op-1")
        assert ended is not None
        assert (ended.state, ended.problem) == (OperationState.SUCCEEDED, ""), death.passed
        assert isinstance(ended.result, RecoveryView)
        assert (ended.result.done, ended.result.gone) == (True, 1)
        assert await word(one) is None
        assert (await rollout_of(one)).phase is Phase.PAUSED
        assert (await one.person(3)).is_kept_out(LATER)
        assert not (await one.person(7)).is_kept_out(LATER)
