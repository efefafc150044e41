"""The events in a body: one, or those of a list, each read by itself whoever handed the body in.

So the queue and the webhook take the same bodies, and a bad event keeps no other back at either.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from shared.contracts.messages.contract import MOST_EVENTS
from shared.contracts.messages.onboarding_event import Envelope, read_request_object
from shared.contracts.messages.unwrapping import Opened, open_body, open_element
from shared.domain.errors import InvalidMessage
from shared.domain.person.request import Request


@dataclass(frozen=True, slots=True)
class TakenEvent:
    """An event that was understood."""

    value: Any
    """Its JSON, out of whatever it was wrapped in."""
    request: Request
    body: bytes
    """What was sent of it."""
    index: int | None = None
    """Its place in the list; None where the body is one event."""


@dataclass(frozen=True, slots=True)
class RefusedEvent:
    """What is no event, and why; the field begins with its place in the list."""

    error: InvalidMessage
    body: bytes
    """What was sent of it."""
    index: int | None = None


type FoundEvent = TakenEvent | RefusedEvent


def events_in(
    body: bytes, envelope: Envelope, now: datetime, time_zone: str = "UTC"
) -> Iterator[FoundEvent]:
    """Yields each event of a body; one that holds none is refused as a whole.

    Args:
        body: as it was sent.
        envelope: what the transport knows of it.
        now: the time.
        time_zone: in which days begin and end of which no zone is said.
    """
    try:
        opened = open_body(body)
        if not isinstance(opened.value, list):
            yield TakenEvent(opened.value, _request(opened, envelope, now, time_zone), body)
            return
        _refuse_length(opened)
    except InvalidMessage as error:
        yield RefusedEvent(error, body)
        return
    for index, value in enumerate(opened.value):
        yield _element(value, body, replace(envelope, index=index), now, time_zone)


def _element(
    value: Any, body: bytes, envelope: Envelope, now: datetime, time_zone: str
) -> FoundEvent:
    own, index = _body_of(value, body), envelope.index
    try:
        opened = open_element(value)
        return TakenEvent(opened.value, _request(opened, envelope, now, time_zone), own, index)
    except InvalidMessage as error:
        return RefusedEvent(InvalidMessage(f"[{index}].{error.field}", error.reason), own, index)


def _body_of(value: Any, body: bytes) -> bytes:
    """Returns the element as text; where it is too deep to be written, the list it is in."""
    try:
        return json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace")
    except RecursionError:
        return body


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
