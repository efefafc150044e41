"""A dead letter as the SDK has it: what it says, and the copy of it that is sent again.

The SDK decodes an AMQP string to bytes, and a timestamp to a number of milliseconds. What is UTF-8
is taken for a string; a timestamp in an application property arrives as a number.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from shared.contracts.messages.onboarding_event import Envelope
from shared.contracts.messages.queues import RECEIVED_FROM
from shared.contracts.messages.returned_message import ReturnedMessage
from shared.ports.dead_letters import DeadLetter, PropertyValue

if TYPE_CHECKING:
    from azure.servicebus import ServiceBusReceivedMessage
    from azure.servicebus.amqp import AmqpAnnotatedMessage

ORIGINAL_ID = "ssprMessageId"
"""The application property that keeps a resubmitted message's id of before."""
_BROKER_S = ("DeadLetterReason", "DeadLetterErrorDescription")
"""Properties that the broker itself has written when it set the message aside."""
_SMALL = 2**31


def letter_of(message: "ServiceBusReceivedMessage", queue: str) -> DeadLetter:
    """Returns the dead letter, whole."""
    enqueued = message.enqueued_time_utc
    return DeadLetter(
        queue=queue,
        sequence_number=message.sequence_number or 0,
        message_id=str(message.message_id or ""),
        body=_bytes_of(message),
        content_type=message.content_type,
        subject=message.subject,
        properties=_properties(message),
        reason=message.dead_letter_reason or "",
        description=message.dead_letter_error_description or "",
        delivery_count=message.delivery_count or 0,
        enqueued_at=enqueued.replace(tzinfo=UTC) if enqueued else None,
    )


def copy_of(message: "ServiceBusReceivedMessage", queue: str) -> "AmqpAnnotatedMessage":
    """Returns the message to send: the same one, under an id that the broker does not know yet.

    The id is the same at every try, so that one sent twice in a row arrives once.
    """
    from azure.servicebus.amqp import AmqpAnnotatedMessage

    raw = message.raw_amqp_message
    written = {name: _written(value) for name, value in _properties(message).items()}
    return AmqpAnnotatedMessage(
        **_body(message),
        header=_kept(time_to_live=raw.header.time_to_live if raw.header else None),
        properties=_kept(
            message_id=_new_id(message, queue),
            content_type=message.content_type,
            content_encoding=_text(raw.properties.content_encoding) if raw.properties else None,
            correlation_id=message.correlation_id,
            subject=message.subject,
            to=message.to,
            reply_to=message.reply_to,
            group_id=message.session_id,
            reply_to_group_id=message.reply_to_session_id,
        ),
        application_properties={**_added(message, queue), **written},
    )


def _added(message: "ServiceBusReceivedMessage", queue: str) -> dict[str, str]:
    """Returns its id and its place of before; what a former return has said stands before it."""
    added = {ORIGINAL_ID: str(message.message_id)} if message.message_id else {}
    enqueued = message.enqueued_time_utc
    if queue in RECEIVED_FROM and enqueued:
        place = Envelope(message.sequence_number, enqueued.replace(tzinfo=UTC))
        added |= ReturnedMessage(body=b"", envelope=place, returns=0).properties
    return added


def _new_id(message: "ServiceBusReceivedMessage", queue: str) -> str:
    place = (queue, message.message_id, message.sequence_number, message.enqueued_time_utc)
    return hashlib.sha256("\n".join(map(str, place)).encode()).hexdigest()[:32]


def _properties(message: "ServiceBusReceivedMessage") -> dict[str, PropertyValue]:
    found = {
        str(_text(name)): _plain(value)
        for name, value in (message.application_properties or {}).items()
    }
    return {name: value for name, value in found.items() if name not in _BROKER_S}


def _plain(value: object) -> PropertyValue:
    value = _text(value)
    if value is None or isinstance(value, str | bytes | bool | int | float | datetime):
        return value
    return str(value)


def _written(value: PropertyValue) -> Any:
    """Returns the value as the SDK sends it without loss: of numbers it knows 32 bits only."""
    from azure.servicebus._pyamqp.types import TYPE, VALUE, AMQPTypes

    if isinstance(value, int) and not isinstance(value, bool) and not -_SMALL <= value < _SMALL:
        return {TYPE: AMQPTypes.long if value < 2**63 else AMQPTypes.ulong, VALUE: value}
    return value


def _body(message: "ServiceBusReceivedMessage") -> dict[str, Any]:
    from azure.servicebus.amqp import AmqpMessageBodyType

    body: Any = message.body
    match message.body_type:
        case AmqpMessageBodyType.DATA:
            return {"data_body": [bytes(part) for part in body]}
        case AmqpMessageBodyType.SEQUENCE:
            return {"sequence_body": [_deep(part) for part in body]}
        case _:
            return {"value_body": _deep(body)}


def _bytes_of(message: "ServiceBusReceivedMessage") -> bytes:
    body = _body(message)
    if "data_body" in body:
        return b"".join(body["data_body"])
    value = body.get("value_body", body.get("sequence_body"))
    if isinstance(value, bytes):
        return value
    return (value if isinstance(value, str) else json.dumps(value, default=str)).encode()


def _deep(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_deep(name): _deep(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_deep(one) for one in value]
    return _text(value)


def _text(value: Any) -> Any:
    """Returns bytes as text where they are UTF-8: the SDK gives texts as bytes."""
    if not isinstance(value, bytes):
        return value
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value


def _kept(**given: Any) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value is not None}
