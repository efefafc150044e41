"""What operators asked for that takes longer than a request."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol


class OperationState(StrEnum):
    """How an operation stands."""

    QUEUED = "queued"
    SUCCEEDED = "succeeded"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """Something an operator asked for that takes longer than an HTTP request may."""

    key: str
    kind: str
    actor: str
    requested_at: datetime
    parameters: Mapping[str, Any]
    state: OperationState = OperationState.QUEUED
    result: Mapping[str, Any] | None = None
    """What came of it, as plain JSON values."""
    problem: str = ""
    """Why it was refused."""


class Operations(Protocol):
    """What operators asked for."""

    async def keep(self, operation: Operation) -> None:
        """Remember the operation as it stands."""

    async def find(self, key: str) -> Operation | None:
        """The operation with this key."""
