"""Read events: from the messages of the queue to requests, and the refused ones with a reason."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from shared.contracts.messages.onboarding_event import Envelope, read_request_object
from shared.contracts.messages.queues import ONBOARDING_EVENTS
from shared.contracts.messages.unwrapping import MOST_EVENTS, Opened, open_body, open_element
from shared.domain.errors import InvalidMessage
from shared.domain.person.request import Request
from shared.ports.ledger import Receipt
from shared.use_cases.message import Message, refusal


class ReadEvents(NamedTuple):
    """What a batch of messages asks for, and what of it cannot be understood."""

    requests: list[Request]
    refused: list[Receipt]
    messages: list[Message]
    """Of each request, in the same order, the message that says it and nothing else."""


type _Found = tuple[Request, Message] | Receipt


def read_events(messages: Sequence[Message], now: datetime, time_zone: str = "UTC") -> ReadEvents:
    """Reads the messages.

    Of a message that holds a list each event is read by itself; a bad one keeps no other back.
    Days of which no zone is said begin and end in `time_zone`.
    """
    read = ReadEvents([], [], [])
    for message in messages:
        for found in _read(message, now, time_zone):
            if isinstance(found, Receipt):
                read.refused.append(found)
                continue
            read.requests.append(found[0])
            read.messages.append(found[1])
    return read


def _read(message: Message, now: datetime, time_zone: str) -> Iterator[_Found]:
    try:
        opened = open_body(message.body)
        if not isinstance(opened.value, list):
            request = _request(opened, message.envelope, now, time_zone)
            yield request, _with_body(message, opened)
            return
        _refuse_length(opened)
    except InvalidMessage as error:
        yield refusal(message, ONBOARDING_EVENTS, error, now)
        return
    for index, value in enumerate(opened.value):
        envelope = replace(message.envelope, index=index)
        element = replace(message, envelope=envelope, body=_body_of(value, message))
        yield _element(value, element, now, time_zone)


def _element(value: Any, message: Message, now: datetime, time_zone: str) -> _Found:
    envelope = message.envelope
    try:
        opened = open_element(value)
        request = _request(opened, envelope, now, time_zone)
        return request, _with_body(message, opened)
    except InvalidMessage as error:
        place = InvalidMessage(f"[{envelope.index}].{error.field}", error.reason)
        return refusal(message, ONBOARDING_EVENTS, place, now)


def _with_body(message: Message, opened: Opened) -> Message:
    """Returns the message with the event alone, out of what it was wrapped in."""
    return replace(message, body=json.dumps(opened.value).encode())


def _body_of(value: Any, message: Message) -> bytes:
    """Returns the element as text; where it is too deep to be written, the list it is in."""
    try:
        return json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace")
    except RecursionError:
        return message.body


def _request(opened: Opened, envelope: Envelope, now: datetime, time_zone: str) -> Request:
    try:
        return read_request_object(opened.value, envelope, now, time_zone)
    except InvalidMessage as error:
        raise opened.refusal(error) from None


def _refuse_length(opened: Opened) -> None:
    count = len(opened.value)
    if not 0 < count <= MOST_EVENTS:
        reason = f"give 1 to {MOST_EVENTS:,} events, not {count:,}"
        raise opened.refusal(InvalidMessage("(body)", reason))
