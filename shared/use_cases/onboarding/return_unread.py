"""Return unread: what the host could not bind is put on the queue as what it can.

A JMS TextMessage is a text, but not bytes; a MapMessage says by its map what a JSON object would.
So the same is sent again as data, with its place of before, and read as everything else is.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from shared.contracts.messages.contract import LARGEST_MESSAGE
from shared.contracts.messages.message_properties import with_properties
from shared.contracts.messages.queues import ONBOARDING_EVENTS
from shared.contracts.messages.returned_message import ReturnedMessage
from shared.domain.errors import InvalidMessage
from shared.domain.signals import WorkPostponed
from shared.ports.ledger import Receipt
from shared.ports.unread import UnreadMessage
from shared.ports.world import World
from shared.use_cases.message import Message, refusal
from shared.use_cases.recording import keep_refusals
from shared.use_cases.signalling import emit

_WHY = "their bodies are AMQP values or sequences, which the host cannot hand on"


async def return_unread(world: World, now: datetime) -> None:
    """Puts onboarding events that the host could not read on their queue again, as data.

    What would be too large to be sent again is refused, and kept like everything that is refused.
    """
    await world.unread.take(ONBOARDING_EVENTS, partial(_return, world=world, now=now))


async def _return(unread: Sequence[UnreadMessage], world: World, now: datetime) -> None:
    messages = [_message_of(one) for one in unread]
    too_large = [one for one in messages if len(one.body) > LARGEST_MESSAGE]
    await keep_refusals([_refusal(one, now) for one in too_large], world)
    again = [
        ReturnedMessage(body=one.body, envelope=one.envelope, returns=0)
        for one in messages
        if len(one.body) <= LARGEST_MESSAGE
    ]
    if again:
        await world.outbox.return_messages(ONBOARDING_EVENTS, again, timedelta())
        emit([WorkPostponed(queue=ONBOARDING_EVENTS, messages=len(again), reason=_WHY)])


def _message_of(unread: UnreadMessage) -> Message:
    body = with_properties(_body_of(unread.value), unread.properties, unread.content_type)
    return Message(body, unread.envelope)


def _refusal(message: Message, now: datetime) -> Receipt:
    reason = f"an AMQP value of {len(message.body):,} bytes as JSON; send the body as data"
    return refusal(message, ONBOARDING_EVENTS, InvalidMessage("(body)", reason), now)


def _body_of(value: Any) -> bytes:
    match value:
        case bytes():
            return value
        case str():
            return value.encode("utf-8", "backslashreplace")
    text = json.dumps(_plain(value), ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace")


def _plain(value: Any) -> Any:
    """Returns the value in JSON's terms; what JSON does not have is written as a text."""
    match value:
        case None | bool() | int() | float():
            return value
        case bytes():
            return value.decode("utf-8", "backslashreplace")
        case dict():
            return {str(_plain(name)): _plain(one) for name, one in value.items()}
        case list() | tuple():
            return [_plain(one) for one in value]
    return str(value)
