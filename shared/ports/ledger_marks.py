"""The ledger's mark, for whoever shows which version runs and since when."""

from typing import Protocol

from shared.domain.ledger_mark import LedgerMark


class LedgerMarks(Protocol):
    """Which version writes the ledger."""

    async def mark(self) -> LedgerMark | None:
        """Returns the mark; None where no version has left one."""
