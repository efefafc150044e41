"""The chained record of every change."""

from collections.abc import Sequence
from typing import Protocol

from shared.domain.audit import AuditEnd, AuditRecord


class Audit(Protocol):
    """Every change of anybody and of the rollout, chained within each partition."""

    async def ends(self) -> Sequence[AuditEnd]:
        """Returns where each partition's chain ends."""

    async def records(self, partition: str, after: int, limit: int) -> Sequence[AuditRecord]:
        """Returns up to `limit` records that follow number `after`, oldest first."""
