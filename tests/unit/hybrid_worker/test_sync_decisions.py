"""What the Connect host's answers mean."""

import pytest

from hybrid_worker.delta_sync.decisions import (
    MOST_EMPTY_LOOKS,
    Problem,
    Run,
    Scheduler,
    Verdict,
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
            Problem.BUSY,
        ),
        ("Connector: contoso.onmicrosoft.com - AAD is busy.", Problem.CONNECTOR_BUSY),
        ("Scheduler is already suspended via global parameters.", Problem.SUSPENDED),
        ("SCHEDULER IS ALREADY SUSPENDED VIA GLOBAL PARAMETERS", Problem.SUSPENDED),
        ("The term 'Start-ADSyncSyncCycle' is not recognized", Problem.REFUSED),
        ("", Problem.REFUSED),
    ],
)
def test_error_texts_are_told_by_a_part_of_them(text: str, problem: Problem) -> None:
    assert problem_in(text) is problem


@pytest.mark.parametrize(
    ("scheduler", "problem"),
    [
        (Scheduler(), None),
        (Scheduler(in_progress=True), Problem.BUSY),
        (Scheduler(suspended=True), Problem.SUSPENDED),
        (Scheduler(staging=True), Problem.STAGING),
        (Scheduler(staging=True, suspended=True, in_progress=True), Problem.STAGING),
        (Scheduler(suspended=True, in_progress=True), Problem.SUSPENDED),
    ],
)
def test_the_gravest_obstacle_is_named(scheduler: Scheduler, problem: Problem | None) -> None:
    assert obstacle(scheduler) is problem


@pytest.mark.parametrize(
    ("scheduler", "runs", "expected"),
    [
        (IDLE, [IMPORT, EXPORT], Verdict(None)),
        (Scheduler(in_progress=True), [IMPORT, EXPORT], None),
        (IDLE, [IMPORT, Run("2", "AAD", "Export", "in-progress")], None),
        (IDLE, [IMPORT, Run("2", "AAD", "Export", "")], None),
        (Scheduler(staging=True), [IMPORT, EXPORT], Verdict(Problem.STAGING)),
        (IDLE, [IMPORT], Verdict(Problem.NOT_EXPORTED)),
        (
            IDLE,
            [IMPORT, Run("2", "AAD", "Export", "stopped-server-down")],
            Verdict(Problem.CYCLE_FAILED, "AAD, Export: stopped-server-down"),
        ),
        (
            IDLE,
            [Run("1", "AD", "Delta Import", "no-start-connection"), EXPORT],
            Verdict(Problem.CYCLE_FAILED, "AD, Delta Import: no-start-connection"),
        ),
        (
            IDLE,
            [IMPORT, Run("2", "AAD", "Export", "completed-export-errors")],
            Verdict(None, "AAD, Export: completed-export-errors"),
        ),
    ],
)
def test_a_cycle_counts_when_all_of_its_runs_completed_and_one_of_them_exported(
    scheduler: Scheduler, runs: list[Run], expected: Verdict | None
) -> None:
    assert verdict(scheduler, runs, empty_looks=0) == expected


def test_a_cycle_without_a_run_is_given_up_after_some_looks() -> None:
    looks = [verdict(IDLE, [], count) for count in range(MOST_EMPTY_LOOKS + 1)]
    assert looks == [None] * MOST_EMPTY_LOOKS + [Verdict(Problem.NOTHING_RUN)]
