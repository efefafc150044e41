"""Coalescing: one cycle for many changes, never two at once, and a debt that is not forgotten."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from hybrid_worker.active_directory.account import Account
from hybrid_worker.delta_sync.coalescer import Coalescer, Timing
from hybrid_worker.delta_sync.decisions import Run, Scheduler, SyncProblem, SyncRefused
from hybrid_worker.journal import Journal, JournalEntry, Recorded
from hybrid_worker.plan import Planned, Target
from shared.contracts.messages.directory_command import CommandMember, DirectoryCommand
from shared.contracts.messages.directory_result import MemberResult, SyncReport, SyncState
from shared.domain.person.writes import ScopeAction, WriteOutcome

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
TIMING = Timing(
    debounce=timedelta(seconds=2),
    poll=timedelta(seconds=5),
    longest_pause=timedelta(seconds=60),
    patience=timedelta(minutes=20),
)


@dataclass
class ScriptedHost:
    """A Connect host that does what the test says."""

    state: Scheduler = field(default_factory=Scheduler)
    results: list[Run] = field(default_factory=list)
    refusal: SyncRefused | None = None
    starts: int = 0
    looks: int = 0

    def scheduler(self) -> Scheduler:
        self.looks += 1
        return self.state

    def runs(self) -> Sequence[Run]:
        return self.results

    def start(self) -> None:
        if self.refusal:
            raise self.refusal
        assert not self.state.in_progress, "two cycles at once"
        self.starts += 1
        self.state = replace(self.state, in_progress=True)

    def end(self, result: str = "success") -> None:
        number = len(self.results)
        self.results.append(Run(f"{number}", "AD", "Delta Import", "success"))
        self.results.append(Run(f"{number + 1}", "AAD", "Export", result))
        self.state = replace(self.state, in_progress=False)


@dataclass
class Scene:
    journal: Journal
    host: ScriptedHost = field(default_factory=ScriptedHost)
    now: datetime = START

    def __post_init__(self) -> None:
        self.sync = self.restarted()

    def restarted(self) -> Coalescer:
        return Coalescer(self.host, self.journal, TIMING, lambda: self.now)

    def write(self, key: str) -> None:
        """A command has been written to AD now."""
        member = CommandMember(key="p", employee_id="1")
        command = DirectoryCommand(
            command_key=key,
            action=ScopeAction.ADD,
            members=(member,),
            cause="c",
            actor="a",
            issued_at=self.now,
            expires_at=self.now + timedelta(hours=1),
        )
        account = Account(guid=UUID(int=1), sid="S-1")
        answer = JournalEntry(
            command,
            (MemberResult(key="p", outcome=WriteOutcome.DONE),),
            SyncReport(state=SyncState.PENDING),
            owes_sync=True,
        )
        item = Planned(Target(command, member, account), WriteOutcome.DONE)
        self.journal.record([answer], [item], self.now)
        self.journal.told([key])

    def after(self, seconds: float) -> None:
        """Time goes by second by second, and the loop takes its turns."""
        end = self.now + timedelta(seconds=seconds)
        while self.now < end:
            self.now = min(self.now + timedelta(seconds=1), end)
            self.sync.step()

    def recorded(self, key: str) -> Recorded:
        return self.journal.recorded([key])[key]

    def state(self, key: str) -> tuple[SyncState, str | None]:
        report = self.recorded(key).sync
        return report.state, report.problem


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with Journal(tmp_path / "journal", START) as journal:
        yield Scene(journal)


def test_the_newest_sync_is_told_as_it_ended_whatever_waits_meanwhile(scene: Scene) -> None:
    assert scene.sync.newest() == SyncReport(state=SyncState.NOT_NEEDED)
    scene.write("a")
    scene.after(3)
    assert scene.sync.newest().state is SyncState.NOT_NEEDED
    scene.host.end()
    scene.after(5)
    first = scene.sync.newest()
    assert first == scene.recorded("a").sync
    assert first.state is SyncState.SUCCEEDED
    assert first.ended_at
    scene.write("b")
    scene.after(5)
    assert scene.sync.is_running
    assert scene.sync.newest() == first
    scene.host.end("stopped-server-down")
    scene.after(5)
    second = scene.sync.newest()
    assert (second.state, second.problem) == (SyncState.FAILED, "cycle-failed")
    assert second.ended_at
    assert second.ended_at > first.ended_at


def test_a_sync_that_was_waited_for_in_vain_is_told_as_the_newest(scene: Scene) -> None:
    scene.host.state = Scheduler(suspended=True)
    scene.write("a")
    scene.after(1199)
    assert scene.sync.newest().state is SyncState.NOT_NEEDED
    scene.after(2)
    newest = scene.sync.newest()
    assert (newest.state, newest.problem) == (SyncState.FAILED, "suspended")


def test_while_nothing_is_owed_the_host_is_left_alone(scene: Scene) -> None:
    scene.after(600)
    assert scene.host.looks == 0
    assert scene.sync.due() is None


def test_changes_within_the_debounce_are_one_cycle(scene: Scene) -> None:
    scene.write("a")
    scene.after(1)
    scene.write("b")
    scene.after(1)
    assert scene.host.starts == 0
    scene.after(2)
    scene.host.end()
    scene.after(6)
    assert (scene.host.starts, scene.state("a"), scene.state("b")) == (
        1,
        (SyncState.SUCCEEDED, None),
        (SyncState.SUCCEEDED, None),
    )


def test_a_stream_of_changes_does_not_put_the_cycle_off_for_ever(scene: Scene) -> None:
    for number in range(20):
        scene.write(f"{number}")
        scene.after(1)
    assert scene.host.starts == 1


def test_a_change_during_a_cycle_gets_a_cycle_of_its_own(scene: Scene) -> None:
    scene.write("a")
    scene.after(3)
    scene.write("b")
    scene.after(30)
    assert scene.host.starts == 1
    scene.host.end()
    scene.after(5)
    assert scene.state("a")[0] is SyncState.SUCCEEDED
    assert scene.state("b")[0] is SyncState.PENDING
    scene.after(5)
    assert scene.host.starts == 2
    scene.host.end()
    scene.after(5)
    assert scene.state("b")[0] is SyncState.SUCCEEDED


def test_the_same_command_written_again_during_a_cycle_waits_for_the_next(scene: Scene) -> None:
    scene.write("a")
    scene.after(3)
    scene.write("a")
    scene.host.end()
    scene.after(5)
    assert scene.state("a")[0] is SyncState.PENDING
    scene.after(5)
    assert scene.host.starts == 2


def test_a_foreign_cycle_is_waited_for_without_growing_pauses(scene: Scene) -> None:
    scene.host.state = Scheduler(in_progress=True)
    scene.write("a")
    scene.after(120)
    assert scene.host.starts == 0
    assert scene.sync.standing().problem == SyncProblem.BUSY
    scene.host.end()
    scene.after(6)
    assert scene.host.starts == 1


def test_a_suspended_host_is_asked_less_and_less_often(scene: Scene) -> None:
    scene.host.state = Scheduler(suspended=True)
    scene.write("a")
    scene.after(600)
    assert scene.host.starts == 0
    assert 10 < scene.host.looks < 16


def test_when_patience_is_over_it_counts_as_failed_once_and_is_still_tried(scene: Scene) -> None:
    scene.host.state = Scheduler(staging=True)
    scene.write("a")
    scene.after(1199)
    assert scene.state("a")[0] is SyncState.PENDING
    scene.after(2)
    assert scene.state("a") == (SyncState.FAILED, "staging")
    assert not scene.recorded("a").told
    scene.journal.told(["a"])
    scene.after(600)
    assert scene.recorded("a").told
    scene.host.state = Scheduler()
    scene.after(61)
    scene.host.end()
    scene.after(6)
    assert scene.state("a") == (SyncState.SUCCEEDED, None)


def test_a_cycle_that_failed_is_told_at_once_and_tried_again(scene: Scene) -> None:
    scene.write("a")
    scene.after(3)
    scene.host.end("stopped-server-down")
    scene.after(5)
    assert scene.state("a") == (SyncState.FAILED, "cycle-failed")
    assert scene.recorded("a").sync.detail == "AAD, Export: stopped-server-down"
    assert scene.recorded("a").owed_since is not None
    scene.after(10)
    assert scene.host.starts == 2
    scene.host.end()
    scene.after(6)
    assert scene.state("a") == (SyncState.SUCCEEDED, None)
    assert scene.recorded("a").owed_since is None


def test_a_refused_start_is_tried_again(scene: Scene) -> None:
    scene.host.refusal = SyncRefused(SyncProblem.CONNECTOR_BUSY, "AAD is busy")
    scene.write("a")
    scene.after(4)
    standing = scene.sync.standing()
    assert (standing.problem, standing.detail) == ("connector-busy", "AAD is busy")
    scene.host.refusal = None
    scene.after(10)
    assert scene.host.starts == 1


def test_after_a_restart_during_a_cycle_another_one_is_run(scene: Scene) -> None:
    scene.write("a")
    scene.after(3)
    scene.sync = scene.restarted()
    scene.after(10)
    assert (scene.host.starts, scene.state("a")[0]) == (1, SyncState.PENDING)
    scene.host.end()
    scene.after(6)
    assert scene.host.starts == 2


def test_a_worker_that_was_down_for_long_tries_before_it_complains(scene: Scene) -> None:
    scene.write("a")
    scene.now += timedelta(hours=3)
    scene.sync = scene.restarted()
    scene.after(3)
    assert (scene.host.starts, scene.state("a")) == (1, (SyncState.PENDING, None))
