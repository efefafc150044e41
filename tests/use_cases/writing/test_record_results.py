"""What the worker made of its commands, and what it says of itself."""

import json
from datetime import timedelta
from typing import Any

import pytest
from structlog.typing import EventDict

from shared.contracts.messages.contract import EARLIEST, LATEST
from shared.contracts.messages.directory_result import (
    DirectoryResult,
    MemberResult,
    SyncReport,
    SyncState,
)
from shared.contracts.messages.queues import DIRECTORY_RESULTS, SCOPE_CHANGES
from shared.contracts.messages.worker_report import SyncHindrance, WorkerReport
from shared.domain.errors import LedgerConflict
from shared.domain.person.commands import NO_COMMANDS, AskedCommands
from shared.domain.person.enrolment import Enrolment, Provenance, State
from shared.domain.person.people import UserRef
from shared.domain.person.policy import SourceOfAuthority
from shared.domain.person.reasons import Reason
from shared.domain.person.sync_mode import SyncMode
from shared.domain.person.writes import ScopeAction, WriteOutcome
from shared.use_cases.message import Message
from shared.use_cases.writing.record_results import record_results
from tests.support.enrolments import HOUR, NOW, enrolment
from tests.support.stage import Stage, an_id, said

MINUTE = timedelta(minutes=1)
SYNCED = SyncReport(state=SyncState.SUCCEEDED, ended_at=NOW)


def commanded(number: int, state: State = State.REQUESTED, **changes: Any) -> Enrolment:
    """Somebody for whom command c is out."""
    known: dict[str, Any] = {
        "key": an_id(number),
        "user": UserRef(object_id=an_id(number), source_anchor=f"anchor-{number}=="),
        "source_of_authority": SourceOfAuthority.ON_PREMISES,
        "command_key": "c",
        "commands": AskedCommands().asking("c", ScopeAction.ADD),
    }
    return enrolment(state, Provenance.UNKNOWN, **(known | changes))


def result(*numbers: int, sync: SyncReport | None = None, **changes: Any) -> Message:
    outcome = changes.pop("outcome", WriteOutcome.DONE)
    reason = changes.pop("reason", None)
    known: dict[str, Any] = {
        "command_key": "c",
        "action": ScopeAction.ADD,
        "members": tuple(
            MemberResult(key=an_id(number), outcome=outcome, reason=reason) for number in numbers
        ),
        "sync": sync or SyncReport(state=SyncState.PENDING),
        "worker": "worker-1",
        "answered_at": NOW,
    }
    return Message(DirectoryResult(**(known | changes)).text())


def report(worker: str = "worker-1", at: Any = NOW, **sync: Any) -> Message:
    spoken = WorkerReport(
        worker=worker,
        reported_at=at,
        directory_answers=True,
        sync=SyncReport(**({"state": SyncState.SUCCEEDED} | sync)),
    )
    return Message(spoken.text())


async def last_actor(stage: Stage) -> str:
    """Who made the newest change of anybody, by the audit."""
    (end,) = [one for one in await stage.world.audit.ends() if one.number > 1]
    (record,) = await stage.world.audit.records(end.partition, end.number - 1, 1)
    return record.content.partition('"actor":"')[2].partition('"')[0]


async def test_why_ad_does_not_answer_a_worker_and_whose_people_it_serves_are_kept(
    stage: Stage,
) -> None:
    spoken = WorkerReport(
        worker="worker-1",
        reported_at=NOW,
        directory_answers=False,
        directory_problem="account-locked",
        directory_detail="data 775",
        domains=("CORP.contoso.test",),
        sync=SyncReport(state=SyncState.NOT_NEEDED),
    )
    await record_results([Message(spoken.text())], stage.world, NOW)
    (kept,) = await stage.world.workers.sights()
    assert (kept.directory_problem, kept.domains) == (
        "account-locked: data 775",
        ("corp.contoso.test",),
    )


