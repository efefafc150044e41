"""The operator API, held events: whom a sender moves beyond its brake, and what to do about it."""

from functions.routes import Request, Routes
from shared.contracts.api.held_views import DecidedView, HeldEventPage
from shared.contracts.api.operator_requests import HeldAfter, TheseHeldEvents
from shared.use_cases.decide_held_events import drop, let_through, list_held_events

routes = Routes("held events")
_EXAMPLE = {"keys": ["5f0c7b1e9d2a4c3b8e6f1a2b3c4d5e6f"], "reason": "the site in Leeds opens"}


@routes.get("held-events", takes=HeldAfter, answers=HeldEventPage, refuses=(503,))
async def get_held_events(asked: Request[HeldAfter]) -> HeldEventPage:
    """Up to 100 events that a brake holds, by source and direction."""
    return await list_held_events(asked.sent.after, asked.world)


@routes.post(
    "held-events/let-through",
    takes=TheseHeldEvents,
    answers=DecidedView,
    example=_EXAMPLE,
    refuses=(409, 503),
)
async def let_held_events_through(asked: Request[TheseHeldEvents]) -> DecidedView:
    """Put held events on the queue again, to be taken whatever the brake says."""
    sent = asked.sent
    return await let_through(
        sent.keys, asked.world, asked.now, actor=asked.actor, reason=sent.reason
    )


@routes.post(
    "held-events/drop",
    takes=TheseHeldEvents,
    answers=DecidedView,
    example=_EXAMPLE,
    refuses=(409, 503),
)
async def drop_held_events(asked: Request[TheseHeldEvents]) -> DecidedView:
    """Drop held events; each is kept whole among the refused messages."""
    sent = asked.sent
    return await drop(sent.keys, asked.world, asked.now, actor=asked.actor, reason=sent.reason)
