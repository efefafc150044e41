"""Accept events by HTTP: put each that is one on the queue, answer with keys and refusals.

What is refused of a list is kept like everything that is refused: not every sender looks at our
answer.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from shared.contracts.api.event_views import AcceptedEvents
from shared.contracts.api.refused_view import RefusedView
from shared.contracts.messages.contract import LARGEST_MESSAGE
from shared.contracts.messages.door_proof import claim_of_a_source
from shared.contracts.messages.onboarding_event import Envelope, as_cloud_event, event_key
from shared.contracts.messages.queues import ONBOARDING_EVENTS
from shared.domain.errors import InvalidMessage
from shared.ports.ledger import Receipt
from shared.ports.world import World
from shared.use_cases.message import Message, refusal
from shared.use_cases.onboarding.events_in import RefusedEvent, TakenEvent, events_in
from shared.use_cases.recording import keep_refusals


async def accept_events(
    body: bytes, world: World, now: datetime, *, source: str = "webhook"
) -> AcceptedEvents:
    """Takes one event or a list of them; of a list each by itself. Returns keys and refusals.

    `source` is said of events that name none.

    Raises:
        InvalidMessage: nothing of it can be taken; `[0].data.employeeId` for the first of a list.
    """
    taken: list[tuple[str, bytes]] = []
    refused: list[RefusedEvent] = []
    for found in events_in(body, Envelope(), now):
        outcome = found if isinstance(found, RefusedEvent) else _queued(found, source)
        if isinstance(outcome, RefusedEvent):
            refused.append(outcome)
        else:
            taken.append(outcome)
    if not taken:
        raise _all_refused(refused)
    receipts = [_receipt(one, now) for one in refused]
    await world.outbox.send_onboarding(taken)
    await keep_refusals(receipts, world)
    return AcceptedEvents(
        keys=tuple(key for key, _ in taken),
        refused=tuple(_view(one, at) for one, at in zip(refused, receipts, strict=True)),
    )


def _queued(taken: TakenEvent, source: str) -> tuple[str, bytes] | RefusedEvent:
    if field := _field_of_a_source(taken):
        place = field if taken.index is None else f"[{taken.index}].{field}"
        reason = (
            "hr/… is said by the addresses of HR systems alone; say another name, or send it there"
        )
        return RefusedEvent(InvalidMessage(place, reason), taken.body, taken.index)
    # A plain event names nothing by which a copy of it could be known: each is a new one.
    event: Any = as_cloud_event(taken.value, source=source, event_id=uuid4().hex)
    body = json.dumps(event).encode()
    if len(body) > LARGEST_MESSAGE:
        place = "(body)" if taken.index is None else f"[{taken.index}].(event)"
        reason = f"takes {len(body):,} bytes, where {LARGEST_MESSAGE:,} fit into a message"
        return RefusedEvent(InvalidMessage(place, reason), body, taken.index)
    return event_key(event, Envelope()), body


def _field_of_a_source(taken: TakenEvent) -> str | None:
    """Returns the field that speaks for an HR source: what it says is counted as that one's."""
    claim = claim_of_a_source(taken.request)
    return "data.actor" if claim == "actor" and "specversion" in taken.value else claim


def _all_refused(refused: Sequence[RefusedEvent]) -> InvalidMessage:
    first, more = refused[0].error, len(refused) - 1
    return InvalidMessage(first.field, f"{first.reason} (and {more} more)") if more else first


def _receipt(refused: RefusedEvent, now: datetime) -> Receipt:
    return refusal(Message(refused.body), ONBOARDING_EVENTS, refused.error, now)


def _view(refused: RefusedEvent, receipt: Receipt) -> RefusedView:
    return RefusedView(
        index=refused.index,
        field=refused.error.field,
        reason=refused.error.reason,
        key=receipt.key,
    )
