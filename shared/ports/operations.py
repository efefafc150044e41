"""What operators asked for that takes longer than a request."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.contracts.api.operation_orders import OperationOrder
from shared.contracts.api.operation_views import OperationResult
from shared.contracts.api.words import OperationState


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """Something an operator asked for that takes longer than an HTTP request may."""

    key: str
    actor: str
    requested_at: datetime
    order: OperationOrder
    state: OperationState = OperationState.QUEUED
    result: OperationResult | None = None
    """What came of it."""
    problem: str = ""
    """Why it was refused."""


class Operations(Protocol):
    """What operators asked for."""

    async def keep(self, operation: Operation) -> None:
        """Remembers the operation as it stands; one that has ended stays as it ended.

        Raises:
            LedgerConflict: others kept changing it.
        """

    async def find(self, key: str) -> Operation | None:
        """Returns the operation with this key, or None if there is none."""
