"""The port `LedgerMarks`, in memory."""

from dataclasses import dataclass

from shared.adapters.memory.turns import Pause, straight_on
from shared.domain.ledger_mark import LedgerMark


@dataclass(slots=True)
class Outside:
    """What is kept beside the ledger, and stays where that is lost or restored."""

    mark: LedgerMark | None = None


class MemoryLedgerMark:
    """The newest mark."""

    def __init__(self, outside: Outside, pause: Pause = straight_on) -> None:
        self._outside = outside
        self._pause = pause

    async def read(self) -> LedgerMark | None:
        """Returns the newest mark; None before the first."""
        await self._pause("ledger_mark.read")
        return self._outside.mark

    async def keep(self, mark: LedgerMark) -> None:
        """Puts the mark in the place of the one before."""
        await self._pause("ledger_mark.keep")
        self._outside.mark = mark
