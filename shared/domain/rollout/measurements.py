"""Measurements: the facts that gates are decided by, gathered in one look."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.person.enrolment import State
from shared.domain.person.sync_mode import SyncMode
from shared.domain.rollout.cloud_sync import SyncJob
from shared.domain.rollout.connect_host import HostSight
from shared.domain.rollout.endings import Ending
from shared.domain.rollout.resets import Reset

_REMEMBERED = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSight:
    """When a hybrid worker was last heard of, and what it said."""

    worker: str
    seen_at: datetime
    """By the receiving side's clock."""
    directory_answers: bool
    sync_succeeded: bool | None
    """How its newest delta sync ended; None where none has."""
    sync_ended_at: datetime | None = None
    problem: str = ""
    hindrance: str = ""
    """What is in the way of the next delta sync; empty if nothing is, or nobody waits for one."""
    hindered_since: datetime | None = None
    clock_ahead: int | None = None
    """Seconds by which its clock is ahead of Service Bus, or behind; None if little, or unknown."""
    directory_problem: str | None = None
    """Why Active Directory does not answer it, where it says so."""
    domains: tuple[str, ...] | None = None
    """The domains whose people it can put into its group, in lower case; None: it does not say."""
    sync_mode: SyncMode | None = None
    """Which sync carries what it writes; None if it did not say."""
    scope_group_sid: str | None = None
    """The SID of the AD group that it writes; None if it did not say."""
    version: str | None = None
    """Of the worker; None if it did not say."""
    version_since: datetime | None = None
    """When that version was first heard of."""
    host: HostSight | None = None
    """The Entra Connect host as it last saw it; None if it did not say."""
    endings: tuple[Ending, ...] = ()
    """When certificates, password and account end, as it last told."""


_STILL_AT_WORK = timedelta(hours=1)
"""A worker that was heard of so long before the newest sign of life is another time's."""


def workers_at_work(sights: Collection[WorkerSight]) -> tuple[WorkerSight, ...]:
    """Returns those who are still heard of: a worker that was replaced says nothing any more."""
    newest = max((one.seen_at for one in sights), default=None)
    return tuple(one for one in sights if newest and newest - one.seen_at <= _STILL_AT_WORK)


def sync_modes(sights: Collection[WorkerSight]) -> frozenset[SyncMode]:
    """Returns which syncs carry changes now.

    Who does not say knows of Entra Connect alone; nobody at all is taken for it, too, since it is
    the slower one.
    """
    said = {one.sync_mode or SyncMode.CONNECT for one in workers_at_work(sights)}
    return frozenset(said or {SyncMode.CONNECT})


def served_domains(sights: Iterable[WorkerSight]) -> frozenset[str] | None:
    """Returns the domains whose people every worker can put into scope; None if none says.

    All workers take commands from one queue, so that any of them may be asked for anybody. A
    worker that was not heard of for a week, by the newest news of any, has been taken away.
    """
    known = [sight for sight in sights if sight.domains is not None]
    if not known:
        return None
    newest = max(sight.seen_at for sight in known)
    sets = [frozenset(one.domains or ()) for one in known if newest - one.seen_at <= _REMEMBERED]
    return frozenset.intersection(*sets)


@dataclass(frozen=True, slots=True)
class Foretold:
    """What preflights say of the wave's people whose password is one of Active Directory."""

    people: int = 0
    refused: int = 0
    """Of whom a reset would be refused."""
    fine: int = 0
    """Of whom nothing stands in the way; of the rest nobody knows, or not lately."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurements:
    """What is known of a wave, and of the machinery that carries it."""

    people: Mapping[tuple[State, bool], int]
    """The wave's people by state, and whether they are flagged as late there."""
    in_scope: int
    """Everybody whose membership has been written."""
    resets: tuple[Reset, ...]
    """Of people in scope, since the longest window of any gate began."""
    workers: tuple[WorkerSight, ...]
    needs_worker: bool
    """Whether the topology has an AD group."""
    overdue: int
    """People whose write is owed and flagged as late."""
    cloud_jobs: tuple[SyncJob, ...] = ()
    """Of Entra Cloud Sync, where a worker's sync is that."""
    foretold: Foretold = Foretold()