async def test_a_worker_s_version_is_kept_with_the_time_since_which_it_is_that(
    stage: Stage,
) -> None:
    """The time stays while the version does, and a worker that says none has none."""
    for minutes, version in ((0, "0.2.0"), (1, "0.3.0"), (2, "0.3.0")):
        spoken = json.loads(report().body) | {"version": version}
        at = NOW + minutes * MINUTE
        await record_results([Message(json.dumps(spoken).encode())], stage.world, at)
    (kept,) = await stage.world.workers.sights()
    assert (kept.version, kept.version_since) == ("0.3.0", NOW + MINUTE)

    await record_results([report()], stage.world, NOW + 3 * MINUTE)
    (kept,) = await stage.world.workers.sights()
    assert (kept.version, kept.version_since) == (None, None)


async def test_what_a_newer_worker_s_sign_of_life_adds_is_passed_over_and_it_is_no_silence(
    stage: Stage,
) -> None:
    """Given a field that nobody here knows, then the worker is heard of with its version."""
    spoken = json.loads(report().body) | {"version": "9.0.0", "ofTomorrow": {"a": 1}}
    await record_results([Message(json.dumps(spoken).encode())], stage.world, NOW)
    (kept,) = await stage.world.workers.sights()
    assert kept.version == "9.0.0"
    assert await stage.world.ledger.refused(9) == []


async def test_a_newer_worker_s_answer_is_refused_by_the_field_and_kept_whole(
    stage: Stage,
) -> None:
    """What people are decided by is not read in part: it comes again after the update."""
    await stage.store(commanded(1))
    spoken = json.loads(result(1).body) | {"ofTomorrow": True}
    await record_results([Message(json.dumps(spoken).encode())], stage.world, NOW)
    (refused,) = await stage.world.ledger.refused(9)
    assert (refused.field, refused.detail) == ("ofTomorrow", "no such field is known")
    assert json.loads(refused.body or "") == spoken
    assert (await stage.person(1)).state is State.REQUESTED


async def test_who_has_been_put_in_is_applied_and_ours(stage: Stage) -> None:
    await stage.store(commanded(1))
    await record_results([result(1, sync=SYNCED)], stage.world, NOW)
    found = await stage.person(1)
    assert (found.state, found.provenance, found.command_key) == (
        State.APPLIED,
        Provenance.OURS,
        None,
    )
    assert [step.reason for step in found.steps] == [Reason.ADDED, Reason.DELTA_SYNC_SUCCEEDED]
    assert await last_actor(stage) == "worker worker-1"


async def test_the_sync_is_told_once_it_has_ended_and_may_come_later(stage: Stage) -> None:
    await stage.store(commanded(1))
    await record_results([result(1)], stage.world, NOW)
    assert len((await stage.person(1)).steps) == 1
    failed = SyncReport(
        state=SyncState.FAILED, problem="access denied", detail="see the host", ended_at=NOW
    )
    await record_results([result(1, sync=failed)], stage.world, NOW)
    step = (await stage.person(1)).steps[-1]
    assert (step.reason, step.detail) == (
        Reason.DELTA_SYNC_FAILED,
        "access denied: see the host",
    )


async def test_a_result_that_arrives_twice_or_of_nobody_changes_nothing(stage: Stage) -> None:
    await stage.store(commanded(1))
    await record_results([result(1), result(1), result(9)], stage.world, NOW)
    once = await stage.person(1)
    await record_results([result(1)], stage.world, NOW + HOUR)
    assert await stage.person(1) == once
    assert await stage.world.ledger.load([an_id(9)]) == {}


async def test_results_of_one_batch_count_in_the_order_in_which_they_were_answered(
    stage: Stage,
) -> None:
    await stage.store(commanded(1))
    removed = result(1, action=ScopeAction.REMOVE, answered_at=NOW + MINUTE, worker="worker-2")
    await record_results([removed, result(1)], stage.world, NOW + HOUR)
    # The removal answers no question that is out.
    assert (await stage.person(1)).state is State.APPLIED
    assert await last_actor(stage) == "workers"


