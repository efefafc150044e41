"""What the Connect host's answers mean."""

import pytest

from hybrid_worker.delta_sync.decisions import (
    MOST_EMPTY_LOOKS,
    Run,
    Scheduler,
    SyncProblem,
    SyncVerdict,
    obstacle,
    problem_in,
    verdict,
)

IDLE = Scheduler()
IMPORT = Run("1", "corp.contoso.com", "Delta Import", "success")
EXPORT = Run("2", "contoso.onmicrosoft.com - AAD", "Export", "success")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "InvalidOperationException: Sync is already running. Cannot start a new run.\r\n   at",
            SyncProblem.BUSY,
        ),
        ("Connector: contoso.onmicrosoft.com - AAD is busy.", SyncProblem.CONNECTOR_BUSY),
        ("Scheduler is already suspended via global parameters.", SyncProblem.SUSPENDED),
        ("SCHEDULER IS ALREADY SUSPENDED VIA GLOBAL PARAMETERS", SyncProblem.SUSPENDED),
        ("The term 'Start-ADSyncSyncCycle' is not recognized", SyncProblem.REFUSED),
        ("", SyncProblem.REFUSED),
    ],
)
def test_error_texts_are_told_by_a_part_of_them(text: str, problem: SyncProblem) -> None:
    assert problem_in(text) is problem


@pytest.mark.parametrize(
    ("scheduler", "problem"),
    [
        (Scheduler(), None),
        (Scheduler(in_progress=True), SyncProblem.BUSY),
        (Scheduler(suspended=True), SyncProblem.SUSPENDED),
        (Scheduler(staging=True), SyncProblem.STAGING),
        (Scheduler(staging=True, suspended=True, in_progress=True), SyncProblem.STAGING),
        (Scheduler(suspended=True, in_progress=True), SyncProblem.SUSPENDED),
    ],
)
def test_the_gravest_obstacle_is_named(scheduler: Scheduler, problem: SyncProblem | None) -> None:
    assert obstacle(scheduler) is problem


@pytest.mark.parametrize(
    ("scheduler", "runs", "expected"),
    [
        (IDLE, [IMPORT, EXPORT], SyncVerdict(None)),
        (Scheduler(in_progress=True), [IMPORT, EXPORT], None),
        (IDLE, [IMPORT, Run("2", "AAD", "Export", "in-progress")], None),
        (IDLE, [IMPORT, Run("2", "AAD", "Export", "")], None),
        (Scheduler(staging=True), [IMPORT, EXPORT], SyncVerdict(SyncProblem.STAGING)),
        (IDLE, [IMPORT], SyncVerdict(SyncProblem.NOT_EXPORTED)),
        (
            IDLE,
            [IMPORT, Run("2", "AAD", "Export", "stopped-server-down")],
            SyncVerdict(SyncProblem.CYCLE_FAILED, "AAD, Export: stopped-server-down"),
        ),
        (
            IDLE,
            [Run("1", "AD", "Delta Import", "no-start-connection"), EXPORT],
            SyncVerdict(SyncProblem.CYCLE_FAILED, "AD, Delta Import: no-start-connection"),
        ),
        (
            IDLE,
            [IMPORT, Run("2", "AAD", "Export", "completed-export-errors")],
            SyncVerdict(None, "AAD, Export: completed-export-errors"),
        ),
    ],
)
def test_a_cycle_counts_when_all_of_its_runs_completed_and_one_of_them_exported(
    scheduler: Scheduler, runs: list[Run], expected: SyncVerdict | None
) -> None:
    assert verdict(scheduler, runs, empty_looks=0) == expected


def test_a_cycle_without_a_run_is_given_up_after_some_looks() -> None:
    looks = [verdict(IDLE, [], count) for count in range(MOST_EMPTY_LOOKS + 1)]
    assert looks == [None] * MOST_EMPTY_LOOKS + [SyncVerdict(SyncProblem.NOTHING_RUN)]
