"""How far the ledger had come, kept where a copy of its tables does not bring it back."""

from dataclasses import dataclass
from typing import Protocol

from shared.domain.audit_mark import AuditMark


class AuditMarks(Protocol):
    """The newest mark. Every method may raise `ServiceUnavailable`."""

    async def read(self) -> AuditMark | None:
        """Returns the newest mark; None where none was kept yet, or none can be kept at all."""

    async def keep(self, mark: AuditMark) -> None:
        """Puts the mark in the place of the one before."""


@dataclass(slots=True)
class LedgerCheck:
    """Whether this process has held the ledger against the mark since it began."""

    has_passed: bool = False
