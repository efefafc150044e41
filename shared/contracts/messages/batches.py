"""Sending many messages at once: no batch so full that it is refused, and one too large costs none.

App and worker send by the same rules. What they send with is handed in, since a contract knows no
SDK.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from shared.contracts.messages.contract import LARGEST_BATCH


class Batch(Protocol):
    """Messages that are sent at once, as the SDK has them."""

    def add_message(self, message: Any, /) -> None:
        """Adds a message, or raises the error of one that is too large."""


class Sender[B](Protocol):
    """A queue's sender, as the SDK has it."""

    def create_message_batch(self, max_size_in_bytes: int | None = None, /) -> B:
        """Returns an empty batch; without a size it takes what the queue takes."""

    def send_messages(self, batch: B, /) -> None:
        """Sends a batch, or raises the error of one that is too large."""


def send_in_batches[M, B: Batch](
    sender: Sender[B], messages: Sequence[M], too_large: type[Exception]
) -> list[M]:
    """Sends messages in their order, in as few batches as they fit into.

    The SDK counts some bytes too few, so that a batch may be refused although it has let it be
    filled: then half of it goes at once, and so on down to one message alone.

    Args:
        sender: The queue's.
        messages: What to send.
        too_large: What the SDK raises for a message or a batch that is too large.

    Returns:
        The messages that are too large even alone; all others are sent.
    """
    aside: list[M] = []
    rest, most = list(messages), len(messages)
    while rest:
        batch, held = _filled(sender, rest[:most], too_large)
        try:
            if held:
                sender.send_messages(batch)
            else:
                held = 1
                _send_alone(sender, rest[0])
        except too_large:
            if held > 1:
                most = held // 2
                continue
            aside.append(rest[0])
        rest, most = rest[held:], 2 * most
    return aside


def _filled[B: Batch](
    sender: Sender[B], messages: Sequence[object], too_large: type[Exception]
) -> tuple[B, int]:
    """Returns a batch and how many of the messages are in it."""
    batch = sender.create_message_batch(LARGEST_BATCH)
    for place, message in enumerate(messages):
        try:
            batch.add_message(message)
        except too_large:
            return batch, place
    return batch, len(messages)


def _send_alone[B: Batch](sender: Sender[B], message: object) -> None:
    """Sends a message that leaves no margin; alone it needs none of a batch's."""
    batch = sender.create_message_batch()
    batch.add_message(message)
    sender.send_messages(batch)
