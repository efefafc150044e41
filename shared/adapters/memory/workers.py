"""The port `Workers`, in memory."""

from collections.abc import Collection, Sequence

from shared.adapters.memory.storage import Storage
from shared.adapters.memory.turns import Pause, straight_on
from shared.domain.rollout.measurements import WorkerSight


class MemoryWorkers:
    """What each worker said last."""

    def __init__(self, storage: Storage, pause: Pause = straight_on) -> None:
        self._storage = storage
        self._pause = pause

    async def sighted(self, sights: Collection[WorkerSight]) -> None:
        """Remembers what workers said of themselves last."""
        await self._pause("workers.sighted")
        for sight in sorted(sights, key=lambda one: one.seen_at):
            self._storage.sights[sight.worker] = sight
        await self._pause("workers.sighted done")

    async def sights(self) -> Sequence[WorkerSight]:
        """Returns what each worker said last."""
        await self._pause("workers.sights")
        return list(self._storage.sights.values())
