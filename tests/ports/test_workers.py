"""Of the hybrid workers, what each said last."""

import random
from dataclasses import replace
from datetime import timedelta

from shared.domain.rollout.measurements import WorkerSight
from tests.support.ports.kept import Kept
from tests.support.ports.people import NOW


def sight(worker: str, minutes: int, **changes: object) -> WorkerSight:
    seen = WorkerSight(
        worker=worker,
        seen_at=NOW + timedelta(minutes=minutes),
        directory_answers=True,
        sync_succeeded=None,
    )
    return replace(seen, **changes)  # type: ignore[arg-type]  # of any field


async def test_of_each_worker_the_last_sight_is_remembered(tables: Kept) -> None:
    assert await tables.workers.sights() == []
    await tables.workers.sighted([])
    failed = {"sync_succeeded": False, "sync_ended_at": NOW, "problem": "access denied"}
    newest = [sight("connect-1", 3, **failed), sight("connect-2/é", 2, clock_ahead=-70)]
    await tables.workers.sighted([sight("connect-1", 0)])
    shuffled = [*newest, sight("connect-1", 1), sight("connect-2/é", 1)]
    random.Random(4).shuffle(shuffled)  # noqa: S311  # to be repeatable, not secret
    await tables.workers.sighted(shuffled)
    assert sorted(await tables.workers.sights(), key=lambda one: one.worker) == newest
