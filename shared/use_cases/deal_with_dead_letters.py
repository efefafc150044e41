"""Deal with dead letters: an operator has some sent again, or discards them; both are audited."""

import hashlib
from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.contracts.api.dead_letter_views import DealtWithView
from shared.contracts.messages.onboarding_event import Envelope
from shared.contracts.messages.queues import DEAD_LETTERS_OF
from shared.contracts.messages.returned_message import ReturnedMessage
from shared.domain.person.reasons import Reason
from shared.ports.dead_letters import LARGEST_PAGE, DeadLetter
from shared.ports.ledger import Receipt
from shared.ports.world import World
from shared.use_cases.kept_text import kept_text

_KEY_LENGTH = 32
_MOST_TEXT = 500
"""Characters of what a broker or a sender says of a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """What an operator asks for."""

    queue: str
    numbers: Collection[int]
    actor: str
    reason: str
    now: datetime


async def resubmit(
    queue: str, numbers: Collection[int], world: World, now: datetime, *, actor: str, reason: str
) -> DealtWithView | None:
    """Has dead letters sent to their queue again; None if there is no such queue.

    What is recorded is what was asked for, before it is done, and then what was left.

    Raises:
        ServiceUnavailable: Service Bus gives no usable answer; some may have been sent, and asking
            again sends those that are left.
        LedgerConflict: try again.
    """
    if queue not in DEAD_LETTERS_OF:
        return None
    order = _Order(queue=queue, numbers=numbers, actor=actor, reason=reason, now=now)
    found = await _find(order, world)
    await _record("resubmit-dead-letter", found, order, world)
    done = await world.dead_letters.resubmit(queue, [one.sequence_number for one in found])
    return await _told(order, found, done, world)


async def discard(
    queue: str, numbers: Collection[int], world: World, now: datetime, *, actor: str, reason: str
) -> DealtWithView | None:
    """Takes dead letters off for good; None if there is no such queue.

    Before that each is kept whole among the refused messages. Raises as `resubmit` does.
    """
    if queue not in DEAD_LETTERS_OF:
        return None
    order = _Order(queue=queue, numbers=numbers, actor=actor, reason=reason, now=now)
    found = await _find(order, world)
    await world.ledger.record_receipts([_kept(one, order) for one in found])
    await _record("discard-dead-letter", found, order, world)
    done = await world.dead_letters.discard(queue, [one.sequence_number for one in found])
    return await _told(order, found, done, world)


async def _find(order: _Order, world: World) -> Sequence[DeadLetter]:
    """Looks at each that is wanted, page by page; what lies between far ones is not read."""
    found: list[DeadLetter] = []
    left = sorted(set(order.numbers))
    while left:
        page = await world.dead_letters.peek(order.queue, after=left[0] - 1, limit=LARGEST_PAGE)
        found += [one for one in page if one.sequence_number in left]
        if not page:
            break
        left = [number for number in left if number > page[-1].sequence_number]
    return found


async def _told(
    order: _Order, found: Sequence[DeadLetter], done: AbstractSet[int], world: World
) -> DealtWithView:
    left = [one for one in found if one.sequence_number not in done]
    await _record("leave-dead-letter", left, order, world)
    return DealtWithView(
        queue=order.queue,
        done=tuple(sorted(done)),
        left=tuple(sorted(set(order.numbers) - done)),
    )


async def _record(action: str, letters: Sequence[DeadLetter], order: _Order, world: World) -> None:
    changes = [_entry(action, one, order.reason) for one in letters]
    if changes:
        await world.audit.append({"changes": changes}, actor=order.actor, now=order.now)


def _entry(action: str, letter: DeadLetter, reason: str) -> dict[str, Any]:
    return {
        "action": action,
        "key": f"{letter.queue}/{letter.sequence_number}",
        "reason": reason,
        "detail": _why(letter),
        "messageId": letter.message_id[:_MOST_TEXT],
        "sha256": hashlib.sha256(letter.body).hexdigest(),
    }


def _kept(letter: DeadLetter, order: _Order) -> Receipt:
    place = f"{letter.queue}\n{letter.sequence_number}\n{letter.enqueued_at}\n{letter.message_id}"
    return Receipt(
        # Not the event's own key: its receipt may be there already, and is not to be changed.
        key=hashlib.sha256(f"dead letter\n{place}".encode()).hexdigest()[:_KEY_LENGTH],
        queue=letter.queue,
        at=order.now,
        outcome=Reason.DISCARDED,
        detail=f"dead letter {letter.sequence_number}, discarded by {order.actor}: {order.reason}; "
        f"it was set aside for {_why(letter)}",
        body=kept_text(letter.body),
        said_at=_said_at(letter),
    )


def _said_at(letter: DeadLetter) -> datetime | None:
    """Returns when it was first put on its queue; it may have been put there again since."""
    place = Envelope(letter.sequence_number, letter.enqueued_at)
    returned = ReturnedMessage.read(letter.body, place, letter.properties)
    return returned.envelope.enqueued_at if returned else letter.enqueued_at


def _why(letter: DeadLetter) -> str:
    return ": ".join(filter(None, (letter.reason, letter.description)))[:_MOST_TEXT] or "no reason"
