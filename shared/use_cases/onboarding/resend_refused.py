"""Resend refused messages: show what would be sent, and send it once that was seen.

Nothing is marked as sent: whether the event was taken since is read each time, by the key that
follows from what is kept. So a crash in the middle loses nothing, and a second run does nothing.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import batched
from typing import Any

from shared.contracts.api.resend_request import Resend
from shared.contracts.api.resend_views import Resending, ResendView, ResentView
from shared.contracts.messages.fixed_event import Fix, fixed_event, refuse_too_large
from shared.contracts.messages.onboarding_event import Envelope, event_key, read_request_object
from shared.contracts.messages.queues import ONBOARDING_EVENTS
from shared.contracts.messages.unwrapping import open_body
from shared.domain.errors import InvalidMessage, WorldChanged
from shared.domain.person.request import Action
from shared.ports.ledger import Receipt
from shared.ports.world import World
from shared.use_cases.kept_text import body_of
from shared.use_cases.write_pace import allow

MOST_AT_ONCE = 500
"""Messages that are sent, or told to be impossible, in one request."""
MOST_READ = 2_000
"""Refused messages that are looked through, newest first."""
_LOOK_UPS = 20
"""Receipts that are read at the same time."""
_OF_HR = "hr/"


@dataclass(frozen=True, slots=True)
class _Ready:
    """What becomes of one refused message, and the event that is sent of it."""

    view: ResentView
    body: bytes = b""

    @property
    def is_sent(self) -> bool:
        return self.view.becomes == Resending.SENT


async def resend_refused(order: Resend, world: World, now: datetime, *, actor: str) -> ResendView:
    """Shows what would be sent again or, with the fingerprint of what was shown, sends it.

    Raises:
        InvalidMessage: the fix is none for these messages.
        WorldChanged: something else would be sent than was shown.
        ServiceUnavailable: Service Bus takes nothing; asking again sends what is left.
        LedgerConflict: try again.
    """
    fix = _fix_of(order)
    found, unknown = await _named(order.keys, world) if order.keys else await _newest(world)
    meant = [one for one in found if _is_meant(one, order)]
    if fix.names_somebody and len(meant) > 1:
        raise InvalidMessage("fixes", "say who is meant for one message at a time")
    ready: list[_Ready] = []
    for some in batched(meant, _LOOK_UPS, strict=False):
        ready += await asyncio.gather(*(_ready(one, fix, world, now) for one in some))
    at_once, more = _first(ready)
    view = ResendView(
        fingerprint=_fingerprint(at_once),
        messages=tuple(one.view for one in at_once),
        more=more,
        unread=0 if order.keys else await _unread(world),
        unknown=tuple(unknown),
        done=False,
    )
    if order.plan is None:
        return view
    if order.plan != view.fingerprint:
        raise WorldChanged("other messages would be sent than were shown; look again")
    await _send([one for one in at_once if one.is_sent], order, world, now, actor=actor)
    return view.model_copy(update={"done": True})


def _fix_of(order: Resend) -> Fix:
    asked = order.fixes
    return Fix(renamed=asked.rename, dropped=frozenset(asked.drop), given=asked.give)


async def _newest(world: World) -> tuple[Sequence[Receipt], Sequence[str]]:
    return await world.ledger.refused(MOST_READ), ()


async def _unread(world: World) -> int:
    return max(0, (await world.ledger.totals()).refused_messages - MOST_READ)


async def _named(keys: Sequence[str], world: World) -> tuple[Sequence[Receipt], Sequence[str]]:
    found: dict[str, Receipt] = {}
    for some in batched(dict.fromkeys(keys), _LOOK_UPS, strict=False):
        receipts = await asyncio.gather(*map(world.ledger.receipt, some))
        found |= {one.key: one for one in receipts if one and one.body is not None}
    return list(found.values()), [key for key in dict.fromkeys(keys) if key not in found]


def _is_meant(receipt: Receipt, order: Resend) -> bool:
    if order.outcome is not None and receipt.outcome != order.outcome:
        return False
    if order.field is not None and _plain_field(receipt) != order.field:
        return False
    return order.source is None or order.source in _sources_of(receipt)


def _plain_field(receipt: Receipt) -> str:
    """Returns the field that was refused, wherever in a list the event stood."""
    field = receipt.field or ""
    return field.partition("].")[2] if field.startswith("[") else field


def _sources_of(receipt: Receipt) -> Sequence[str]:
    """Returns what the event calls its source, and the HR system that it came from."""
    told, separator, _ = receipt.detail.partition(": ")
    of_hr = [told, told.removeprefix(_OF_HR)] if separator and told.startswith(_OF_HR) else []
    try:
        value = open_body(body_of(receipt.body or "")).value
    except InvalidMessage:
        return of_hr
    said = value.get("source") if isinstance(value, dict) else None
    return [*of_hr, *([said, said.removeprefix(_OF_HR)] if isinstance(said, str) else [])]


async def _ready(receipt: Receipt, fix: Fix, world: World, now: datetime) -> _Ready:
    try:
        event = _event_of(receipt, fix, now)
        body = json.dumps(event).encode()
        refuse_too_large(body)
    except InvalidMessage as error:
        return _Ready(_impossible(receipt, error))
    key = event_key(event, Envelope())
    asked = read_request_object(event, Envelope(), now)
    view = ResentView(
        kept_as=receipt.key,
        at=receipt.at,
        becomes=await _becomes(key, world),
        key=key,
        action=asked.action,
        person=asked.identifier.value,
        occurred_at=asked.occurred_at,
        field=None,
        problem=None,
    )
    return _Ready(view, body)


def _event_of(receipt: Receipt, fix: Fix, now: datetime) -> dict[str, Any]:
    if receipt.queue != ONBOARDING_EVENTS:
        reason = f"was no event, but a message of {receipt.queue}, which comes again by itself"
        raise InvalidMessage("queue", reason)
    if receipt.detail.startswith(_OF_HR):
        system = receipt.detail.partition(":")[0]
        raise InvalidMessage("source", f"is in the words of {system}; have it sent again there")
    said_at = min(receipt.said_at or receipt.at, now)
    return fixed_event(
        body_of(receipt.body or ""), fix, kept_as=receipt.key, said_at=said_at, now=now
    )


def _impossible(receipt: Receipt, error: InvalidMessage) -> ResentView:
    return ResentView(
        kept_as=receipt.key,
        at=receipt.at,
        becomes=Resending.NOT_POSSIBLE,
        key=None,
        action=None,
        person=None,
        occurred_at=None,
        field=error.field,
        problem=error.reason,
    )


async def _becomes(key: str, world: World) -> Resending:
    receipt = await world.ledger.receipt(key)
    if receipt and receipt.body is None:
        return Resending.TAKEN
    return Resending.HELD if await world.held_events.of_events([key]) else Resending.SENT


def _first(ready: Sequence[_Ready]) -> tuple[Sequence[_Ready], int]:
    """Returns those that are dealt with at once, what is to be sent first, and how many are left.

    Two messages may say the same event: of those the first is sent.
    """
    seen: set[str | None] = set()
    unique: list[_Ready] = []
    for one in ready:
        if not one.is_sent or one.view.key not in seen:
            unique.append(one)
        seen.add(one.view.key)
    in_order = sorted(unique, key=lambda one: (not one.is_sent, one.view.at))
    return in_order[:MOST_AT_ONCE], len(in_order[MOST_AT_ONCE:])


def _fingerprint(ready: Sequence[_Ready]) -> str:
    sent = sorted(
        (one.view.key or "", sha256(one.body).hexdigest()) for one in ready if one.is_sent
    )
    return sha256(json.dumps(sent).encode()).hexdigest()


async def _send(
    ready: Sequence[_Ready], order: Resend, world: World, now: datetime, *, actor: str
) -> None:
    if not ready:
        return
    changes = [
        {
            "action": "resend-refused-message",
            "key": one.view.kept_as,
            "reason": order.reason,
            "detail": f"as event {one.view.key}",
            "sha256": sha256(one.body).hexdigest(),
        }
        for one in ready
    ]
    await world.audit.append({"changes": changes}, actor=actor, now=now)
    # Whoever is sent again was shown to an operator: the hour does not ask for them once more.
    leaving = sum(one.view.action == Action.OFFBOARD for one in ready)
    joining = sum(one.view.action == Action.ONBOARD for one in ready)
    await allow(world, now, additions=joining, removals=leaving)
    await world.outbox.send_onboarding([(_message_key(one, now), one.body) for one in ready])


def _message_key(ready: _Ready, now: datetime) -> str:
    """Another each time: the broker would drop a copy of what was refused some minutes ago."""
    return sha256(f"{now.isoformat()}\n{ready.view.key}".encode()).hexdigest()[:32]
