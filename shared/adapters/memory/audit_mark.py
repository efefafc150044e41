"""The port `AuditMarks`, in memory."""

from dataclasses import dataclass

from shared.adapters.memory.turns import Pause, straight_on
from shared.domain.audit_mark import AuditMark


@dataclass(slots=True)
class Outside:
    """What is kept beside the ledger, and stays where that is lost or restored."""

    mark: AuditMark | None = None


class MemoryAuditMark:
    """The newest mark."""

    def __init__(self, outside: Outside, pause: Pause = straight_on) -> None:
        self._outside = outside
        self._pause = pause

    async def read(self) -> AuditMark | None:
        """Returns the newest mark; None before the first."""
        await self._pause("audit_mark.read")
        return self._outside.mark

    async def keep(self, mark: AuditMark) -> None:
        """Puts the mark in the place of the one before."""
        await self._pause("audit_mark.keep")
        self._outside.mark = mark
