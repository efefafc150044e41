"""The worker's sign of life: when it is due, and that nothing keeps it off for good."""

from datetime import UTC, datetime, timedelta

import pytest

from hybrid_worker.heartbeat import Heartbeat
from shared.contracts.messages.directory_result import SyncReport, SyncState
from shared.contracts.messages.version import running_version
from shared.contracts.messages.worker_report import SyncHindrance, WorkerReport
from shared.domain.errors import DirectoryUnavailable

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
EVERY = timedelta(seconds=60)
NONE_YET = SyncReport(state=SyncState.NOT_NEEDED)
SUCCEEDED = SyncReport(state=SyncState.SUCCEEDED, ended_at=START)


@pytest.fixture
def heartbeat() -> Heartbeat:
    return Heartbeat("worker-1", EVERY)


def said_at(
    heartbeat: Heartbeat,
    after: timedelta,
    sync: SyncReport = NONE_YET,
    *,
    directory_answers: bool = True,
) -> WorkerReport | None:
    trouble = None if directory_answers else DirectoryUnavailable("timed out")
    report = heartbeat.report(START + after, sync, None, trouble)
    if report:
        heartbeat.sent(report)
    return report


def test_the_first_one_is_due_at_once_and_says_who_when_and_how(heartbeat: Heartbeat) -> None:
    assert heartbeat.is_due(START)
    assert said_at(heartbeat, timedelta(), SUCCEEDED, directory_answers=False) == WorkerReport(
        worker="worker-1",
        reported_at=START,
        directory_answers=False,
        directory_problem="unreachable",
        directory_detail="timed out",
        sync=SUCCEEDED,
        version=running_version(),
    )


def test_the_same_is_said_again_after_the_interval_and_not_before(heartbeat: Heartbeat) -> None:
    said_at(heartbeat, timedelta())
    assert said_at(heartbeat, EVERY - timedelta(seconds=1)) is None
    assert said_at(heartbeat, EVERY)
    assert said_at(heartbeat, EVERY + timedelta(seconds=1)) is None


@pytest.mark.parametrize(
    ("sync", "directory_answers"),
    [
        (NONE_YET, False),
        (SUCCEEDED, True),
        (SyncReport(state=SyncState.NOT_NEEDED, problem="left-to-scheduler"), True),
    ],
    ids=["directory", "state", "problem"],
)
def test_what_is_another_is_said_at_once_and_once(
    heartbeat: Heartbeat, sync: SyncReport, directory_answers: bool
) -> None:
    said_at(heartbeat, timedelta())
    moment = timedelta(seconds=1)
    assert said_at(heartbeat, moment, sync, directory_answers=directory_answers)
    assert said_at(heartbeat, 2 * moment, sync, directory_answers=directory_answers) is None


def test_what_gets_in_the_way_of_a_sync_is_said_at_once_and_its_detail_in_time(
    heartbeat: Heartbeat,
) -> None:
    said_at(heartbeat, timedelta())
    for second, detail in ((1, "no answer for 30 s"), (2, "no answer for 31 s")):
        hangs = SyncHindrance(problem="hangs", detail=detail, since=START)
        report = heartbeat.report(START + timedelta(seconds=second), NONE_YET, hangs, None)
        assert bool(report) is (second == 1)
        if report:
            assert report.hindrance == hangs
            heartbeat.sent(report)


def test_another_success_of_the_sync_can_wait_for_the_next_interval(heartbeat: Heartbeat) -> None:
    said_at(heartbeat, timedelta(), SUCCEEDED)
    again = SUCCEEDED.model_copy(update={"ended_at": START + EVERY / 2})
    assert said_at(heartbeat, EVERY / 2, again) is None
    report = said_at(heartbeat, EVERY, again)
    assert report
    assert report.sync.ended_at == START + EVERY / 2


def test_what_could_not_be_sent_stays_due(heartbeat: Heartbeat) -> None:
    assert heartbeat.report(START, NONE_YET, None, None)
    assert heartbeat.is_due(START)
    assert heartbeat.report(START, NONE_YET, None, None)


def test_a_clock_that_is_set_back_does_not_silence_it(heartbeat: Heartbeat) -> None:
    said_at(heartbeat, timedelta())
    assert said_at(heartbeat, timedelta(hours=-3))
    assert said_at(heartbeat, timedelta(hours=-3) + EVERY)
