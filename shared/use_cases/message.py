"""A message as it comes off a queue, and the receipt for one that cannot be taken."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.contracts.onboarding_event import Envelope, event_key
from shared.domain.errors import InvalidMessage
from shared.domain.reasons import Reason
from shared.ports import Receipt


@dataclass(frozen=True, slots=True)
class Message:
    """A body and what the transport knows of it."""

    body: bytes
    envelope: Envelope = Envelope()


def read_all[T](
    messages: Sequence[Message], queue: str, read: Callable[[Message], T], now: datetime
) -> tuple[list[T], list[Receipt]]:
    """What `read` makes of the messages, and the receipts of those that it cannot take."""
    taken: list[T] = []
    refused: list[Receipt] = []
    for message in messages:
        try:
            taken.append(read(message))
        except InvalidMessage as error:
            refused.append(_refusal(message, queue, error, now))
    return taken, refused


def _refusal(message: Message, queue: str, error: InvalidMessage, now: datetime) -> Receipt:
    """The receipt that keeps a refused message whole, with the field and the reason.

    A batch trigger cannot dead-letter one message of its batch, so the ledger keeps it.
    """
    body = message.body.decode("utf-8", "backslashreplace")
    return Receipt(
        key=event_key(body, message.envelope),
        queue=queue,
        at=now,
        outcome=Reason.INVALID,
        field=error.field,
        detail=error.reason,
        body=body,
    )
