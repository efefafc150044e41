"""The port `Readings`, in memory."""

from shared.adapters.memory.storage import Storage
from shared.adapters.memory.turns import Pause, straight_on
from shared.ports.readings import Reading


class MemoryReadings:
    """The one reading that is under way."""

    def __init__(self, storage: Storage, pause: Pause = straight_on) -> None:
        self._storage = storage
        self._pause = pause

    async def current(self) -> Reading | None:
        """Returns the reading that is to be carried on, or None if the next begins anew."""
        await self._pause("readings.current")
        return self._storage.reading

    async def keep(self, reading: Reading | None) -> None:
        """Remembers where the reading goes on, or that it has come to its end."""
        await self._pause("readings.keep")
        self._storage.reading = reading
        await self._pause("readings.keep done")
