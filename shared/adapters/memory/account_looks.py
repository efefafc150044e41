"""The port `AccountLooks`, in memory."""

from shared.adapters.memory.storage import Storage
from shared.adapters.memory.turns import Pause, straight_on
from shared.ports.account_looks import AccountLook


class MemoryAccountLooks:
    """The one look that is kept."""

    def __init__(self, storage: Storage, pause: Pause = straight_on) -> None:
        self._storage = storage
        self._pause = pause

    async def newest(self) -> AccountLook | None:
        """Returns the newest look; None before the first."""
        await self._pause("account_looks.newest")
        return self._storage.account_look

    async def keep(self, look: AccountLook) -> None:
        """Keeps the newest look."""
        await self._pause("account_looks.keep")
        self._storage.account_look = look
        await self._pause("account_looks.keep done")
