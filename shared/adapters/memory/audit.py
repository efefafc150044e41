"""The port `Audit`, in memory."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from shared.adapters.memory.storage import Storage
from shared.adapters.memory.turns import Pause, straight_on
from shared.domain.audit import AuditEnd, AuditRecord
from shared.domain.errors import LedgerConflict


class MemoryAudit:
    """Reads the chains that the ledger and the rollouts of one storage have written."""

    def __init__(self, storage: Storage, pause: Pause = straight_on) -> None:
        self._storage = storage
        self._pause = pause

    async def ends(self) -> Sequence[AuditEnd]:
        """Returns where each partition's chain ends."""
        await self._pause("audit.ends")
        return [chain.end for chain in self._storage.chains.values()]

    async def records(self, partition: str, after: int, limit: int) -> Sequence[AuditRecord]:
        """Returns up to `limit` records that follow number `after`, oldest first.

        A partition of another name has none.
        """
        await self._pause("audit.records")
        chain = self._storage.chains.get(partition)
        return chain.records[after : after + limit] if chain else []

    async def append(
        self,
        said: Mapping[str, Any],
        *,
        actor: str,
        now: datetime,
        behind: AuditEnd | None = None,
    ) -> None:
        """Records what an operator does with messages.

        Raises:
            LedgerConflict: the chain no longer ends behind that.
        """
        await self._pause("audit.append")
        chain = self._storage.messages_chain
        if behind and chain.end != behind:
            raise LedgerConflict("others have appended to the audit since it was read")
        chain.append(dict(said), actor=actor, now=now)
        await self._pause("audit.append done")
