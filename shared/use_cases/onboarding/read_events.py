"""Read events: from the messages of the queue to requests, and the refused ones with a reason."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from shared.contracts.messages.queues import ONBOARDING_EVENTS
from shared.domain.person.request import Request
from shared.ports.ledger import Receipt
from shared.use_cases.message import Message, refusal
from shared.use_cases.onboarding.events_in import RefusedEvent, TakenEvent, events_in


class ReadEvents(NamedTuple):
    """What a batch of messages asks for, and what of it cannot be understood."""

    requests: list[Request]
    refused: list[Receipt]
    messages: list[Message]
    """Of each request, in the same order, the message that says it and nothing else."""


def read_events(messages: Sequence[Message], now: datetime, time_zone: str = "UTC") -> ReadEvents:
    """Reads the messages.

    Of a message that holds a list each event is read by itself; a bad one keeps no other back.
    Days of which no zone is said begin and end in `time_zone`.
    """
    read = ReadEvents([], [], [])
    for message in messages:
        for found in events_in(message.body, message.envelope, now, time_zone):
            alone = _alone(found, message)
            if isinstance(found, RefusedEvent):
                read.refused.append(refusal(alone, ONBOARDING_EVENTS, found.error, now))
                continue
            read.requests.append(found.request)
            read.messages.append(alone)
    return read


def _alone(found: TakenEvent | RefusedEvent, message: Message) -> Message:
    """Returns the message that says the one event and nothing else, out of its wrappings.

    One that has come back alone keeps its place in the list that it came in.
    """
    envelope = message.envelope
    if found.index is not None:
        envelope = replace(envelope, index=found.index)
    body = found.body
    if isinstance(found, TakenEvent):
        body = json.dumps(found.value).encode()
    return replace(message, body=body, envelope=envelope)