async def test_a_refusal_that_was_answered_later_does_not_come_first(stage: Stage) -> None:
    await stage.store(commanded(1))
    refused = result(
        1,
        outcome=WriteOutcome.REFUSED,
        reason=Reason.PROTECTED,
        answered_at=NOW + MINUTE,
    )
    await record_results([refused, result(1)], stage.world, NOW + HOUR)
    assert (await stage.person(1)).state is State.APPLIED


async def test_the_result_of_another_command_does_not_answer_this_one(stage: Stage) -> None:
    """The answer that comes before its own command stands in the ledger is not lost either."""
    both = AskedCommands().asking("c", ScopeAction.ADD).asking("d", ScopeAction.ADD)
    await stage.store(commanded(1, command_key="d", commands=both))
    refused = result(1, outcome=WriteOutcome.REFUSED, reason=Reason.PROTECTED)
    await record_results([refused], stage.world, NOW)
    assert (await stage.person(1)).state is State.REQUESTED
    await record_results([result(1)], stage.world, NOW)
    assert (await stage.person(1)).state is State.APPLIED


async def test_who_left_while_the_add_was_out_is_queued_to_be_taken_out(stage: Stage) -> None:
    await stage.store(commanded(1, State.WITHDRAWING))
    await record_results([result(1)], stage.world, NOW)
    found = await stage.person(1)
    assert (found.state, found.command_key, found.provenance) == (
        State.WITHDRAWING,
        None,
        Provenance.OURS,
    )
    assert len(stage.broker.messages(SCOPE_CHANGES)) == 1


async def test_a_command_that_expired_is_queued_again_and_a_group_that_refuses_is_not(
    stage: Stage,
) -> None:
    await stage.store(commanded(1), commanded(2))
    expired = result(1, outcome=WriteOutcome.REFUSED, reason=Reason.COMMAND_EXPIRED)
    refused = result(2, outcome=WriteOutcome.REFUSED, reason=Reason.GROUP_NOT_WRITABLE)
    await record_results([expired, refused], stage.world, NOW)
    (queued,) = stage.deliver(SCOPE_CHANGES)
    assert an_id(1).encode() in queued.body
    assert an_id(2).encode() not in queued.body
    assert (await stage.person(2)).flag is Reason.GROUP_NOT_WRITABLE


async def test_a_result_that_comes_while_another_is_recorded_is_not_written_over(
    stage: Stage,
) -> None:
    await stage.store(commanded(1))

    async def also() -> None:
        await record_results([result(1, sync=SYNCED)], stage.another(), NOW)

    stage.turns.at("ledger.amend commit", also)
    await record_results([result(1)], stage.world, NOW)
    assert [step.reason for step in (await stage.person(1)).steps] == [
        Reason.ADDED,
        Reason.DELTA_SYNC_SUCCEEDED,
    ]


async def test_a_conflict_leaves_the_batch_to_the_next_delivery(stage: Stage) -> None:
    await stage.store(commanded(1))
    stage.turns.fail("ledger.amend", LedgerConflict("busy"))
    with pytest.raises(LedgerConflict):
        await record_results([result(1)], stage.world, NOW)
    await record_results([result(1)], stage.world, NOW)
    assert (await stage.person(1)).state is State.APPLIED


async def test_what_is_neither_is_kept_and_keeps_no_other_back(stage: Stage) -> None:
    await stage.store(commanded(1))
    broken = report().body.replace(b"worker-1", b"")
    await record_results([Message(b"?"), Message(broken), result(1)], stage.world, NOW)
    kept = await stage.world.ledger.refused(9)
    assert {one.body for one in kept} == {"?", broken.decode()}
    assert {one.queue for one in kept} == {DIRECTORY_RESULTS}
    assert (await stage.person(1)).state is State.APPLIED


