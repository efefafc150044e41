"""The port `SourcesHeard`, in memory."""

from collections.abc import Mapping
from datetime import datetime

from shared.adapters.memory.storage import Storage
from shared.adapters.memory.turns import Pause, straight_on


class MemorySourcesHeard:
    """When each was last heard of."""

    def __init__(self, storage: Storage, pause: Pause = straight_on) -> None:
        self._storage = storage
        self._pause = pause

    async def heard(self) -> Mapping[str, datetime]:
        """Returns when each source was heard of last, by its name."""
        await self._pause("sources_heard.heard")
        return dict(self._storage.sources_heard)

    async def hear(self, source: str, at: datetime) -> None:
        """Remembers that a source has sent."""
        await self._pause("sources_heard.hear")
        self._storage.sources_heard[source] = at
        await self._pause("sources_heard.hear done")
