"""What the Connect host's answers mean."""

import pytest

from hybrid_worker.delta_sync.decisions import (
    MOST_EMPTY_LOOKS,
    Carrier,
    Run,
    Scheduler,
    SyncVerdict,
    obstacle,
    verdict,
)
from hybrid_worker.delta_sync.problems import SyncProblem, problem_of

IDLE = Scheduler()
OURS, TENANT, OTHER = "contoso.com", "contoso.onmicrosoft.com - AAD", "fabrikam.com"
CARRIER = Carrier("corp.contoso.com")
IMPORT = Run("1", OURS, "Delta Import", "success")
SYNC = Run("2", OURS, "Delta Synchronization", "success")
EXPORT = Run("3", TENANT, "Export", "success")
WELL = [IMPORT, SYNC, EXPORT]
OF_ADSYNC = "System.X,Microsoft.IdentityManagement.PowerShell.Cmdlet.StartADSyncSyncCycle"


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
        ("This server is in staging mode.", SyncProblem.STAGING),
        ("No way to the server aadc-staging.corp.contoso.com", SyncProblem.REFUSED),
        ("", SyncProblem.REFUSED),
    ],
)
def test_errors_of_adsync_are_told_by_a_part_of_their_text(text: str, problem: SyncProblem) -> None:
    assert problem_of(text, OF_ADSYNC) is problem


@pytest.mark.parametrize("identifier", ["", "CommandNotFoundException", "WinRMTransport,x"])
def test_the_words_of_anybody_elses_error_mean_nothing(identifier: str) -> None:
    for text in ("aadc-staging mode is busy", "sync is already running"):
        assert problem_of(text, identifier) is SyncProblem.REFUSED


@pytest.mark.parametrize(
    ("scheduler", "problem"),
    [
        (Scheduler(), None),
        (Scheduler(in_progress=True), SyncProblem.BUSY),
        (Scheduler(suspended=True), SyncProblem.SUSPENDED),
        (Scheduler(enabled=False), SyncProblem.SCHEDULER_OFF),
        (Scheduler(enabled=False, suspended=True, in_progress=True), SyncProblem.SCHEDULER_OFF),
        (Scheduler(staging=True, suspended=True, in_progress=True), SyncProblem.STAGING),
        (Scheduler(suspended=True, in_progress=True), SyncProblem.SUSPENDED),
    ],
)
def test_the_gravest_obstacle_is_named(scheduler: Scheduler, problem: SyncProblem | None) -> None:
    assert obstacle(scheduler) is problem


def with_result(run: Run, result: str) -> Run:
    return Run(run.identifier, run.connector, run.profile, result)


@pytest.mark.parametrize(
    ("scheduler", "runs", "expected"),
    [
        (IDLE, WELL, SyncVerdict(None)),
        (Scheduler(in_progress=True), WELL, None),
        (IDLE, [IMPORT, SYNC, with_result(EXPORT, "in-progress")], None),
        (IDLE, [IMPORT, SYNC, with_result(EXPORT, "")], None),
        (Scheduler(staging=True), WELL, SyncVerdict(SyncProblem.STAGING)),
        (IDLE, [IMPORT, SYNC], SyncVerdict(SyncProblem.NOT_EXPORTED)),
        (IDLE, [EXPORT], SyncVerdict(SyncProblem.NOT_IMPORTED)),
        (IDLE, [IMPORT, EXPORT], SyncVerdict(SyncProblem.NOT_IMPORTED)),
        (
            IDLE,
            [IMPORT, SYNC, with_result(EXPORT, "stopped-server-down")],
            SyncVerdict(SyncProblem.CYCLE_FAILED, f"{TENANT}, Export: stopped-server-down"),
        ),
        (
            IDLE,
            [with_result(IMPORT, "no-start-connection"), SYNC, EXPORT],
            SyncVerdict(SyncProblem.CYCLE_FAILED, f"{OURS}, Delta Import: no-start-connection"),
        ),
        (
            IDLE,
            [with_result(IMPORT, "no-start-connection"), EXPORT],
            SyncVerdict(SyncProblem.CYCLE_FAILED, f"{OURS}, Delta Import: no-start-connection"),
        ),
        (
            IDLE,
            [IMPORT, SYNC, with_result(EXPORT, "completed-export-errors")],
            SyncVerdict(None, f"{TENANT}, Export: completed-export-errors"),
        ),
    ],
)
def test_a_cycle_counts_by_the_three_runs_that_carry_the_change(
    scheduler: Scheduler, runs: list[Run], expected: SyncVerdict
) -> None:
    assert verdict(scheduler, runs, 0, CARRIER) == expected


