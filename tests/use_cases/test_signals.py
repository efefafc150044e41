"""What is told of what happens, through the use cases' doors: once each, and of nobody by name.

On the memory world, which the real adapters equal (tests/ports).
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from shared.adapters.memory.lifecycle import Told
from shared.contracts.api.operation_orders import (
    ApplyOrder,
    OperationOrder,
    PlanOrder,
    RollbackOrder,
)
from shared.contracts.messages.directory_result import (
    DirectoryResult,
    MemberResult,
    SyncReport,
    SyncState,
)
from shared.contracts.messages.lifecycle_callback import LifecycleCallback
from shared.contracts.messages.scope_change import ScopeChange
from shared.contracts.messages.worker_report import WorkerReport
from shared.domain.person.enrolment import State
from shared.domain.person.reasons import Reason
from shared.domain.person.writes import ScopeAction, WriteOutcome
from shared.ports.operations import Operation
from shared.use_cases.message import Message
from shared.use_cases.onboarding.override_person import include
from shared.use_cases.onboarding.resume_waiting import resume_waiting
from shared.use_cases.onboarding.take_events import take_events
from shared.use_cases.onboarding.tell_lifecycle import tell_lifecycle
from shared.use_cases.rollout import control
from shared.use_cases.rollout.advance_rollout import advance_rollout
from shared.use_cases.rollout.apply_plan import apply_plan
from shared.use_cases.rollout.plan_rollout import plan_rollout
from shared.use_cases.rollout.reconcile import reconcile
from shared.use_cases.rollout.roll_back import roll_back
from shared.use_cases.writing.apply_scope_changes import apply_scope_changes
from shared.use_cases.writing.follow_up import follow_up
from shared.use_cases.writing.record_results import record_results
from tests.support.enrolments import BREAK_GLASS, NOW, POLICY, SCOPE
from tests.support.stage import Stage, an_id, upn_of

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PILOTS, STRANGER, ADA, ADMINISTRATOR = (470_001, 470_002, 470_003), 470_004, 470_005, 470_006
"""By their employee ids."""
GATES = "visible effective registered writebackFailures blockedResets workerAlive sync backlog"
OPERATOR = "Ada Lovelace"
PATH = "/identityGovernance/lifecycleWorkflows/workflows/1/tasks/2/taskProcessingResults/3/resume"
WHY = "because Ada said so"


class Telling(Stage):
    """A stage with a time of its own, and a company on it."""

    def __init__(self) -> None:
        super().__init__(POLICY)
        self.now = NOW
        for number in (*PILOTS, STRANGER):
            self.arrive(number)
        self.arrive(ADMINISTRATOR, BREAK_GLASS, administrator=True)

    def clock(self) -> datetime:
        return self.now

    async def applies_document(self, **changes: Any) -> None:
        document = {
            "schema": "sspr-rollout/rollout/1",
            "name": "sspr",
            "scope": {"group": SCOPE, "topology": "nested"},
            "waves": [
                {"name": "pilot", "people": [an_id(one) for one in PILOTS], "soak": "PT1H"},
                {"name": "everybody", "percent": 100, "soak": "PT1H"},
            ],
            "gates": dict.fromkeys(GATES.split()),
            "safety": {"removals": {"share": 1.0}},
            **changes,
        }
        text = json.dumps(document)
        shown = await plan_rollout(PlanOrder(document=text), self.world, self.now, actor=OPERATOR)
        order = ApplyOrder(plan=shown.fingerprint)
        await apply_plan(order, operation(order), self.world, self.now)

    async def advances(self, *, by: timedelta = timedelta()) -> None:
        self.now += by
        await advance_rollout(self.world, self.clock)


def operation(order: OperationOrder) -> Operation:
    return Operation(
        key="operation",
        actor=OPERATOR,
        requested_at=NOW,
        order=order,
    )


@pytest.fixture
def stage() -> Telling:
    return Telling()


@pytest.fixture
def told() -> Iterator[list[EventDict]]:
    with ExitStack() as stack:
        lines = stack.enter_context(capture_logs())
        yield lines
        text = json.dumps(lines, default=str).lower()
        # Nobody's name, nor anybody's words, whatever happened.
        assert not [one for one in (*NAMES, "lovelace", "because") if one.lower() in text]


NAMES = [name for number in (*PILOTS, ADA) for name in (upn_of(number), str(number))]


def named(lines: Sequence[EventDict], event: str) -> list[dict[str, Any]]:
    """What was told under that name, without the name and its weight."""
    return [
        {key: value for key, value in line.items() if key not in {"event", "log_level"}}
        for line in lines
        if line["event"] == event
    ]


def report(at: datetime, **sync: Any) -> Message:
    said = WorkerReport(
        worker="worker-1", reported_at=at, directory_answers=True, sync=SyncReport(**sync)
    )
    return Message(said.text())


async def test_a_rollouts_way_is_told_phase_by_phase_and_wave_by_wave(
    stage: Telling, told: list[EventDict]
) -> None:
    await stage.applies_document()
    await stage.advances()
    assert named(told, "wave-begun") == [{"wave": "pilot", "number": 1}]
    assert named(told, "phase-changed") == [
        {"phase": "planned", "who": "operator"},
        {"before": "planned", "phase": "progressing", "wave": "pilot", "who": "clock"},
        {"before": "progressing", "phase": "soaking", "wave": "pilot", "who": "clock"},
    ]
    await stage.advances(by=MINUTE)
    await stage.advances(by=2 * HOUR)
    assert named(told, "wave-begun")[1:] == [{"wave": "everybody", "number": 2}]


async def test_a_gate_that_fails_is_told_at_every_look_and_the_pause_once(
    stage: Telling, told: list[EventDict]
) -> None:
    gates = dict.fromkeys(GATES.split()) | {"workerAlive": {"failureLimit": 2}}
    await stage.applies_document(gates=gates)
    await stage.advances()
    for _ in range(4):
        await stage.advances(by=20 * MINUTE)
    failed = named(told, "gate-failed")
    assert [(one["wave"], one["gate"]) for one in failed] == [("pilot", "workerAlive")] * 2
    assert named(told, "rollout-paused") == [
        {"reason": "gate-failed", "wave": "pilot", "who": "clock"}
    ]


async def test_a_gate_with_too_little_to_go_by_is_told(
    stage: Telling, told: list[EventDict]
) -> None:
    gates = dict.fromkeys(GATES.split()) | {"writebackFailures": {"minimumSample": 10}}
    await stage.applies_document(gates=gates)
    await stage.advances()
    await stage.advances(by=MINUTE)
    (first, *_) = named(told, "gate-inconclusive")
    assert (first["gate"], first["sample_size"]) == ("writebackFailures", 0)
    assert named(told, "gate-failed") == []


async def test_a_rollback_is_told_with_how_many_are_on_their_way_out(
    stage: Telling, told: list[EventDict]
) -> None:
    await stage.applies_document()
    await stage.advances()
    look = RollbackOrder(wave="pilot", reason=WHY)
    shown = await roll_back(look, operation(look), stage.world, stage.now)
    assert named(told, "wave-rolled-back") == []
    sure = RollbackOrder(wave="pilot", plan=shown.fingerprint, reason=WHY)
    await roll_back(sure, operation(sure), stage.world, stage.now)
    assert named(told, "wave-rolled-back") == [{"wave": "pilot", "people": len(PILOTS)}]
    assert named(told, "rollout-paused") == [
        {"reason": "rolled-back", "wave": "pilot", "who": "operator"}
    ]


async def test_a_rollback_that_dies_before_its_end_tells_once_more_whom_it_concerned(
    stage: Telling, told: list[EventDict]
) -> None:
    await stage.applies_document()
    await stage.advances()
    look = RollbackOrder(wave="pilot", reason=WHY)
    shown = await roll_back(look, operation(look), stage.world, stage.now)
    sure = RollbackOrder(wave="pilot", plan=shown.fingerprint, reason=WHY)
    done = await roll_back(sure, operation(sure), stage.world, stage.now)
    assert (done.removals, done.done) == (len(PILOTS), True)
    # The app was killed before that was written down; the message comes again.
    kept = await stage.world.operations.find("operation")
    assert kept is not None
    assert await roll_back(sure, kept, stage.world, stage.now) == done
    assert {one["people"] for one in named(told, "wave-rolled-back")} == {len(PILOTS)}


async def test_an_operators_pause_is_told_without_name_or_reason(
    stage: Telling, told: list[EventDict]
) -> None:
    await stage.applies_document()
    await control.pause(stage.world, stage.now, actor=OPERATOR, reason="because")
    assert named(told, "rollout-paused") == [{"reason": "by-operator", "who": "operator"}]


async def test_a_reconciliation_tells_how_things_stand_and_of_drift(
    stage: Telling, told: list[EventDict]
) -> None:
    await stage.applies_document()
    await stage.advances()
    stage.tenant.join(SCOPE, an_id(STRANGER))
    await reconcile(stage.world, stage.clock)
    (summary,) = named(told, "rollout-standing")
    assert (summary["phase"], summary["wave"]) == ("soaking", "pilot")
    assert summary["people"][State.REQUESTED] == len(PILOTS)
    assert named(told, "drift-found") == [
        {
            "added_by_hand": 1,
            "removed_by_hand": 0,
            "repaired": 0,
            "held": 0,
            "no_longer_members": 0,
            "former_group": 0,
        }
    ]


async def test_a_plan_that_would_touch_too_many_is_told(
    stage: Telling, told: list[EventDict]
) -> None:
    await stage.applies_document(safety={"removals": {"people": 1}})
    await stage.advances()
    for number in PILOTS:
        stage.arrive(number, enabled=False)
    await reconcile(stage.world, stage.clock)
    (unsafe,) = named(told, "plan-unsafe")
    assert unsafe["problem"].startswith("removals: ")
    assert [one["reason"] for one in named(told, "rollout-paused")] == ["unsafe-plan"]


async def test_a_worker_is_told_of_at_every_report_and_its_trouble_once(
    stage: Telling, told: list[EventDict]
) -> None:
    trouble = {"state": SyncState.FAILED, "problem": "export-failed", "ended_at": stage.now}
    for minute in range(3):
        at = stage.now + minute * MINUTE
        await record_results([report(at, **trouble)], stage.world, at)
    again = stage.now + HOUR
    await record_results([report(again, **{**trouble, "ended_at": again})], stage.world, again)
    assert (
        named(told, "worker-reported")
        == [{"worker": "worker-1", "directory_answers": True, "sync": "failed"}] * 4
    )
    assert (
        named(told, "delta-sync-problem")
        == [{"worker": "worker-1", "state": "failed", "problem": "export-failed"}] * 2
    )


async def test_whoever_cannot_be_found_in_time_is_told_of_by_a_digest(
    stage: Telling, told: list[EventDict]
) -> None:
    (upn, *_) = NAMES
    unknown = f"un{upn}"
    await take_events(
        [Message(json.dumps({"userPrincipalName": unknown}).encode())], stage.world, stage.now
    )
    await answer_command(stage, f"upn:{unknown}", WriteOutcome.NOT_FOUND)
    assert named(told, "person-failed") == []
    stage.now += 30 * DAY
    await resume_waiting(stage.world, stage.now)
    await answer_command(stage, f"upn:{unknown}", WriteOutcome.NOT_FOUND)
    (failed,) = named(told, "person-failed")
    assert failed["person"].startswith("provisional-")
    assert failed["reason"] is Reason.DEADLINE_PASSED


async def test_a_command_that_nobody_answers_and_one_that_comes_too_late_are_told(
    stage: Telling, told: list[EventDict]
) -> None:
    stage.arrive(ADA, synced=True)
    await include(upn_of(ADA), stage.world, stage.now, actor=OPERATOR, reason="because")
    key = an_id(ADA)
    await answer_command(stage, key, WriteOutcome.REFUSED, Reason.COMMAND_EXPIRED)
    (expired,) = named(told, "command-expired")
    assert expired["person"] == key
    assert len(expired["command"]) == 32
    for _ in range(4):
        await command(stage, key)
        stage.now += DAY
        await follow_up(stage.world, stage.now)
    assert [one["person"] for one in named(told, "command-unanswered")] == [key]


async def test_whoever_is_written_and_not_seen_is_told(
    stage: Telling, told: list[EventDict]
) -> None:
    stage.tenant.listing_lag = 100
    key = an_id(PILOTS[0])
    await include(key, stage.world, stage.now, actor=OPERATOR, reason="because")
    for _ in range(5):
        await command(stage, key)
        stage.now += HOUR
        await follow_up(stage.world, stage.now)
    assert named(told, "person-flagged") == [
        {"person": key, "state": "applied", "reason": "not-visible"}
    ]


async def command(stage: Telling, key: str) -> str | None:
    """Have the writers look at somebody; answers with the command that went out."""
    change = ScopeChange(change_key=f"{stage.now.timestamp()}", person_keys=(key,))
    await apply_scope_changes([Message(change.text())], stage.world, stage.now)
    (enrolment,) = (await stage.world.ledger.load([key])).values()
    return enrolment.command_key


async def answer_command(
    stage: Telling, key: str, outcome: WriteOutcome, reason: Reason | None = None
) -> None:
    """Have a worker answer the command for somebody."""
    result = DirectoryResult(
        command_key=await command(stage, key) or "none",
        action=ScopeAction.ADD,
        members=(MemberResult(key=key, outcome=outcome, reason=reason),),
        sync=SyncReport(state=SyncState.NOT_NEEDED),
        worker="worker-1",
        answered_at=stage.now,
    )
    await record_results([Message(result.text())], stage.world, stage.now)


def callback(stage: Telling, path: str) -> Message:
    waits = LifecycleCallback(
        event_key="nobody-knows", callback_path=path, deadline=stage.now + HOUR
    )
    return Message(waits.text())


async def test_a_workflow_is_told_failed_at_its_deadline_and_nothing_before(
    stage: Telling, told: list[EventDict]
) -> None:
    stage.lifecycle.wait_at(PATH)
    waits = callback(stage, PATH)
    await tell_lifecycle([waits], stage.world, stage.now)
    assert not stage.lifecycle.told
    assert named(told, "lifecycle-told") == []
    await tell_lifecycle([waits], stage.world, stage.now + HOUR)
    assert stage.lifecycle.told == (Told(PATH, completed=False),)
    assert named(told, "lifecycle-told") == [
        {"key": "nobody-knows", "outcome": "failed", "awaited": True}
    ]


async def test_a_workflow_that_is_gone_is_no_trouble_and_told_of(
    stage: Telling, told: list[EventDict]
) -> None:
    await tell_lifecycle([callback(stage, PATH)], stage.world, stage.now + HOUR)
    assert named(told, "lifecycle-told") == [
        {"key": "nobody-knows", "outcome": "failed", "awaited": False}
    ]
