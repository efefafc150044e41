"""What a worker says of itself, and as it was stored before it said more."""

from collections.abc import Mapping
from dataclasses import replace

from shared.adapters.tables.tables import Tables
from shared.domain.person.sync_mode import SyncMode
from shared.domain.rollout.connect_host import HostSight, HourOfWritebacks
from shared.domain.rollout.endings import Ending
from shared.domain.rollout.measurements import WorkerSight
from tests.support.golden_rows.golden import LATER, NOW, Golden

BEFORE_SYNC_MODES = WorkerSight(
    worker="WORKER01",
    seen_at=NOW,
    directory_answers=True,
    sync_succeeded=True,
    sync_ended_at=NOW,
    problem="none to speak of",
    hindrance="it hangs",
    hindered_since=NOW,
    directory_problem="account-locked: the account is locked out (data 775)",
    domains=("corp.contoso.test", "emea.corp.contoso.test"),
    clock_ahead=-70,
)
"""With a value in every field but the sync's, which are newer."""
BEFORE_DOMAINS = replace(BEFORE_SYNC_MODES, directory_problem=None, domains=None, clock_ahead=None)
"""As it was stored before a worker said whose people it serves."""
BEFORE_HINDRANCES = replace(BEFORE_DOMAINS, hindrance="", hindered_since=None)
"""As it was stored before a worker said what is in the way."""
SIGHT = replace(
    BEFORE_SYNC_MODES,
    sync_mode=SyncMode.CONNECT,
    scope_group_sid="S-1-5-21-1-2-3-1104",
)
"""With a value in every field but the host's, which is newer."""
HOST_SIGHT = replace(
    SIGHT,
    host=HostSight(
        looked_at=NOW,
        problem="unreachable: no route",
        version="2.5.190.0",
        staging=True,
        scheduler_enabled=True,
        scheduler_suspended=True,
        writeback_enabled=True,
        service="Running",
        events_since=NOW,
        events_problem="NoMatchingProvidersFound",
        heartbeat_at=NOW,
        started_at=NOW,
        stopped_at=NOW,
        events=((31002, 4), (31003, 1)),
        hours=(HourOfWritebacks(begins_at=NOW, succeeded=4, failed=1),),
    ),
)
"""With a value in every field but the worker's version, which is newer."""
VERSIONED_SIGHT = replace(HOST_SIGHT, version="0.3.0+1a2b3c4", version_since=NOW)
ENDING_SIGHT = replace(
    VERSIONED_SIGHT,
    endings=(
        Ending(
            what="service-bus-certificate",
            of="für den Worker",
            ends_at=LATER,
            why="unknown",
            detail="ValueError: no certificate",
            whose="worker WORKER01",
        ),
    ),
)
"""With what ends, which is newer."""


async def _write_worker(tables: Tables) -> None:
    await tables.workers.sighted([BEFORE_SYNC_MODES])


async def _expect_worker(tables: Tables) -> None:
    assert list(await tables.workers.sights()) == [BEFORE_SYNC_MODES]


async def _write_worker_sync(tables: Tables) -> None:
    await tables.workers.sighted([SIGHT])


async def _expect_worker_sync(tables: Tables) -> None:
    assert list(await tables.workers.sights()) == [SIGHT]


async def _write_worker_host(tables: Tables) -> None:
    await tables.workers.sighted([HOST_SIGHT])


async def _expect_worker_host(tables: Tables) -> None:
    assert list(await tables.workers.sights()) == [HOST_SIGHT]


async def _write_worker_version(tables: Tables) -> None:
    await tables.workers.sighted([VERSIONED_SIGHT])


async def _expect_worker_version(tables: Tables) -> None:
    assert list(await tables.workers.sights()) == [VERSIONED_SIGHT]


async def _write_worker_endings(tables: Tables) -> None:
    await tables.workers.sighted([ENDING_SIGHT])


async def _expect_worker_endings(tables: Tables) -> None:
    assert list(await tables.workers.sights()) == [ENDING_SIGHT]


GOLDEN: Mapping[str, Golden] = {
    "worker": Golden(_write_worker, _expect_worker),
    "worker-sync": Golden(_write_worker_sync, _expect_worker_sync),
    "worker-host": Golden(_write_worker_host, _expect_worker_host),
    "worker-version": Golden(_write_worker_version, _expect_worker_version),
    "worker-endings": Golden(_write_worker_endings, _expect_worker_endings),
}