@pytest.mark.parametrize(
    "run",
    [
        Run("9", OTHER, "Delta Import", "no-start-connection"),
        Run("9", OTHER, "Delta Synchronization", "stopped-error"),
        Run("9", OTHER, "Export", "in-progress"),
        Run("9", OURS, "Export", "stopped-server-down"),
        Run("9", TENANT, "Delta Import", "stopped-extension-dll-exception"),
    ],
)
def test_another_run_that_went_wrong_is_detail(run: Run) -> None:
    detail = f"{run.connector}, {run.profile}: {run.result}"
    assert verdict(IDLE, [run, *WELL], 0, CARRIER) == SyncVerdict(None, detail)


@pytest.mark.parametrize(
    ("run", "missing"),
    [
        (Run("9", OURS, "Export", "success"), SyncProblem.NOT_EXPORTED),
        (Run("9", TENANT, "Delta Import", "success"), SyncProblem.NOT_IMPORTED),
        (Run("9", OTHER, "Delta Import", "success"), SyncProblem.NOT_IMPORTED),
    ],
)
def test_a_run_of_the_same_name_by_another_connector_is_not_the_one(
    run: Run, missing: SyncProblem
) -> None:
    like = {SyncProblem.NOT_EXPORTED: EXPORT, SyncProblem.NOT_IMPORTED: IMPORT}[missing]
    judged = verdict(IDLE, [run, *(one for one in WELL if one is not like)], 0, CARRIER)
    assert judged == SyncVerdict(missing)


def test_of_two_cycles_one_that_carried_the_change_is_enough() -> None:
    failed = [with_result(run, "stopped-server-down") for run in WELL]
    for runs in ([*failed, *WELL], [*WELL, *failed]):
        judged = verdict(IDLE, runs, 0, CARRIER)
        assert judged
        assert judged.problem is None


@pytest.mark.parametrize(
    ("carrier", "connectors", "expected"),
    [
        (CARRIER, {OURS, OTHER, TENANT}, OURS),
        (CARRIER, {"CONTOSO.com", OTHER, TENANT}, "CONTOSO.com"),
        (CARRIER, {OURS, "corp.contoso.com", TENANT}, "corp.contoso.com"),
        (CARRIER, {"notcontoso.com", OTHER, TENANT}, None),
        (CARRIER, {"the forest of ours", TENANT}, "the forest of ours"),
        (Carrier("corp.contoso.com", "forest 1"), {OURS, "forest 1", TENANT}, "forest 1"),
        (Carrier("zürich.ch"), {"Zürich.ch", "Zörich.ch", TENANT}, "Zürich.ch"),
    ],
)
def test_the_groups_connector_has_the_name_of_its_forest_or_is_named(
    carrier: Carrier, connectors: set[str], expected: str | None
) -> None:
    assert carrier.among(connectors) == expected


def test_where_it_is_not_known_which_connector_it_is_every_import_has_to_go_well() -> None:
    runs = [
        Run(f"{number}", name, profile, "success")
        for number, (name, profile) in enumerate(
            [("a", "Delta Import"), ("b", "Delta Import"), ("a", "Delta Synchronization")]
        )
    ]
    assert verdict(IDLE, [*runs, EXPORT], 0, CARRIER) == SyncVerdict(None)
    broken = [with_result(runs[0], "no-start-connection"), *runs[1:], EXPORT]
    judged = verdict(IDLE, broken, 0, CARRIER)
    assert judged
    assert judged.problem is SyncProblem.CYCLE_FAILED


def test_a_cycle_without_a_run_is_given_up_after_some_looks() -> None:
    looks = [verdict(IDLE, [], count, CARRIER) for count in range(MOST_EMPTY_LOOKS + 1)]
    assert looks == [None] * MOST_EMPTY_LOOKS + [SyncVerdict(SyncProblem.NOTHING_RUN)]
