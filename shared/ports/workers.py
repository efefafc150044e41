"""The hybrid workers that have been heard of."""

from collections.abc import Collection, Sequence
from typing import Protocol

from shared.domain.rollout.measurements import WorkerSight


class Workers(Protocol):
    """The hybrid workers that have been heard of."""

    async def sighted(self, sights: Collection[WorkerSight]) -> None:
        """Remembers what workers said of themselves last."""

    async def sights(self) -> Sequence[WorkerSight]:
        """Returns what each worker said last."""
