"""A message as it comes off a queue, and the receipt for one that cannot be taken."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from shared.contracts.messages.onboarding_event import Envelope, decode, event_key
from shared.contracts.messages.returned_message import ReturnedMessage
from shared.domain.errors import InvalidMessage
from shared.domain.person.reasons import Reason
from shared.ports.ledger import Receipt
from shared.use_cases.kept_text import kept_text


@dataclass(frozen=True, slots=True)
class Message:
    """A body and what the transport knows of it."""

    body: bytes
    envelope: Envelope = Envelope()
    returns: int = 0
    """How often it could not be dealt with, and was put on its queue again."""
    deliveries: int = 1
    """How often the broker has delivered it since it was last put on its queue."""

    @property
    def comes_again(self) -> bool:
        """Whether it failed before, by itself or beside one that ended the process."""
        return self.returns > 0 or self.deliveries > 1

    def returned(self) -> ReturnedMessage:
        """Returns the same message, to be put on its queue once more."""
        return ReturnedMessage(body=self.body, envelope=self.envelope, returns=self.returns + 1)

    def goes_on(self) -> ReturnedMessage:
        """Returns the same message for its next step, as if nothing had ever failed.

        The index counts the steps, so that a copy of the message makes a copy of the next one,
        which the broker drops.
        """
        step = replace(self.envelope, index=(self.envelope.index or 0) + 1)
        return ReturnedMessage(body=self.body, envelope=step, returns=0)


def read_all[T](
    messages: Sequence[Message], queue: str, read: Callable[[Message], T], now: datetime
) -> tuple[list[T], list[Receipt]]:
    """Returns what `read` makes of the messages, and the receipts of those that it cannot take."""
    taken: list[T] = []
    refused: list[Receipt] = []
    for message in messages:
        try:
            taken.append(read(message))
        except InvalidMessage as error:
            refused.append(refusal(message, queue, error, now))
    return taken, refused


def refusal(message: Message, queue: str, error: InvalidMessage, now: datetime) -> Receipt:
    """Returns the receipt that keeps a refused message whole, with the field and the reason.

    A trigger in Python cannot dead-letter a message, so the ledger keeps it.
    """
    body = kept_text(message.body)
    return Receipt(
        key=event_key(body, message.envelope),
        queue=queue,
        at=now,
        outcome=Reason.INVALID,
        field=error.field,
        detail=error.reason,
        body=body,
        said_at=message.envelope.enqueued_at,
    )


def given_up(message: Message, queue: str, problem: str, now: datetime) -> Receipt:
    """Returns the receipt that keeps a message whole that was understood but could not be done."""
    body = kept_text(message.body)
    try:
        value = decode(message.body)
    except InvalidMessage:
        value = body
    return Receipt(
        key=event_key(value, message.envelope),
        queue=queue,
        at=now,
        outcome=Reason.NOT_DONE,
        detail=problem,
        body=body,
        said_at=message.envelope.enqueued_at,
    )
