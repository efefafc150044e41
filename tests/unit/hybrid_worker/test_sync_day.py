"""A simulated day of the worker beside a Connect host on which something stays broken.

The host runs a cycle every half an hour by itself, 48 a day. With one unrelated forest down, the
worker of version 0.1 ran 577, 240 and 55 cycles on such a day, with cycles of 90, 300 and 1500 s.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hybrid_worker.delta_sync.coalescer import Coalescer
from hybrid_worker.delta_sync.connect_host import ConnectFacts
from hybrid_worker.delta_sync.decisions import INTERVAL, Carrier, Run, Scheduler
from hybrid_worker.delta_sync.patience import Timing
from hybrid_worker.delta_sync.problems import SyncProblem, SyncRefused
from hybrid_worker.journal import Journal
from shared.contracts.messages.directory_result import SyncState
from tests.support.delta_sync import Clerk, write

START = datetime(2026, 3, 2, tzinfo=UTC)
DAY = timedelta(days=1)
TIMING = Timing(
    debounce=timedelta(seconds=2),
    poll=timedelta(seconds=5),
    longest_pause=timedelta(minutes=5),
    patience=timedelta(minutes=20),
)
OURS, OTHER, TENANT = "corp.contoso.com", "fabrikam.com", "contoso - AAD"


@dataclass
class BusyDay:
    """A Connect host with a clock: its own cycles, and those that somebody starts."""

    cycle: timedelta
    broken: str
    now: datetime = START
    starts: list[datetime] = field(default_factory=list)
    scheduled: int = 0
    questions: int = 0
    ends: datetime | None = None
    results: list[Run] = field(default_factory=list)
    next_of_its_own: datetime = START + timedelta(minutes=7)

    def at(self, now: datetime) -> None:
        """Does by itself what is due until then."""
        while (due := min(self.ends or self.next_of_its_own, self.next_of_its_own)) <= now:
            if self.ends and self.ends <= due:
                self._finish()
            else:
                self.next_of_its_own += INTERVAL
                self.scheduled += self.ends is None
                self.ends = self.ends or due + self.cycle
        self.now = now

    def scheduler(self) -> Scheduler:
        self.questions += 1
        return Scheduler(in_progress=self.ends is not None)

    def runs(self, known: frozenset[str] = frozenset()) -> Sequence[Run]:
        return [run for run in self.results[-100:] if run.identifier not in known]

    def start(self) -> None:
        if self.ends:
            raise SyncRefused(SyncProblem.BUSY)
        self.starts.append(self.now)
        self.ends = self.now + self.cycle

    def facts(self) -> ConnectFacts:
        return ConnectFacts()

    def close(self) -> None:
        """Nothing is held open."""

    def _finish(self) -> None:
        self.ends = None
        steps = [(name, "Delta Import") for name in (OURS, OTHER, TENANT)]
        steps += [(name, "Delta Synchronization") for name in (OURS, OTHER, TENANT)]
        steps += [(name, "Export") for name in (TENANT, OURS, OTHER)]
        self.results += [
            Run(
                f"{len(self.results) + place}",
                name,
                profile,
                "stopped-server-down" if name == self.broken else "success",
            )
            for place, (name, profile) in enumerate(steps)
        ]


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "journal", START) as journal:
        yield journal


class Worker:
    """The worker beside this host, turn by turn."""

    def __init__(self, day: BusyDay, journal: Journal) -> None:
        self.day = day
        self.journal = journal
        self.now = START
        self.sync = Coalescer(
            lambda: day,
            Clerk(),
            journal,
            timing=TIMING,
            carrier=Carrier("corp.contoso.com"),
            writes_to=lambda: None,
            clock=lambda: self.now,
        )

    def live(self, length: timedelta, *changes: timedelta) -> None:
        """Lives on for so long; somebody is written at these times from now."""
        end, due = self.now + length, [self.now + after for after in changes]
        while self.now < end:
            while due and due[0] <= self.now:
                write(self.journal, f"change-{len(due)}", due.pop(0))
            self.sync.step()
            wakes = [at for at in (self.sync.due(), *due[:1]) if at]
            self.now = max(min([*wakes, end]), self.now + timedelta(seconds=1))
            self.day.at(self.now)


@pytest.mark.parametrize("seconds", [90, 300, 1500])
def test_an_unrelated_forest_that_is_down_costs_one_cycle(seconds: int, journal: Journal) -> None:
    day = BusyDay(timedelta(seconds=seconds), broken=OTHER)
    Worker(day, journal).live(DAY, timedelta(hours=1))
    recorded = journal.recorded(["change-1"])["change-1"]
    assert (recorded.sync.state, recorded.owed_since) == (SyncState.SUCCEEDED, None)
    assert recorded.sync.detail
    assert OTHER in recorded.sync.detail
    assert len(day.starts) == 1


@pytest.mark.parametrize("seconds", [90, 300, 1500])
@pytest.mark.parametrize("broken", [TENANT, OURS])
def test_what_carries_the_change_is_tried_three_times_and_then_left_to_the_scheduler(
    broken: str, seconds: int, journal: Journal
) -> None:
    day = BusyDay(timedelta(seconds=seconds), broken)
    Worker(day, journal).live(DAY, timedelta(hours=1))
    assert journal.recorded(["change-1"])["change-1"].sync.problem == "cycle-failed"
    assert 1 <= len(day.starts) <= 3
    assert day.scheduled + len(day.starts) <= 48 + 3
    assert all(
        later - earlier >= INTERVAL
        for earlier, later in zip(day.starts, day.starts[1:], strict=False)
    )
    # It only looks: with growing pauses, so that a day costs little more than a look a cycle.
    assert day.questions < 48 * 3 + 250


def test_a_stream_of_changes_changes_nothing_of_that(journal: Journal) -> None:
    day = BusyDay(timedelta(seconds=300), broken=TENANT)
    Worker(day, journal).live(DAY, *(timedelta(minutes=10 * number) for number in range(6, 140)))
    assert len(day.starts) <= 3
    assert day.scheduled + len(day.starts) <= 48 + 3


def test_once_it_is_mended_the_next_cycle_of_the_schedulers_is_seen_to_carry_the_change(
    journal: Journal,
) -> None:
    worker = Worker(BusyDay(timedelta(seconds=300), broken=TENANT), journal)
    worker.live(DAY, timedelta(hours=1))
    starts = len(worker.day.starts)
    worker.day.broken = ""
    worker.live(2 * INTERVAL + worker.day.cycle)
    assert not journal.owed()
    assert len(worker.day.starts) == starts
