"""Describe dead letters: how many lie on each queue, which they are, and one of them whole."""

import asyncio
from base64 import b64encode
from datetime import datetime

from shared.contracts.api.dead_letter_views import (
    DeadLetterCount,
    DeadLetterCounts,
    DeadLetterPage,
    DeadLetterSummary,
    DeadLetterView,
    Scalar,
)
from shared.contracts.messages.queues import DEAD_LETTERS_OF
from shared.domain.errors import ServiceUnavailable
from shared.ports.dead_letters import LARGEST_PAGE, DeadLetter, PropertyValue
from shared.ports.world import World

_COUNT_SECONDS = 15.0
"""For a count: as long as the health report gives any other look."""


async def count_dead_letters(world: World) -> DeadLetterCounts:
    """Counts every queue's, up to a page: Service Bus tells the number only to whoever manages it.

    A queue that cannot be looked at has no number, and keeps none of the others from having one.
    """
    counts = await asyncio.gather(*(_count(queue, world) for queue in DEAD_LETTERS_OF))
    return DeadLetterCounts(queues=tuple(counts))


async def list_dead_letters(queue: str, after: int, world: World) -> DeadLetterPage | None:
    """Lists a page of a queue's dead letters, oldest first; None if there is no such queue.

    Raises:
        ServiceUnavailable: Service Bus gives no usable answer.
    """
    if queue not in DEAD_LETTERS_OF:
        return None
    found = await world.dead_letters.peek(queue, after=after, limit=LARGEST_PAGE)
    return DeadLetterPage(
        letters=tuple(summary_of(one) for one in found),
        next=found[-1].sequence_number if len(found) == LARGEST_PAGE else None,
    )


async def show_dead_letter(queue: str, number: int, world: World) -> DeadLetterView | None:
    """Shows one whole; None if it is not there. Raises as `list_dead_letters` does."""
    if queue not in DEAD_LETTERS_OF:
        return None
    found = await world.dead_letters.peek(queue, after=number - 1, limit=1)
    return _whole(found[0]) if found and found[0].sequence_number == number else None


def summary_of(letter: DeadLetter) -> DeadLetterSummary:
    """Returns all that is known of it but the body and the properties."""
    return DeadLetterSummary(
        queue=letter.queue,
        sequence_number=letter.sequence_number,
        message_id=letter.message_id,
        reason=letter.reason,
        description=letter.description,
        delivery_count=letter.delivery_count,
        enqueued_at=letter.enqueued_at,
        content_type=letter.content_type,
        size=len(letter.body),
    )


def _body_text(body: bytes) -> tuple[str, str]:
    """Returns how the body is told, `utf-8` or `base64`, and that text: nothing of it is lost."""
    try:
        return "utf-8", body.decode()
    except UnicodeDecodeError:
        return "base64", b64encode(body).decode()


def _whole(letter: DeadLetter) -> DeadLetterView:
    encoding, body = _body_text(letter.body)
    return DeadLetterView.model_validate(
        {
            **summary_of(letter).model_dump(),
            "properties": {name: _scalar(value) for name, value in letter.properties.items()},
            "encoding": encoding,
            "body": body,
        }
    )


def _scalar(value: PropertyValue) -> Scalar:
    if isinstance(value, bytes):
        return b64encode(value).decode()
    return value.isoformat() if isinstance(value, datetime) else value


async def _count(queue: str, world: World) -> DeadLetterCount:
    try:
        async with asyncio.timeout(_COUNT_SECONDS):
            found = await world.dead_letters.peek(queue, after=0, limit=LARGEST_PAGE)
    except (ServiceUnavailable, TimeoutError):
        return DeadLetterCount(queue=queue, number=None, more=False)
    return DeadLetterCount(queue=queue, number=len(found), more=len(found) == LARGEST_PAGE)
