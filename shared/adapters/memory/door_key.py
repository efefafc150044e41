"""The port `DoorKey`, in memory."""

from shared.adapters.memory.storage import Storage
from shared.adapters.memory.turns import Pause, straight_on


class MemoryDoorKey:
    """The key of a storage."""

    def __init__(self, storage: Storage, pause: Pause = straight_on) -> None:
        self._storage = storage
        self._pause = pause

    async def key(self) -> bytes:
        """Returns the key."""
        await self._pause("door_key.key")
        return self._storage.door_key
