"""What the receive loop works with: the queues, Active Directory, the use case, and the delta sync.

The loop knows no more of them than this, so that its tests can play each.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from hybrid_worker.queues import Delivery
from shared.contracts.messages.directory_command import DirectoryCommand
from shared.contracts.messages.directory_result import SyncReport
from shared.contracts.messages.worker_report import SyncHindrance


class CommandQueues(Protocol):
    """Commands in, results out; every call may raise `QueuesUnavailable`."""

    def receive(self, most: int, wait: float) -> Sequence[Delivery]:
        """Takes up to `most` messages, waiting `wait` seconds for the first."""

    def prove(self) -> None:
        """Asks something through the receiving link, so that a dead one is found out."""

    def peek(self, after: int) -> Sequence[Delivery]:
        """Looks at messages behind that sequence number without taking them."""

    def complete(self, delivery: Delivery) -> None:
        """Takes the command off the queue: it is dealt with."""

    def abandon(self, delivery: Delivery) -> None:
        """Gives the command back."""

    def dead_letter(self, delivery: Delivery, reason: str, description: str) -> None:
        """Sets the command aside."""

    def send(self, messages: Sequence[tuple[str, bytes]]) -> Collection[str]:
        """Sends results and reports; returns the ids of those that no message can hold."""

    @property
    def clock_ahead(self) -> timedelta | None:
        """How far the local clock is ahead of theirs; None if that is little, or unknown."""

    def close(self) -> None:
        """Closes everything; the next use opens it again."""


class WatchedDirectory(Protocol):
    """Active Directory, as far as the loop itself asks it."""

    @property
    def domains(self) -> Sequence[str]:
        """Whose people can be put into the group; empty while it is not known."""

    def check(self) -> None:
        """Checks that AD answers, and that the group is what it has to be."""


class Handler(Protocol):
    """The use case."""

    def recover(self) -> None:
        """Settles what was left unclear."""

    def __call__(self, commands: Sequence[DirectoryCommand]) -> None:
        """Carries commands out and records their answers."""


class Sync(Protocol):
    """The delta sync, moved on in steps."""

    @property
    def is_running(self) -> bool:
        """Whether a cycle is awaited."""

    def due(self) -> datetime | None:
        """Returns when there is something to do next, or None if there is nothing."""

    def step(self) -> None:
        """Does what is due."""

    def standing(self) -> SyncReport:
        """Returns how the sync stands of those who wait."""

    def newest(self) -> SyncReport:
        """Returns how the newest sync ended."""

    def hindrance(self) -> SyncHindrance | None:
        """Returns what is in the way of the next sync, and since when."""
