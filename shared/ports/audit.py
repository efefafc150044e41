"""The chained record of every change."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from shared.domain.audit import AuditEnd, AuditRecord


class Audit(Protocol):
    """Every change of anybody, of the rollout and of messages, chained within each partition."""

    async def ends(self) -> Sequence[AuditEnd]:
        """Returns where each partition's chain ends."""

    async def records(self, partition: str, after: int, limit: int) -> Sequence[AuditRecord]:
        """Returns up to `limit` records that follow number `after`, oldest first."""

    async def append(
        self,
        said: Mapping[str, Any],
        *,
        actor: str,
        now: datetime,
        behind: AuditEnd | None = None,
    ) -> None:
        """Records what an operator does with messages, which changes no row of anybody's.

        Args:
            said: plain JSON values.
            actor: who does it.
            now: when.
            behind: the end of the chain that was looked at before; None: wherever it ends.

        Raises:
            LedgerConflict: others kept appending, or the chain no longer ends there.
        """
