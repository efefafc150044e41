"""The port `SsprWatch`, in memory."""

from shared.adapters.memory.as_json import AsJson
from shared.adapters.memory.storage import Storage
from shared.adapters.memory.turns import Pause, straight_on
from shared.domain.rollout.sspr_shares import SharesSeen
from shared.domain.rollout.sspr_sight import SsprSight

_SIGHT = AsJson(SsprSight, "Sight")
_SHARES = AsJson(SharesSeen, "Shares")


class MemorySsprWatch:
    """The newest sight of the choice, and the newest whole reading of the report."""

    def __init__(self, storage: Storage, pause: Pause = straight_on) -> None:
        self._storage = storage
        self._pause = pause

    async def sight(self) -> SsprSight:
        """Returns what is known; one that knows nothing where nobody has looked yet."""
        await self._pause("sspr_watch.sight")
        text = self._storage.sspr_sight
        return _SIGHT.read(text) if text else SsprSight()

    async def keep_sight(self, sight: SsprSight) -> None:
        """Keeps what is known since the last look."""
        await self._pause("sspr_watch.keep_sight")
        self._storage.sspr_sight = _SIGHT.of(sight)
        await self._pause("sspr_watch.keep_sight done")

    async def shares(self) -> SharesSeen | None:
        """Returns what the newest whole reading of the report showed; None before the first."""
        await self._pause("sspr_watch.shares")
        text = self._storage.sspr_shares
        return _SHARES.read(text) if text else None

    async def keep_shares(self, shares: SharesSeen) -> None:
        """Keeps what a reading showed that has come to the report's end."""
        await self._pause("sspr_watch.keep_shares")
        self._storage.sspr_shares = _SHARES.of(shares)
        await self._pause("sspr_watch.keep_shares done")
