"""The operator API, dead letters: what the broker has set aside, and what to do with it."""

from collections.abc import Awaitable, Collection
from datetime import datetime
from typing import Protocol

from functions.responses import there
from functions.routes import Request, Routes
from shared.contracts.api.dead_letter_views import (
    DeadLetterCounts,
    DeadLetterPage,
    DeadLetterView,
    DealtWithView,
)
from shared.contracts.api.operator_requests import After, Nothing, TheseDeadLetters
from shared.ports.world import World
from shared.use_cases.deal_with_dead_letters import discard, resubmit
from shared.use_cases.views.describe_dead_letters import (
    count_dead_letters,
    list_dead_letters,
    show_dead_letter,
)

routes = Routes("dead letters")
_REFUSED = (404, 409, 503)
_LONGEST_NUMBER = 19
"""Digits, and one less is always below 2**63, which is what sequence numbers are."""
_EXAMPLE = {"numbers": [17, 18], "reason": "the storage is back"}


@routes.get("dead-letters", takes=Nothing, answers=DeadLetterCounts)
async def get_dead_letter_counts(asked: Request[Nothing]) -> DeadLetterCounts:
    """How many dead letters each queue has."""
    return await count_dead_letters(asked.world)


@routes.get("dead-letters/{queue}", takes=After, answers=DeadLetterPage, refuses=(404, 503))
async def get_dead_letters(asked: Request[After]) -> DeadLetterPage:
    """Up to 100 dead letters of a queue, oldest first."""
    page = await list_dead_letters(asked.path["queue"], asked.sent.after, asked.world)
    return there(page, "there is no such queue")


@routes.get(
    "dead-letters/{queue}/messages/{number}",
    takes=Nothing,
    answers=DeadLetterView,
    refuses=(404, 503),
)
async def get_dead_letter(asked: Request[Nothing]) -> DeadLetterView:
    """One dead letter, whole."""
    number = asked.path["number"]
    known = number.isascii() and number.isdecimal() and len(number) < _LONGEST_NUMBER
    queue = asked.path["queue"]
    letter = await show_dead_letter(queue, int(number), asked.world) if known else None
    return there(letter, "the queue has no dead letter with that number")


@routes.post(
    "dead-letters/{queue}/resubmit",
    takes=TheseDeadLetters,
    answers=DealtWithView,
    example=_EXAMPLE,
    refuses=_REFUSED,
)
async def resubmit_dead_letters(asked: Request[TheseDeadLetters]) -> DealtWithView:
    """Send dead letters to their queue again, as they are."""
    return there(await _done(resubmit, asked), "there is no such queue")


@routes.post(
    "dead-letters/{queue}/discard",
    takes=TheseDeadLetters,
    answers=DealtWithView,
    example=_EXAMPLE,
    refuses=_REFUSED,
)
async def discard_dead_letters(asked: Request[TheseDeadLetters]) -> DealtWithView:
    """Take dead letters off; each is kept whole among the refused messages."""
    return there(await _done(discard, asked), "there is no such queue")


class _Verb(Protocol):
    def __call__(
        self,
        queue: str,
        numbers: Collection[int],
        world: World,
        now: datetime,
        *,
        actor: str,
        reason: str,
    ) -> Awaitable[DealtWithView | None]: ...


async def _done(verb: _Verb, asked: Request[TheseDeadLetters]) -> DealtWithView | None:
    sent = asked.sent
    return await verb(
        asked.path["queue"],
        sent.numbers,
        asked.world,
        asked.now,
        actor=asked.actor,
        reason=sent.reason,
    )
