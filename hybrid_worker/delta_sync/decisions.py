"""What the Connect host's answers mean: pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

MOST_EMPTY_LOOKS = 3
"""Looks at an idle scheduler without a single new run before a cycle counts as never run."""


class SyncProblem(StrEnum):
    """Why a delta sync cannot be had, or did not count."""

    BUSY = "busy"
    """A cycle is running that may have imported before the change was written."""
    CONNECTOR_BUSY = "connector-busy"
    SUSPENDED = "suspended"
    """The Connect wizard is open, or somebody suspended the scheduler."""
    STAGING = "staging"
    """A staging server imports and exports nothing."""
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    """The host answered with an error of another kind; see the detail."""
    STILL_RUNNING = "still-running"
    CYCLE_FAILED = "cycle-failed"
    NOTHING_RUN = "nothing-run"
    NOT_EXPORTED = "not-exported"
    """The cycle ended without an export."""
    LEFT_TO_SCHEDULER = "left-to-scheduler"
    """The worker has been told to trigger no cycles."""
    LEFT_TO_CLOUD_SYNC = "left-to-cloud-sync"
    """Entra Cloud Sync carries the changes, every two minutes; nobody can trigger it from here."""


class SyncRefused(Exception):
    """A delta sync cannot be had now."""

    def __init__(self, problem: SyncProblem, detail: str = "") -> None:
        super().__init__(f"{problem}: {detail}" if detail else str(problem))
        self.problem = problem
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Scheduler:
    """What `Get-ADSyncScheduler` says."""

    staging: bool = False
    suspended: bool = False
    in_progress: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """One run profile, of `Get-ADSyncRunProfileResult`."""

    identifier: str
    connector: str
    profile: str
    result: str


@dataclass(frozen=True, slots=True)
class SyncVerdict:
    """How a cycle ended; a `problem` of None means well."""

    problem: SyncProblem | None
    detail: str = ""


# In this order: the first text that occurs decides. Whole messages differ between versions and
# languages of the host; these parts are what scripts in the field have matched for years.
_TEXTS = (
    ("sync is already running", SyncProblem.BUSY),
    ("suspended", SyncProblem.SUSPENDED),
    ("staging", SyncProblem.STAGING),
    ("is busy", SyncProblem.CONNECTOR_BUSY),
)


def problem_in(text: str) -> SyncProblem:
    """Returns the problem that an error text of the host stands for."""
    lowered = text.lower()
    return next((problem for part, problem in _TEXTS if part in lowered), SyncProblem.REFUSED)


def obstacle(scheduler: Scheduler) -> SyncProblem | None:
    """Returns what stands against starting a cycle now, or None if nothing does."""
    if scheduler.staging:
        return SyncProblem.STAGING
    if scheduler.suspended:
        return SyncProblem.SUSPENDED
    return SyncProblem.BUSY if scheduler.in_progress else None


def verdict(scheduler: Scheduler, new_runs: Sequence[Run], empty_looks: int) -> SyncVerdict | None:
    """Decides from the runs that are new since before its start how the cycle ended; None: not yet.

    "Success" of the cycle itself only means started. A run that completed with errors has still
    exported what it could, so it counts, with the errors as detail: whether these people are
    visible in Entra is looked at there.
    """
    if scheduler.in_progress or any(_is_running(run) for run in new_runs):
        return None
    if scheduler.staging:
        return SyncVerdict(SyncProblem.STAGING)
    if not new_runs:
        return SyncVerdict(SyncProblem.NOTHING_RUN) if empty_looks >= MOST_EMPTY_LOOKS else None
    failed = [run for run in new_runs if not _is_completed(run)]
    if failed:
        return SyncVerdict(SyncProblem.CYCLE_FAILED, _described(failed))
    if not any("export" in run.profile.lower() for run in new_runs):
        return SyncVerdict(SyncProblem.NOT_EXPORTED)
    return SyncVerdict(None, _described([run for run in new_runs if run.result != "success"]))


def _is_running(run: Run) -> bool:
    return run.result.lower() in {"", "in-progress"}


def _is_completed(run: Run) -> bool:
    return run.result.lower() == "success" or run.result.lower().startswith("completed")


def _described(runs: Sequence[Run]) -> str:
    return "; ".join(f"{run.connector}, {run.profile}: {run.result}" for run in runs)[:500]
