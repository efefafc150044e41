"""Accept events by webhook: check each, put all of them on the queue, answer with their keys."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from shared.contracts.messages.onboarding_event import (
    Envelope,
    as_cloud_event,
    decode,
    event_key,
    read_request_object,
)
from shared.contracts.messages.unwrapping import MOST_EVENTS
from shared.domain.errors import InvalidMessage
from shared.ports.outbox import Outbox


async def accept_events(body: bytes, outbox: Outbox, now: datetime) -> Sequence[str]:
    """Takes one event or a list of them; all or none are put on the queue. Returns their keys.

    Raises:
        InvalidMessage: of the first event that cannot be taken, `[3].data.employeeId` for the
            fourth of a list.
    """
    value = decode(body)
    if isinstance(value, list):
        if not 0 < len(value) <= MOST_EVENTS:
            raise InvalidMessage("(body)", f"give 1 to {MOST_EVENTS} events, not {len(value)}")
        bodies = [_checked(one, now, f"[{number}].") for number, one in enumerate(value)]
    else:
        bodies = [_checked(value, now, "")]
    await outbox.send_onboarding(bodies)
    return [key for key, _ in bodies]


def _checked(value: Any, now: datetime, place: str) -> tuple[str, bytes]:
    try:
        read_request_object(value, Envelope(), now)
    except InvalidMessage as error:
        raise InvalidMessage(f"{place}{error.field}", error.reason) from None
    # A plain event names nothing by which a copy of it could be known: each is a new one.
    event = as_cloud_event(value, source="webhook", event_id=uuid4().hex)
    return event_key(event, Envelope()), json.dumps(event).encode()
