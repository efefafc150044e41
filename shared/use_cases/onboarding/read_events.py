"""Read events: from the messages of the queue to requests, and the refused ones with a reason."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from shared.contracts.messages.onboarding_event import Envelope, read_request_object
from shared.contracts.messages.queues import ONBOARDING_EVENTS
from shared.contracts.messages.unwrapping import MOST_EVENTS, Opened, open_body, open_element
from shared.domain.errors import InvalidMessage
from shared.domain.person.request import Request
from shared.ports.ledger import Receipt
from shared.use_cases.message import Message, refusal


def read_events(messages: Sequence[Message], now: datetime) -> tuple[list[Request], list[Receipt]]:
    """Returns what the messages ask for, and the receipts of what cannot be understood.

    Of a message that holds a list each event is read by itself; a bad one keeps no other back.
    """
    found = [one for message in messages for one in _read(message, now)]
    return (
        [one for one in found if isinstance(one, Request)],
        [one for one in found if isinstance(one, Receipt)],
    )


def _read(message: Message, now: datetime) -> Iterator[Request | Receipt]:
    try:
        opened = open_body(message.body)
        if not isinstance(opened.value, list):
            yield _request(opened, message.envelope, now)
            return
        _refuse_length(opened)
    except InvalidMessage as error:
        yield refusal(message, ONBOARDING_EVENTS, error, now)
        return
    for index, value in enumerate(opened.value):
        yield _element(
            value, replace(message, envelope=replace(message.envelope, index=index)), now
        )


def _element(value: Any, message: Message, now: datetime) -> Request | Receipt:
    envelope = message.envelope
    try:
        return _request(open_element(value), envelope, now)
    except InvalidMessage as error:
        place = InvalidMessage(f"[{envelope.index}].{error.field}", error.reason)
        return refusal(
            replace(message, body=_body_of(value, message)), ONBOARDING_EVENTS, place, now
        )


def _body_of(value: Any, message: Message) -> bytes:
    """Returns the element as text; where it is too deep to be written, the list it is in."""
    try:
        return json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace")
    except RecursionError:
        return message.body


def _request(opened: Opened, envelope: Envelope, now: datetime) -> Request:
    try:
        return read_request_object(opened.value, envelope, now)
    except InvalidMessage as error:
        raise opened.refusal(error) from None


def _refuse_length(opened: Opened) -> None:
    count = len(opened.value)
    if not 0 < count <= MOST_EVENTS:
        reason = f"give 1 to {MOST_EVENTS:,} events, not {count:,}"
        raise opened.refusal(InvalidMessage("(body)", reason))
