"""What the Connect host's answers mean: pure."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from hybrid_worker.delta_sync.problems import SyncProblem

OLDEST_VERSION = (2, 5, 79, 0)
"""Since 30 September 2026 an older Entra Connect synchronizes nothing, and still says Success.

Source: "Microsoft Entra Connect: Version release history", Microsoft Learn.
"""
MOST_EMPTY_LOOKS = 3
"""Looks at an idle scheduler without a single new run before a cycle counts as never run."""
INTERVAL = timedelta(minutes=30)
"""`AllowedSyncCycleInterval` as Entra Connect is shipped."""
_TENANT = " - AAD"
"""How the name of the connector to Entra ends."""


@dataclass(frozen=True, slots=True)
class Scheduler:
    """What `Get-ADSyncScheduler` says."""

    staging: bool = False
    suspended: bool = False
    in_progress: bool = False
    enabled: bool = True
    interval: timedelta = INTERVAL
    """Between the cycles that it runs by itself."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run profile, of `Get-ADSyncRunProfileResult`."""

    identifier: str
    connector: str
    profile: str
    result: str

    @property
    def is_to_entra(self) -> bool:
        """Whether the connector is the one to Entra."""
        return self.connector.endswith(_TENANT)


@dataclass(frozen=True, slots=True)
class Carrier:
    """Which connector reads the scope group from AD."""

    domain: str
    """Of the group. A connector has the name of its forest, unless somebody renamed it."""
    name: str | None = None
    """The connector's own name, where the settings tell it."""

    def among(self, connectors: Collection[str]) -> str | None:
        """Returns the group's connector; None if it cannot be told which one it is."""
        if self.name is not None:
            return self.name
        of_ad = {name for name in connectors if not name.endswith(_TENANT)}
        above = [name for name in of_ad if _is_at_or_above(name, self.domain)]
        if above:
            return max(above, key=len)
        return of_ad.pop() if len(of_ad) == 1 else None


@dataclass(frozen=True, slots=True)
class SyncVerdict:
    """How a cycle ended; a `problem` of None means well."""

    problem: SyncProblem | None
    detail: str = ""


def obstacle(scheduler: Scheduler) -> SyncProblem | None:
    """Returns what stands against starting a cycle now, or None if nothing does."""
    if scheduler.staging:
        return SyncProblem.STAGING
    if not scheduler.enabled:
        return SyncProblem.SCHEDULER_OFF
    if scheduler.suspended:
        return SyncProblem.SUSPENDED
    return SyncProblem.BUSY if scheduler.in_progress else None


def verdict(
    scheduler: Scheduler, new_runs: Sequence[Run], empty_looks: int, carrier: Carrier
) -> SyncVerdict | None:
    """Decides from the runs that are new since before its start how a cycle ended; None: not yet.

    "Success" of the cycle itself only means started. It counts by the runs that carry the change:
    import and synchronization by the group's own connector, and the export to Entra. What became of
    other connectors' runs is detail. A run that completed with errors has still done what it could,
    so it counts: whether these people are visible in Entra is looked at there.
    """
    connector = carrier.among({run.connector for run in new_runs})
    carrying = _carrying(new_runs, connector)
    if scheduler.in_progress or any(map(_is_running, carrying)):
        return None
    if scheduler.staging:
        return SyncVerdict(SyncProblem.STAGING)
    if not new_runs:
        return SyncVerdict(SyncProblem.NOTHING_RUN) if empty_looks >= MOST_EMPTY_LOOKS else None
    detail = _described(run for run in new_runs if run.result != "success")
    return _judged(carrying, detail, enough=any if connector else all)


def counted(ended: SyncVerdict, version: tuple[int, ...] | None) -> SyncVerdict:
    """Returns how a cycle ended on a host of that version: one too old exports nothing.

    None is a version that the host does not say; then nothing speaks against the cycle.
    """
    if ended.problem or version is None or version >= OLDEST_VERSION:
        return ended
    told = f"version {version_text(version)}, needed is {version_text(OLDEST_VERSION)}"
    return SyncVerdict(SyncProblem.TOO_OLD, told)


def version_text(version: tuple[int, ...]) -> str:
    """Writes a version as Microsoft does."""
    return ".".join(map(str, version))


def _judged(
    carrying: Sequence[Run], detail: str, enough: Callable[[Iterable[bool]], bool]
) -> SyncVerdict:
    """Judges ended runs; of several cycles, one in which a step went well has carried the change.

    Where it is not known which import carries it, every one has to go well.
    """
    steps = (
        ("import", False, SyncProblem.NOT_IMPORTED),
        ("sync", False, SyncProblem.NOT_IMPORTED),
        ("export", True, SyncProblem.NOT_EXPORTED),
    )
    for profile, to_entra, missing in steps:
        runs = [
            run
            for run in carrying
            if profile in run.profile.lower() and run.is_to_entra is to_entra
        ]
        if not runs:
            failed = _described(run for run in carrying if not _is_completed(run))
            return SyncVerdict(SyncProblem.CYCLE_FAILED if failed else missing, failed or detail)
        if not enough(map(_is_completed, runs)):
            return SyncVerdict(SyncProblem.CYCLE_FAILED, _described(runs))
    return SyncVerdict(None, detail)


def _carrying(runs: Sequence[Run], connector: str | None) -> list[Run]:
    """Returns the runs that carry the change, or may, where the group's connector is not known.

    An export to AD, as writeback makes it, is not the export to Entra, nor is an import from there
    the group's.
    """
    return [
        run
        for run in runs
        if ("export" in run.profile.lower()) == run.is_to_entra
        and (run.is_to_entra or connector is None or run.connector.lower() == connector.lower())
    ]


def missed(imported_from: str | None, written_to: str | None) -> str:
    """Says so if a cycle imported from another controller, where the change may be missing.

    Replication takes seconds within a site, and up to hours between two. Where one of them is not
    known, nothing speaks against the cycle.
    """
    if not imported_from or not written_to or _plain(imported_from) == _plain(written_to):
        return ""
    return f"imported from {imported_from}, written to {written_to}"


def _plain(name: str) -> str:
    return name.rstrip(".").lower()


def _is_at_or_above(name: str, domain: str) -> bool:
    return f".{domain.lower()}".endswith(f".{name.lower()}")


def _is_running(run: Run) -> bool:
    return run.result.lower() in {"", "in-progress"}


def _is_completed(run: Run) -> bool:
    return run.result.lower() == "success" or run.result.lower().startswith("completed")


def _described(runs: Iterable[Run]) -> str:
    return "; ".join(f"{run.connector}, {run.profile}: {run.result}" for run in runs)[:500]
