"""The key by which the queue's readers tell what our own HR addresses have put there."""

from typing import Protocol


class DoorKey(Protocol):
    """A secret of this ledger's, which no sender to the queue can read."""

    async def key(self) -> bytes:
        """Returns the key, the same for every copy and instance of the app; makes it at first.

        Raises:
            ServiceUnavailable: it can neither be read nor made.
        """
