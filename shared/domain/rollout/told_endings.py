"""Told endings: what several have told of one certificate or account is one ending."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from shared.domain.rollout.endings import Ending, soonest_first
from shared.domain.rollout.measurements import WorkerSight, workers_at_work


def endings_of_workers(sights: Collection[WorkerSight]) -> tuple[Ending, ...]:
    """Returns what the workers tell that are at work; what several tell of is one."""
    told = [
        replace(one, whose=f"worker {sight.worker}")
        for sight in workers_at_work(sights)
        for one in sight.endings
    ]
    return tuple(_merged(told))


def _merged(told: Iterable[Ending]) -> Iterator[Ending]:
    found: dict[tuple[str, str], list[Ending]] = {}
    for one in told:
        found.setdefault((one.what, one.of), []).append(one)
    for same in found.values():
        whose = ", ".join(dict.fromkeys(one.whose for one in same))
        # Each may have its own copy: the one that ends first is the one to renew.
        yield replace(next(iter(soonest_first(same)), same[0]), whose=whose)
