"""What can be wrong with a delta sync, and which words of the host stand for it."""

from enum import StrEnum


class SyncProblem(StrEnum):
    """Why a delta sync cannot be had, or did not count."""

    BUSY = "busy"
    """A cycle is running that may have imported before the change was written."""
    CONNECTOR_BUSY = "connector-busy"
    SUSPENDED = "suspended"
    """The Connect wizard is open, or somebody suspended the scheduler."""
    SCHEDULER_OFF = "scheduler-off"
    """An administrator has switched the scheduler off, as one does before changing filters."""
    STAGING = "staging"
    """A staging server imports and exports nothing."""
    UNREACHABLE = "unreachable"
    HANGS = "hangs"
    """The host takes a question and does not answer it in time."""
    REFUSED = "refused"
    """The host answered with an error of another kind; see the detail."""
    STILL_RUNNING = "still-running"
    CYCLE_FAILED = "cycle-failed"
    NOTHING_RUN = "nothing-run"
    NOT_IMPORTED = "not-imported"
    """The cycle ended without an import and a synchronization by the group's connector."""
    NOT_EXPORTED = "not-exported"
    """The cycle ended without an export to Entra."""
    OTHER_CONTROLLER = "other-controller"
    """The cycle went well, and imported from another domain controller than was written to."""
    TOO_OLD = "too-old"
    """Entra Connect is of a version that synchronizes nothing, whatever its cycles say."""
    LEFT_TO_SCHEDULER = "left-to-scheduler"
    """The worker has been told to trigger no cycles."""
    LEFT_TO_CLOUD_SYNC = "left-to-cloud-sync"
    """Entra Cloud Sync carries the changes, every two minutes; nobody can trigger it from here."""


ORDINARY = frozenset(
    {
        *(SyncProblem.BUSY, SyncProblem.CONNECTOR_BUSY),
        *(SyncProblem.LEFT_TO_SCHEDULER, SyncProblem.LEFT_TO_CLOUD_SYNC),
    }
)
"""What is no trouble: the next cycle carries the change."""


class SyncRefused(Exception):
    """A delta sync cannot be had now."""

    def __init__(self, problem: SyncProblem, detail: str = "") -> None:
        super().__init__(f"{problem}: {detail}" if detail else str(problem))
        self.problem = problem
        self.detail = detail


# In this order: the first text that occurs decides. Whole messages differ between versions; these
# parts are what scripts in the field have matched for years. A host of another language is told by
# what its scheduler says of itself.
_TEXTS = (
    ("sync is already running", SyncProblem.BUSY),
    ("suspended via global parameters", SyncProblem.SUSPENDED),
    ("staging mode", SyncProblem.STAGING),
    ("is busy", SyncProblem.CONNECTOR_BUSY),
)
_OF_ADSYNC = "Microsoft.IdentityManagement."
"""What stands in the identifier of an error that a cmdlet of ADSync itself reports."""


def problem_of(text: str, identifier: str) -> SyncProblem:
    """Returns the problem that an error record stands for.

    Args:
        text: The error's message.
        identifier: Its `FullyQualifiedErrorId`, which ends with the cmdlet's class. The words of
            anybody else's error mean nothing: a host may be named `aadc-staging`.
    """
    if _OF_ADSYNC not in identifier:
        return SyncProblem.REFUSED
    lowered = text.lower()
    return next((problem for part, problem in _TEXTS if part in lowered), SyncProblem.REFUSED)
