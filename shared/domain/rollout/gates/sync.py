"""The gate `sync`: does what was written to AD get to Entra, by whichever sync carries it?"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from shared.domain.durations import duration_text
from shared.domain.person.sync_mode import SyncMode
from shared.domain.rollout.gate import Gate, Outcome, Result
from shared.domain.rollout.gates.cloud_jobs import judge_cloud_jobs, worst
from shared.domain.rollout.gates.delta_sync import judge_delta_sync
from shared.domain.rollout.gates.kind import (
    FAILURE_LIMIT,
    INCONCLUSIVE_LIMIT,
    GateKind,
    Guide,
    Need,
    Unit,
    window,
)
from shared.domain.rollout.gates.look import Look
from shared.domain.rollout.gates.worker import doubt_of_the_topology, pass_without_worker
from shared.domain.rollout.measurements import sync_modes


def _judge(gate: Gate, look: Look) -> Result:
    """Judges by every sync that carries something here; the worst of them counts."""
    workers = look.measured.workers
    if not look.measured.needs_worker:
        return pass_without_worker(gate, len(workers))
    modes = sync_modes(workers)
    outcome, text = worst([judge(gate, look) for mode, judge in _BY.items() if mode in modes])
    return Result(gate=gate, outcome=outcome, value=None, sample=len(workers), text=text)


def _left_alone(_gate: Gate, _look: Look) -> tuple[Outcome, str]:
    """Passes: nobody here hears of such a sync, and a gate that cannot be told would hold for ever.

    What does not arrive keeps the gate `visible` from passing.
    """
    return Outcome.PASSED, (
        "left to Entra Connect's own scheduler, of which nobody hears; `visible` tells what arrives"
    )


_BY: Final[Mapping[SyncMode, Callable[[Gate, Look], tuple[Outcome, str]]]] = MappingProxyType(
    {
        SyncMode.CONNECT: judge_delta_sync,
        SyncMode.CLOUD: judge_cloud_jobs,
        SyncMode.NONE: _left_alone,
    }
)


def _condition(gate: Gate) -> str:
    return f"the newest sync ended well, within {duration_text(gate.window)}"


KIND = GateKind(
    name="sync",
    older_names=("deltaSync",),
    meaning="Whether the sync that carries AD to Entra goes well: the newest delta sync of Entra "
    "Connect, or the jobs of Entra Cloud Sync. It passes where the topology needs no worker, and "
    "where a worker leaves the sync to a scheduler that nobody hears of.",
    summary="The sync of AD to Entra; null: no such gate.",
    standard=True,
    parameters=(
        FAILURE_LIMIT,
        INCONCLUSIVE_LIMIT,
        window(
            timedelta(hours=2),
            "How old it may be while people wait for one. Entra Connect runs every 30 minutes by "
            "itself; Entra Cloud Sync every 2, and is old after 40 whatever stands here.",
        ),
    ),
    judge=_judge,
    watch=_judge,
    condition=_condition,
    unit=Unit.NOTHING,
    needs=frozenset({Need.WORKERS, Need.CLOUD_SYNC}),
    doubt=doubt_of_the_topology,
    guide=Guide(
        window="{} old at most while people wait; Cloud Sync 40 minutes",
        looks_at="the newest delta sync that has ended, or the jobs of Cloud Sync and the "
        "provisioning log, by what the workers say they have",
        passes="it succeeded within the window; or it is old news and nobody waits for another; or "
        "nobody can hear of it (`none`)",
        fails="it failed, in this phase; a job is paused or in quarantine; a group could not be "
        "provisioned",
        inconclusive="none is known; or it is old news and people wait; or something holds up "
        "the next delta sync",
        cause="the cycle failed or cannot be had; a job of Cloud Sync has stopped",
        remedy="the problem in `sspr status`; [delta sync problems](#delta-sync-problems), "
        "[cloud sync](#cloud-sync)",
    ),
)