async def test_of_a_workers_reports_the_newest_counts_by_our_own_clock(
    stage: Stage, signals: list[EventDict]
) -> None:
    """A worker whose clock is an hour behind says that its sync ended five minutes ago."""
    behind = NOW - HOUR
    reports = [
        report(at=behind, ended_at=behind - 5 * MINUTE),
        report(at=behind - MINUTE, state=SyncState.PENDING),
        report("worker-2", state=SyncState.PENDING),
    ]
    await record_results(reports, stage.world, NOW)
    by_worker = {one.worker: one for one in await stage.world.workers.sights()}
    first = by_worker["worker-1"]
    assert (first.seen_at, first.sync_succeeded, first.sync_ended_at) == (
        NOW,
        True,
        NOW - 5 * MINUTE,
    )
    assert by_worker["worker-2"].sync_succeeded is None
    assert len(said(signals, "worker-reported")) == 3
    assert said(signals, "delta-sync-problem") == []


async def test_trouble_with_the_sync_is_signalled_when_it_is_new(
    stage: Stage, signals: list[EventDict]
) -> None:
    failed: dict[str, Any] = {"state": SyncState.FAILED, "problem": "busy", "ended_at": NOW}
    for at in (NOW, NOW + MINUTE):
        await record_results([report(at=at, **failed)], stage.world, at)
    assert len(said(signals, "delta-sync-problem")) == 1
    failed["ended_at"] = NOW + 30 * MINUTE
    await record_results([report(at=NOW + HOUR, **failed)], stage.world, NOW + HOUR)
    assert len(said(signals, "delta-sync-problem")) == 2


async def test_a_report_with_dates_from_afar_says_no_more_than_is_possible(stage: Stage) -> None:
    reports = [
        report("early", at=EARLIEST, ended_at=LATEST),
        report("late", at=LATEST, ended_at=EARLIEST),
        report("ahead", at=LATEST, ended_at=LATEST - MINUTE),
    ]
    await record_results(reports, stage.world, NOW)
    ended = {one.worker: one.sync_ended_at for one in await stage.world.workers.sights()}
    assert ended == {"early": NOW, "late": EARLIEST, "ahead": NOW - MINUTE}


@pytest.mark.parametrize(
    ("told", "problem", "mode"),
    [
        ({"syncMode": "cloud"}, "left-to-cloud-sync", SyncMode.CLOUD),
        ({"syncMode": "none"}, "left-to-scheduler", SyncMode.NONE),
        ({}, "left-to-scheduler", SyncMode.NONE),
        ({"syncMode": "connect"}, None, SyncMode.CONNECT),
        ({}, None, None),
    ],
)
async def test_a_worker_says_which_sync_it_has_and_that_it_starts_none_is_no_problem(
    stage: Stage,
    signals: list[EventDict],
    told: dict[str, str],
    problem: str | None,
    mode: SyncMode | None,
) -> None:
    """An older one that starts no cycles says so by the problem alone."""
    said_of_it = report(state=SyncState.NOT_NEEDED, problem=problem).body
    body = json.loads(said_of_it) | told | {"scopeGroupSid": "S-1-5-21-1-2-3-1104"}
    await record_results([Message(json.dumps(body).encode())], stage.world, NOW)
    (sight,) = await stage.world.workers.sights()
    assert (sight.sync_mode, sight.problem) == (mode, "")
    assert sight.scope_group_sid == "S-1-5-21-1-2-3-1104"
    assert said(signals, "delta-sync-problem") == []


async def test_what_a_worker_could_not_digest_is_signalled(
    stage: Stage, signals: list[EventDict]
) -> None:
    told = json.loads(report().body) | {"setAside": 2}
    await record_results([Message(json.dumps(told).encode())], stage.world, NOW)
    assert [one["set_aside"] for one in said(signals, "worker-reported")] == [2]


async def test_by_how_much_a_workers_clock_is_off_is_signalled_and_remembered(
    stage: Stage, signals: list[EventDict]
) -> None:
    told = json.loads(report().body) | {"clockAhead": 71}
    await record_results([Message(json.dumps(told).encode())], stage.world, NOW)
    assert [one["clock_ahead"] for one in said(signals, "worker-reported")] == [71]
    assert [one.clock_ahead for one in await stage.world.workers.sights()] == [71]
    # It is no trouble of the delta sync.
    assert said(signals, "delta-sync-problem") == []


