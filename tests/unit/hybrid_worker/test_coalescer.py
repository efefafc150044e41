"""Coalescing: one cycle for many changes, never two at once, and a debt that is not forgotten."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hybrid_worker.delta_sync.coalescer import Coalescer
from hybrid_worker.delta_sync.connect_host import ConnectFacts
from hybrid_worker.delta_sync.decisions import Carrier, Run, Scheduler
from hybrid_worker.delta_sync.patience import Timing
from hybrid_worker.delta_sync.problems import SyncProblem, SyncRefused
from hybrid_worker.journal import Journal, Recorded
from shared.contracts.messages.directory_result import SyncReport, SyncState
from tests.support.delta_sync import Clerk, write

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
    sessions: int = 0
    is_open: bool = False
    imports_from: str = "dc1.corp.contoso.com"
    version: tuple[int, ...] | None = None

    def scheduler(self) -> Scheduler:
        self.looks += 1
        self.sessions += not self.is_open
        self.is_open = True
        return self.state

    def runs(self, known: frozenset[str] = frozenset()) -> Sequence[Run]:
        return [run for run in self.results if run.identifier not in known]

    def facts(self) -> ConnectFacts:
        return ConnectFacts(self.version, {"corp.contoso.com": self.imports_from})

    def close(self) -> None:
        self.is_open = False

    def start(self) -> None:
        if self.refusal:
            raise self.refusal
        assert not self.state.in_progress, "two cycles at once"
        self.starts += 1
        self.state = replace(self.state, in_progress=True)

    def end(self, result: str = "success") -> None:
        for connector, profile, outcome in (
            ("corp.contoso.com", "Delta Import", "success"),
            ("corp.contoso.com", "Delta Synchronization", "success"),
            ("contoso - AAD", "Export", result),
        ):
            self.results.append(Run(f"{len(self.results)}", connector, profile, outcome))
        self.state = replace(self.state, in_progress=False)


@dataclass
class Scene:
    journal: Journal
    host: ScriptedHost = field(default_factory=ScriptedHost)
    clerk: Clerk = field(default_factory=Clerk)
    now: datetime = START

    def __post_init__(self) -> None:
        self.sync = self.restarted()

    def restarted(self) -> Coalescer:
        return Coalescer(
            lambda: self.host,
            self.clerk,
            self.journal,
            timing=TIMING,
            carrier=Carrier("corp.contoso.com"),
            writes_to=lambda: "DC1.corp.contoso.com",
            clock=lambda: self.now,
        )

    def write(self, key: str) -> None:
        """A command has been written to AD now."""
        write(self.journal, key, self.now)

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


def test_a_foreign_cycle_is_waited_for_in_one_session_by_looks_that_cost_a_tenth(
    scene: Scene,
) -> None:
    scene.host.state = Scheduler(in_progress=True)
    scene.write("a")
    scene.after(120)
    assert scene.host.starts == 0
    assert scene.sync.standing().problem == SyncProblem.BUSY
    assert (scene.sync.hindrance(), scene.host.sessions) == (None, 1)
    assert 15 < scene.host.looks < 25
    scene.host.end()
    scene.after(13)
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


def test_a_cycle_that_failed_is_told_at_once_and_what_the_scheduler_does_then_counts(
    scene: Scene,
) -> None:
    scene.write("a")
    scene.after(3)
    scene.host.end("stopped-server-down")
    scene.after(5)
    assert scene.state("a") == (SyncState.FAILED, "cycle-failed")
    assert scene.recorded("a").sync.detail == "contoso - AAD, Export: stopped-server-down"
    assert scene.recorded("a").owed_since is not None
    scene.after(600)
    assert (scene.host.starts, scene.host.is_open) == (1, False)
    scene.host.end()
    scene.after(600)
    assert scene.state("a") == (SyncState.SUCCEEDED, None)
    assert scene.recorded("a").owed_since is None


def test_another_change_gets_a_cycle_at_once_though_one_has_just_failed(scene: Scene) -> None:
    scene.write("a")
    scene.after(3)
    scene.host.end("stopped-server-down")
    scene.after(60)
    scene.write("b")
    scene.after(10)
    assert scene.host.starts == 2
    scene.host.end()
    scene.after(6)
    assert [scene.state(key)[0] for key in "ab"] == [SyncState.SUCCEEDED] * 2


def test_after_three_failures_nothing_is_started_until_a_cycle_of_the_schedulers_went_well(
    scene: Scene,
) -> None:
    for number in range(3):
        scene.write(f"{number}")
        scene.after(60)
        scene.host.end("stopped-server-down")
        scene.after(30)
    assert scene.host.starts == 3
    scene.write("late")
    scene.after(3600)
    assert scene.host.starts == 3
    scene.host.end()
    scene.after(1800)
    assert scene.state("0")[0] is SyncState.SUCCEEDED
    assert scene.host.starts == 3
    scene.write("next")
    scene.after(10)
    assert scene.host.starts == 4


def test_a_cycle_is_one_session_on_the_host_whose_end_is_told_it(scene: Scene) -> None:
    scene.write("a")
    scene.after(100)
    scene.host.end()
    scene.after(15)
    assert scene.state("a")[0] is SyncState.SUCCEEDED
    assert (scene.host.sessions, scene.host.is_open) == (1, False)


def test_a_scheduler_that_is_switched_off_keeps_everybody_from_starting(scene: Scene) -> None:
    scene.host.state = Scheduler(enabled=False)
    scene.write("a")
    scene.after(7200)
    assert (scene.host.starts, scene.host.is_open) == (0, False)
    hindrance = scene.sync.hindrance()
    assert hindrance
    assert (hindrance.problem, hindrance.since) == ("scheduler-off", START + timedelta(seconds=2))
    assert scene.state("a") == (SyncState.FAILED, "scheduler-off")


def test_while_the_host_hangs_no_step_waits_and_it_is_said_since_when(scene: Scene) -> None:
    scene.write("a")
    scene.clerk.is_slow = True
    scene.after(3)
    assert (scene.sync.hindrance(), len(scene.clerk.waiting)) == (None, 1)
    scene.after(60)
    hindrance = scene.sync.hindrance()
    assert hindrance
    assert (hindrance.problem, hindrance.since) == ("hangs", START + timedelta(seconds=2))
    assert scene.sync.standing().problem == "hangs"
    # Whatever hangs there is given up, and asked anew in a session of its own.
    scene.after(600)
    assert 1 < len(scene.clerk.waiting) < 5
    hindrance = scene.sync.hindrance()
    assert hindrance
    assert hindrance.since == START + timedelta(seconds=2)
    scene.clerk.is_slow = False
    scene.after(400)
    scene.host.end()
    scene.after(10)
    assert (scene.state("a")[0], scene.sync.hindrance()) == (SyncState.SUCCEEDED, None)


def test_an_answer_that_comes_after_it_was_given_up_is_nobodys(scene: Scene) -> None:
    scene.write("a")
    scene.clerk.is_slow = True
    scene.after(400)
    late = scene.clerk.waiting[0]
    scene.host.state = Scheduler(in_progress=True)
    scene.clerk.is_slow = False
    scene.after(1)
    late.run()
    scene.after(60)
    assert not scene.sync.is_running


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


@pytest.mark.parametrize(
    ("version", "problem"),
    [(None, None), ((2, 5, 79, 0), None), ((2, 6, 1), None), ((2, 5, 78, 9), "too-old")],
)
def test_a_cycle_of_a_version_that_synchronizes_nothing_does_not_count(
    scene: Scene, version: tuple[int, ...] | None, problem: str | None
) -> None:
    scene.host.version = version
    scene.write("a")
    scene.after(3)
    scene.host.end()
    scene.after(6)
    state = SyncState.FAILED if problem else SyncState.SUCCEEDED
    assert scene.state("a") == (state, problem)
    if problem:
        assert scene.recorded("a").sync.detail == "version 2.5.78.9, needed is 2.5.79.0"


def test_a_cycle_that_imported_from_another_controller_is_for_entra_to_show(scene: Scene) -> None:
    scene.host.imports_from = "dc2.corp.contoso.com"
    scene.write("a")
    scene.after(3)
    scene.host.end()
    scene.after(6)
    recorded = scene.recorded("a")
    assert (recorded.sync.state, recorded.sync.problem) == (SyncState.PENDING, "other-controller")
    assert recorded.sync.detail == (
        "imported from dc2.corp.contoso.com, written to DC1.corp.contoso.com"
    )
    assert (recorded.owed_since, recorded.is_final) == (None, True)
    assert scene.sync.newest().state is SyncState.SUCCEEDED
    assert scene.sync.imports_from == "dc2.corp.contoso.com"
    scene.after(4000)
    assert scene.host.starts == 1
