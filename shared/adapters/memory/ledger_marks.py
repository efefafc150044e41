"""The port `LedgerMarks`, in memory."""

from shared.adapters.memory.storage import Storage
from shared.adapters.memory.turns import Pause, straight_on
from shared.domain.ledger_mark import LedgerMark


class MemoryLedgerMarks:
    """The mark of the one version that is in this process."""

    def __init__(self, storage: Storage, pause: Pause = straight_on) -> None:
        self._storage = storage
        self._pause = pause

    async def mark(self) -> LedgerMark | None:
        """Returns the mark; None where no version has left one."""
        await self._pause("ledger_marks.mark")
        return self._storage.mark