BOB = {
    "source_anchor": "bob==",
    "sid": "S-1-5-21-9",
    "user_principal_name": "bob@contoso.test",
    "employee_id": "9",
}


def forged(key: str, **changes: Any) -> Message:
    """Somebody who holds the worker's identity claims that this person is Bob."""
    member = MemberResult(key=key, outcome=WriteOutcome.DONE, **BOB)
    return result(members=(member,), sync=SYNCED, **changes)


@pytest.mark.parametrize("state", sorted(State))
async def test_a_forged_result_changes_nobody_in_any_state(
    stage: Stage, signals: list[EventDict], state: State
) -> None:
    synced = commanded(1, state, command_key=None, commands=NO_COMMANDS)
    cloud = commanded(2, state, source_of_authority=SourceOfAuthority.CLOUD)
    await stage.store(synced, cloud)
    for action in ScopeAction:
        await record_results(
            [forged(an_id(1), action=action), forged(an_id(2), action=action)], stage.world, NOW
        )
    assert [await stage.person(1), await stage.person(2)] == [synced, cloud]
    assert said(signals, "answers-ignored") == [{"why": "unasked", "answers": 2}] * 2


async def test_a_cloud_user_is_not_applied_by_a_workers_word(stage: Stage) -> None:
    cloud = commanded(1, source_of_authority=SourceOfAuthority.CLOUD)
    await stage.store(cloud)
    await record_results([result(1)], stage.world, NOW)
    assert await stage.person(1) == cloud


async def test_an_answer_of_another_account_is_flagged_and_told(
    stage: Stage, signals: list[EventDict]
) -> None:
    """So that taking the person out later does not take out somebody else."""
    before = commanded(1)
    await stage.store(before)
    await record_results([forged(an_id(1))], stage.world, NOW)
    after = await stage.person(1)
    assert (after.user, after.state, after.provenance) == (
        before.user,
        before.state,
        before.provenance,
    )
    assert after.flag is Reason.ANSWER_CONTRADICTS
    assert said(signals, "answers-ignored") == [{"why": "contradicts", "answers": 1}]
    assert [one["reason"] for one in said(signals, "person-flagged")] == ["answer-contradicts"]


async def test_an_old_answer_sent_again_does_not_have_somebody_elses_membership_removed(
    stage: Stage,
) -> None:
    """Put in by us, taken out by us, then put in by hand: the first answer is not true any more."""
    commands = AskedCommands().asking("c", ScopeAction.ADD).asking("out", ScopeAction.REMOVE)
    gone = commanded(1, State.WITHDRAWN, command_key=None, commands=commands)
    await stage.store(gone)
    await record_results([result(1, sync=SYNCED)], stage.world, NOW)
    assert await stage.person(1) == gone


async def test_what_is_in_the_way_of_a_sync_is_kept_by_our_clock_and_signalled_once(
    stage: Stage, signals: list[EventDict]
) -> None:
    """A worker whose clock is an hour behind says since when its Connect host hangs."""
    for number, seconds in enumerate((30, 90)):
        at = NOW - HOUR + number * MINUTE
        hangs = SyncHindrance(
            problem="hangs", detail=f"no answer for {seconds} s", since=NOW - HOUR - 5 * MINUTE
        )
        said_by_worker = WorkerReport.read(report(at=at).body)
        body = said_by_worker.model_copy(update={"hindrance": hangs}).text()
        await record_results([Message(body)], stage.world, NOW + number * MINUTE)
    (sight,) = await stage.world.workers.sights()
    assert sight.hindrance == "hangs: no answer for 90 s"
    assert sight.hindered_since == NOW - 5 * MINUTE
    (told,) = said(signals, "delta-sync-problem")
    assert told["problem"] == "hangs"
