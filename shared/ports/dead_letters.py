"""The dead letters: messages that the broker has set aside, and what can be done with them."""

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

type PropertyValue = str | bytes | int | float | bool | datetime | None
"""Of an application property; what else a sender wrote is told as its text."""

LARGEST_PAGE = 100
"""Dead letters that are told or dealt with at once."""
MOST_PASSED = 1_000
"""Dead letters that are passed by in search of others; what lies behind them is out of reach."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message that its queue's broker has set aside, whole."""

    queue: str
    sequence_number: int
    """Another for each message of a queue."""
    message_id: str
    body: bytes
    """As the sender wrote it; text where the sender wrote no bytes."""
    content_type: str | None
    subject: str | None = None
    """The message's own heading, in which a sender may have written what happened."""
    properties: Mapping[str, PropertyValue]
    """The application properties."""
    reason: str
    """Why it was set aside, in a word: the broker's, or of whoever took it."""
    description: str
    delivery_count: int
    enqueued_at: datetime | None


class DeadLetters(Protocol):
    """Every queue's dead letters, whoever put them there and however long they have lain.

    Every method raises `ServiceUnavailable` where Service Bus gives no usable answer in time.
    """

    async def peek(self, queue: str, *, after: int, limit: int) -> Sequence[DeadLetter]:
        """Returns up to `limit` that follow that sequence number, oldest first; takes none."""

    async def resubmit(self, queue: str, numbers: Collection[int]) -> AbstractSet[int]:
        """Sends these to their queue again, and takes each off the dead letters once it is sent.

        Body, content type and application properties stay as they were; the message's place of
        before comes to them, so that an old event does not pass for a new one. The message id is
        another, or the broker would drop the message as a copy of what it was: the old one is kept
        as a property. What crashes in between is sent again under that same id.

        Returns:
            The numbers of those sent. The others are no longer there, are held by somebody else,
            cannot be sent as they are, or lie behind too many others.
        """

    async def discard(self, queue: str, numbers: Collection[int]) -> AbstractSet[int]:
        """Takes these off for good, and returns the numbers of those; of the others as above."""
