"""Read events: from the messages of the queue to requests, and the refused ones with a reason."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from shared.contracts.messages.queues import ONBOARDING_EVENTS
from shared.domain.person.request import Request
from shared.ports.ledger import Receipt
from shared.use_cases.message import Message, refusal
from shared.use_cases.onboarding.events_in import RefusedEvent, events_in


class ReadEvents(NamedTuple):
    """What a batch of messages asks for, and what of it cannot be understood."""

    requests: list[Request]
    refused: list[Receipt]
    to_come_again: list[tuple[Message, datetime]]
    """Messages that are to be taken once more, and when: at the end of a leaver's last day."""


def read_events(messages: Sequence[Message], now: datetime) -> ReadEvents:
    """Reads the messages.

    Of a message that holds a list each event is read by itself; a bad one keeps no other back.
    """
    read = ReadEvents([], [], [])
    for message in messages:
        for found in events_in(message.body, message.envelope, now):
            if isinstance(found, RefusedEvent):
                read.refused.append(_receipt(found, message, now))
                continue
            read.requests.append(found.request)
            if again := found.request.leaves_later(now):
                read.to_come_again.append((message, again))
    return read


def _receipt(refused: RefusedEvent, message: Message, now: datetime) -> Receipt:
    envelope = replace(message.envelope, index=refused.index)
    of_it = replace(message, body=refused.body, envelope=envelope)
    return refusal(of_it, ONBOARDING_EVENTS, refused.error, now)
