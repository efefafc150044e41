"""The port `DoctorLooks`, in memory."""

from datetime import datetime

from shared.adapters.memory.storage import Storage
from shared.adapters.memory.turns import Pause, straight_on


class MemoryDoctorLooks:
    """The doctor's newest look, whoever had it look."""

    def __init__(self, storage: Storage, pause: Pause = straight_on) -> None:
        self._storage = storage
        self._pause = pause

    async def newest(self) -> datetime | None:
        """Returns when the changes were last told; None before the first time."""
        await self._pause("doctor_looks.newest")
        return self._storage.doctor_look

    async def keep(self, at: datetime) -> None:
        """Keeps that they have been told until then."""
        await self._pause("doctor_looks.keep")
        self._storage.doctor_look = at
        await self._pause("doctor_looks.keep done")
