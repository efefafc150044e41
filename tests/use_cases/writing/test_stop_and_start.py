"""Stop: nothing leaves the app that changes a membership, nothing is lost, and a start goes on."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from structlog.typing import EventDict

from shared.contracts.messages.directory_command import DirectoryCommand
from shared.contracts.messages.directory_result import (
    DirectoryResult,
    MemberResult,
    SyncReport,
    SyncState,
)
from shared.contracts.messages.directory_stop import SCHEMA, DirectoryStop
from shared.contracts.messages.queues import DIRECTORY_COMMANDS, SCOPE_CHANGES
from shared.contracts.messages.scope_change import MOST_KEYS
from shared.domain.errors import NotPossible, ServiceUnavailable
from shared.domain.person.enrolment import State
from shared.domain.person.policy import SourceOfAuthority, Topology
from shared.domain.person.reasons import Reason
from shared.domain.person.writes import WriteOutcome
from shared.domain.rollout.document import DriftAction
from shared.domain.rollout.state import Phase
from shared.use_cases.message import Message
from shared.use_cases.onboarding.take_events import take_events
from shared.use_cases.recording import queue_writes
from shared.use_cases.rollout.advance_rollout import advance_rollout
from shared.use_cases.rollout.carry_out import CHUNK
from shared.use_cases.rollout.reconcile import reconcile
from shared.use_cases.tick import tick
from shared.use_cases.views.describe_people import describe_status
from shared.use_cases.views.describe_rollout import describe_rollout
from shared.use_cases.writing.apply_scope_changes import apply_scope_changes
from shared.use_cases.writing.record_results import record_results
from shared.use_cases.writing.stop_and_start import carry_out_word, start, stop
from tests.support.course import (
    Clock,
    advance,
    ids,
    in_state,
    member,
    queued,
    rollout_of,
    set_up,
    standing,
    ungated,
    write_all,
)
from tests.support.enrolments import NOW
from tests.support.processes import Death, Meanwhile, ProcessDied, deaths, meanwhiles, process
from tests.support.stage import Stage, a_stage, an_id, messages, said, upn_of
from tests.support.waves import document

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
LATER = NOW + timedelta(hours=1)


async def stopped(stage: Stage, at: datetime = NOW) -> None:
    await stop(stage.world, at, actor="ada", reason="HR sent too many")


async def started(stage: Stage, at: datetime = LATER) -> None:
    await start(stage.world, at, actor="bob", reason="cleared up")
    await tick(stage.world, Clock(at))


async def hired(stage: Stage, *numbers: int, at: datetime = NOW, action: str = "onboard") -> None:
    events = [{"userPrincipalName": upn_of(number), "action": action} for number in numbers]
    await take_events(messages(*events, enqueued_at=at), stage.world, at)


def _words(stage: Stage) -> list[str]:
    return [json.loads(one.content)["action"] for one in stage.storage.writing_chain.records]


async def test_what_comes_in_while_it_is_stopped_is_kept_and_written_after_the_start(
    stage: Stage,
) -> None:
    for number in (1, 2, 3):
        stage.arrive(number)
    await hired(stage, 1)
    await write_all(stage, NOW)
    await stopped(stage)
    await hired(stage, 2, 3)
    await hired(stage, 1, 3, at=NOW + MINUTE, action="offboard")
    await write_all(stage, NOW + MINUTE)
    await tick(stage.world, Clock(NOW + 10 * MINUTE))
    await write_all(stage, NOW + 10 * MINUTE)
    assert stage.scope == ids([1])
    await started(stage)
    await write_all(stage, LATER)
    assert stage.scope == ids([2]), "in the order in which it was said of each person"


async def test_a_wave_stands_still_and_goes_on_where_it_was(stage: Stage) -> None:
    await set_up(stage, standing(document(ungated("pilot", 1, 2)), Phase.PLANNED, 0), 2)
    await stopped(stage)
    await advance(stage, Clock(NOW))
    assert (await rollout_of(stage)).phase is Phase.PLANNED
    await started(stage)
    await advance(stage, Clock(LATER))
    assert in_state(stage, State.REQUESTED) == ids([1, 2])


async def test_a_wave_that_is_being_put_in_stops_between_two_chunks(stage: Stage) -> None:
    people = range(1, 2 * CHUNK + 1)
    await set_up(stage, standing(document(ungated("pilot", *people)), Phase.PLANNED, 0), 2 * CHUNK)
    stage.turns.at("ledger.amend done", lambda: stopped(stage))
    await advance_rollout(stage.world, Clock(NOW))
    assert len(in_state(stage, State.REQUESTED)) == CHUNK
    assert (await rollout_of(stage)).lease is None
    await started(stage)
    await advance(stage, Clock(LATER))
    assert len(in_state(stage, State.REQUESTED)) == 2 * CHUNK


async def test_repairs_are_only_looked_at_and_the_report_says_why(
    stage: Stage, signals: list[EventDict]
) -> None:
    of = replace(document(ungated("pilot", 1, 2)), on_removed_by_hand=DriftAction.REPAIR)
    await set_up(stage, standing(of, Phase.COMPLETED, 1), 3)
    await stage.store(member(1, State.VISIBLE), member(3, State.VISIBLE, "pilot"))
    stage.tenant.join(stage.world.tenant_rules.scope_group_id, an_id(3))
    await stopped(stage)
    await reconcile(stage.world, Clock(NOW))
    assert in_state(stage, State.REQUESTED, State.WITHDRAWING) == frozenset()
    report = await stage.another().rollouts.reconciliation()
    assert report is not None
    assert "everything that writes is stopped, by ada" in report.problem
    assert (report.added, report.removed, report.repaired) == (0, 0, 0)
    assert report.removed_by_hand == [an_id(1)]
    assert [one["removed_by_hand"] for one in said(signals, "drift-found")] == [1]
    await started(stage)
    await reconcile(stage.world, Clock(LATER))
    assert in_state(stage, State.REQUESTED) == ids([1, 2])


async def test_a_batch_of_writes_ends_within_it_wherever_the_stop_comes() -> None:
    """Each person was written before the stop, or is written after the start; nobody is lost."""
    for meanwhile in meanwhiles():
        stage = a_stage()
        for number in (1, 2):
            stage.arrive(number)
        await stage.store(member(1, State.REQUESTED), member(2, State.WITHDRAWING))
        stage.tenant.join(stage.world.tenant_rules.scope_group_id, an_id(2))
        meanwhile.act = _stopping(stage)
        await hired(stage, 1)
        await apply_scope_changes(
            stage.deliver(SCOPE_CHANGES) or [], process(stage, meanwhile), NOW
        )
        if not meanwhile.came:
            return
        inside = stage.scope
        await write_all(stage, NOW)
        assert stage.scope == inside
        await started(stage)
        await write_all(stage, LATER)
        assert stage.scope == ids([1])


def _stopping(stage: Stage) -> Callable[[], Awaitable[None]]:
    return lambda: stopped(stage)


def _command(stage: Stage) -> DirectoryCommand:
    *_, newest = stage.broker.messages(DIRECTORY_COMMANDS)
    return DirectoryCommand.read(newest.body)


def _void(command: DirectoryCommand) -> Message:
    """The answer of a worker that knows of a stop."""
    result = DirectoryResult(
        command_key=command.command_key,
        action=command.action,
        members=tuple(
            MemberResult(key=one.key, outcome=WriteOutcome.REFUSED, reason=Reason.WRITING_STOPPED)
            for one in command.members
        ),
        sync=SyncReport(state=SyncState.NOT_NEEDED),
        worker="w",
        answered_at=NOW,
    )
    return Message(result.text())


@pytest.mark.parametrize("answered_first", [True, False])
async def test_a_command_that_was_on_its_way_is_void_and_another_goes_out_after_the_start(
    stage: Stage, *, answered_first: bool
) -> None:
    stage.arrive(1, synced=True)
    await hired(stage, 1)
    await apply_scope_changes(stage.deliver(SCOPE_CHANGES), stage.world, NOW)
    first = _command(stage)
    await stopped(stage)
    *_, told = stage.broker.messages(DIRECTORY_COMMANDS)
    assert DirectoryStop.read(told.body) == DirectoryStop(stopped_at=NOW)
    if answered_first:
        await record_results([_void(first)], stage.world, NOW)
        await apply_scope_changes(stage.deliver(SCOPE_CHANGES), stage.world, NOW)
        assert SCHEMA in stage.broker.messages(DIRECTORY_COMMANDS)[-1].body.decode()
    await start(stage.world, NOW + MINUTE, actor="bob", reason="on")
    await tick(stage.world, Clock(NOW + MINUTE))
    if not answered_first:
        await record_results([_void(first)], stage.world, NOW + MINUTE)
    await apply_scope_changes(stage.deliver(SCOPE_CHANGES), stage.world, NOW + MINUTE)
    again = _command(stage)
    assert again.command_key != first.command_key
    assert again.issued_at > NOW
    assert (await stage.person(1)).flag is None


async def test_a_stop_voids_each_command_of_a_batch_that_was_at_work_when_it_was_kept() -> None:
    """Given a stop that was asked for before the batch began, kept at any point of it, and told.

    Each command that went out was issued no later than the stop says, on whatever side of it it
    stands on the queue; and a start has whoever was not written asked for again.
    """
    voided = 0
    for meanwhile in meanwhiles():
        stage = a_stage()
        for number in (1, 2):
            stage.arrive(number, synced=True)
        await hired(stage, 1, 2, at=NOW - MINUTE)
        meanwhile.act = lambda stage=stage: stop(
            stage.another(), NOW, actor="ada", reason="wait", clock=Clock(NOW + 2 * SECOND)
        )
        await apply_scope_changes(
            stage.deliver(SCOPE_CHANGES), process(stage, meanwhile), NOW + SECOND
        )
        commands, stops = _on_the_queue(stage)
        if meanwhile.came:
            (told,) = stops
            assert all(one.issued_at <= told.stopped_at for one in commands), meanwhile.number
            voided += len(commands)
            await record_results([_void(one) for one in commands], stage.world, NOW + MINUTE)
            await started(stage)
            await write_all(stage, LATER)
            again = _on_the_queue(stage)[0][len(commands) :]
            assert {one.key for command in again for one in command.members} == ids([1, 2])
            assert all(one.issued_at > told.stopped_at for one in again)
    assert voided > 0


async def test_where_the_clock_tells_of_a_stop_it_voids_what_was_issued_until_it_was_kept(
    stage: Stage,
) -> None:
    """Given a stop of which the worker could not be told at once, and whose minute had begun."""
    stage.turns.fail("outbox.send_stop", ServiceUnavailable("Service Bus is away"))
    clock = Clock(NOW)

    async def kept_meanwhile() -> None:
        clock.advance(2 * SECOND)
        await stop(stage.world, NOW, actor="ada", reason="wait", clock=clock)

    stage.turns.at("write_control.current", kept_meanwhile)
    await carry_out_word(stage.world, clock)
    await carry_out_word(stage.world, clock)
    _, stops = _on_the_queue(stage)
    assert [one.stopped_at for one in stops] == [NOW + 2 * SECOND]


async def test_a_batch_of_commands_ends_between_two_of_them_and_the_rest_is_owed() -> None:
    stage = a_stage()
    people = range(1, 2 * MOST_KEYS + 1)
    for number in people:
        stage.arrive(number, synced=True)
    owed = [
        member(number, State.REQUESTED, source_of_authority=SourceOfAuthority.ON_PREMISES)
        for number in people
    ]
    await stage.store(*owed)
    await queue_writes(owed, stage.world.outbox)
    stage.turns.at("outbox.send_commands done", _stopping(stage))
    await apply_scope_changes(stage.deliver(SCOPE_CHANGES), stage.world, NOW)
    commands, _ = _on_the_queue(stage)
    assert [len(one.members) for one in commands] == [MOST_KEYS]
    await record_results([_void(one) for one in commands], stage.world, NOW)
    await started(stage)
    await write_all(stage, LATER)
    again = _on_the_queue(stage)[0][1:]
    assert {one.key for command in again for one in command.members} == ids(people)


def _on_the_queue(stage: Stage) -> tuple[list[DirectoryCommand], list[DirectoryStop]]:
    bodies = [one.body for one in stage.broker.messages(DIRECTORY_COMMANDS)]
    return (
        [DirectoryCommand.read(one) for one in bodies if SCHEMA.encode() not in one],
        [DirectoryStop.read(one) for one in bodies if SCHEMA.encode() in one],
    )


async def test_nobody_is_late_while_it_is_stopped_and_what_entra_shows_is_noted(
    stage: Stage,
) -> None:
    stage.arrive(1, stage.world.tenant_rules.scope_group_id)
    stage.arrive(2)
    await stage.store(
        member(1, State.APPLIED), member(2, State.APPLIED), member(3, State.REQUESTED)
    )
    await stopped(stage)
    await tick(stage.world, Clock(NOW + timedelta(days=5)))
    assert in_state(stage, State.VISIBLE) == ids([1])
    assert in_state(stage, State.APPLIED) == ids([2])
    assert (await stage.person(3)).flag is None
    assert queued(stage) == {}


async def test_it_is_told_every_minute_while_it_lasts_and_shown_everywhere(
    stage: Stage, signals: list[EventDict]
) -> None:
    await set_up(stage, standing(document(ungated("pilot", 1)), Phase.SOAKING, 1), 1)
    await stopped(stage)
    for minute in (1, 2):
        await tick(stage.world, Clock(NOW + minute * MINUTE))
    told = said(signals, "writing-stopped")
    assert len(told) >= 3
    assert told[0] == {"reason": "by-operator", "who": "operator", "since": NOW.isoformat()}
    rollout = await describe_rollout(stage.world, NOW)
    assert rollout is not None
    assert rollout.next.text.startswith("everything that writes is stopped, by ada: HR sent too")
    status = await describe_status(stage.world, NOW)
    for writing in (rollout.writing, status.writing):
        assert writing is not None
        assert (writing.stopped, writing.stop, writing.actor) == (True, "by-operator", "ada")
        assert (writing.since, writing.worker_told) == (NOW, True)
    await started(stage)
    signals.clear()
    await tick(stage.world, Clock(LATER + MINUTE))
    assert said(signals, "writing-stopped") == []


async def test_it_is_told_every_minute_though_the_worker_cannot_be_told_of_it(
    stage: Stage, signals: list[EventDict]
) -> None:
    """Given Service Bus away, then the alarm lasts as long as the stop does."""

    async def away(point: str) -> None:
        if point.startswith("outbox."):
            raise ServiceUnavailable("Service Bus is away")

    world = process(stage, away)
    await stop(world, NOW, actor="ada", reason="wait")
    signals.clear()
    for minute in (1, 2):
        with pytest.raises(ServiceUnavailable):
            await carry_out_word(world, Clock(NOW + minute * MINUTE))
    assert len(said(signals, "writing-stopped")) == 2


async def test_where_there_is_no_worker_no_queue_is_filled_for_one() -> None:
    stage = a_stage(topology=Topology.CLOUD)
    await stopped(stage)
    assert stage.broker.messages(DIRECTORY_COMMANDS) == ()


async def test_what_is_not_stopped_cannot_be_started(stage: Stage) -> None:
    with pytest.raises(NotPossible, match="nothing is stopped"):
        await start(stage.world, NOW, actor="bob", reason="on")
    assert _words(stage) == []
    # What a refused start allowed would outlive the hour.
    assert await stage.world.write_control.hour() is None


async def test_a_stop_and_a_start_that_die_anywhere_are_carried_out_by_the_clock() -> None:
    async def died(death: Death) -> None:
        stage = a_stage()
        stage.arrive(1)
        await hired(stage, 1)
        dying = process(stage, death)
        for word, at in ((stop, NOW), (start, LATER)):
            try:
                await word(dying, at, actor="ada", reason="test")
                await tick(dying, Clock(at))
            except ProcessDied:
                dying = stage.another()
                if word.__name__ not in _words(stage):
                    await word(dying, at, actor="ada", reason="test")
                await tick(dying, Clock(at))
        await write_all(stage, LATER)
        assert stage.scope == ids([1])

    for death in deaths():
        await died(death)


async def test_two_who_stop_at_once_are_both_heard() -> None:
    for meanwhile in meanwhiles():
        await _two_stop(meanwhile)
        if not meanwhile.came:
            return


async def _two_stop(meanwhile: Meanwhile) -> None:
    stage = a_stage()
    meanwhile.act = _stopping(stage)
    await stop(process(stage, meanwhile), NOW, actor="bob", reason="me too")
    assert set(_words(stage)) == {"stop", "carry-out"}
    current = await stage.another().write_control.current()
    assert current is not None
    assert (current.writing.is_stopped, current.writing.carried_out) == (True, True)
