"""Operations held back on purpose, so that a test can kill a client between two of them."""

from collections.abc import Callable
from enum import StrEnum
from typing import Protocol


class Operation(StrEnum):
    """What can be held back on a queue."""

    SEND = "send"
    SETTLE = "settle"
    DELIVER = "deliver"


class Owner(Protocol):
    """Whoever asked for an operation: a connection."""

    closed: bool


class Holds:
    """One queue's holds, and what waits for their release.

    What a connection asked for is forgotten when it closes, as if it had never reached the broker.
    """

    def __init__(self) -> None:
        self._parked: dict[Operation, list[tuple[Owner, Callable[[], None]]]] = {}
        self._containing: dict[Operation, bytes] = {}

    def hold(self, operation: Operation, containing: bytes = b"") -> None:
        """From now on such operations wait; of sends only those of what contains these bytes."""
        self._parked.setdefault(operation, [])
        self._containing[operation] = containing

    def release(self, operation: Operation) -> None:
        """Does what waited, in its order, and holds no longer."""
        for owner, action in self._parked.pop(operation, []):
            if not owner.closed:
                action()

    def holds(self, operation: Operation) -> bool:
        """Whether such operations wait."""
        return operation in self._parked

    def run(
        self, operation: Operation, owner: Owner, action: Callable[[], None], payload: bytes = b""
    ) -> None:
        """Does it now, or when the hold is released."""
        if operation in self._parked and self._containing[operation] in payload:
            self._parked[operation].append((owner, action))
        else:
            action()

    def waiting(self) -> dict[Operation, int]:
        """What is held, and how many operations of living connections wait for it."""
        return {
            operation: sum(not owner.closed for owner, _ in parked)
            for operation, parked in self._parked.items()
        }
