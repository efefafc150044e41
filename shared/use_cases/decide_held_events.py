"""Decide about held events: an operator lets some through, or drops them; both are audited."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from shared.contracts.api.held_views import DecidedView, HeldEventPage, HeldEventView
from shared.contracts.api.operator_requests import MOST_HELD_EVENTS
from shared.contracts.messages.queues import ONBOARDING_EVENTS
from shared.contracts.messages.returned_message import ReturnedMessage
from shared.domain.person.brake import Direction
from shared.domain.person.reasons import Reason
from shared.ports.held_events import HeldEvent
from shared.ports.ledger import Receipt
from shared.ports.world import World
from shared.use_cases.write_pace import allow


async def list_held_events(after: str, world: World) -> HeldEventPage:
    """Returns a page of what is held, behind that place."""
    found = await world.held_events.page(after, MOST_HELD_EVENTS)
    is_full = len(found) == MOST_HELD_EVENTS
    return HeldEventPage(events=tuple(map(_view, found)), next=found[-1].place if is_full else None)


async def let_through(
    keys: Collection[str], world: World, now: datetime, *, actor: str, reason: str
) -> DecidedView:
    """Puts held events on the queue again, to be taken whatever the brake says.

    They keep their time and place of before: whatever was said of the person since counts. What was
    let through already is sent once more, should its message have been lost.

    Raises:
        ServiceUnavailable: Service Bus takes nothing; asking again sends those that are left.
        LedgerConflict: try again.
    """
    found = await world.held_events.of_events(keys)
    await _record("let-through-held-event", found, reason, world, actor=actor, now=now)
    # Whoever an operator lets through was shown to one: the hour does not ask for them again.
    fresh = Counter(one.direction for one in found if not one.is_let_through)
    await allow(world, now, additions=fresh[Direction.JOINING], removals=fresh[Direction.LEAVING])
    # Before they are sent: whoever takes one off the queue has to see that it may pass.
    await world.held_events.keep([replace(one, is_let_through=True) for one in found])
    again = [
        ReturnedMessage(body=one.body.encode(), envelope=one.envelope, returns=1) for one in found
    ]
    if again:
        await world.outbox.return_messages(ONBOARDING_EVENTS, again, timedelta())
    return _decided(keys, found)


async def drop(
    keys: Collection[str], world: World, now: datetime, *, actor: str, reason: str
) -> DecidedView:
    """Drops held events; each is kept whole among the refused messages.

    One that was let through already is on its way, and is not dropped.

    Raises:
        LedgerConflict: try again.
    """
    found = [one for one in await world.held_events.of_events(keys) if not one.is_let_through]
    await _record("drop-held-event", found, reason, world, actor=actor, now=now)
    kept = [_kept(one, actor, reason, now) for one in found]
    await world.ledger.record_receipts(kept)
    await world.held_events.forget(found)
    return _decided(keys, found)


async def _record(
    action: str,
    events: Sequence[HeldEvent],
    reason: str,
    world: World,
    *,
    actor: str,
    now: datetime,
) -> None:
    changes: list[dict[str, Any]] = [
        {
            "action": action,
            "key": one.event_key,
            "reason": reason,
            "detail": f"{one.brake}, {one.direction}: {one.person_key}",
        }
        for one in events
    ]
    if changes:
        await world.audit.append({"changes": changes}, actor=actor, now=now)


def _kept(event: HeldEvent, actor: str, reason: str, now: datetime) -> Receipt:
    return Receipt(
        key=event.event_key,
        queue=ONBOARDING_EVENTS,
        at=now,
        outcome=Reason.DISCARDED,
        person_key=event.person_key,
        detail=f"held by the brake of {event.brake}, dropped by {actor}: {reason}",
        body=event.body,
        said_at=event.envelope.enqueued_at,
    )


def _decided(keys: Collection[str], done: Sequence[HeldEvent]) -> DecidedView:
    known = {one.event_key for one in done}
    in_order = list(dict.fromkeys(keys))
    return DecidedView(
        done=tuple(key for key in in_order if key in known),
        left=tuple(key for key in in_order if key not in known),
    )


def _view(event: HeldEvent) -> HeldEventView:
    return HeldEventView(
        key=event.event_key,
        source=event.brake,
        direction=event.direction,
        person_key=event.person_key,
        held_at=event.held_at,
        occurred_at=event.occurred_at,
        let_through=event.is_let_through,
        body=event.body,
    )
