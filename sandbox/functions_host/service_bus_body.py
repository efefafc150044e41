"""Bodies of Service Bus messages as the production host hands them to a Python function.

They are bytes, texts or JSON by the trigger's data type, and not every body can be each: what
cannot be bound fails the invocation without a call.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from azure.servicebus import ServiceBusReceivedMessage
from azure.servicebus.amqp import AmqpMessageBodyType

from sandbox.functions_host.amqp_types import Binary
from sandbox.functions_host.protocol import Message, TypedData

type DataType = Literal["binary", "string", "json"]
"""What a function wants its bodies to be."""

_ONE_TEXT = ("string", False)


def data_type(trigger: Mapping[str, Any], *, batched: bool) -> DataType:
    """Tell what a trigger wants; where it says nothing, one body is a text, many are JSON."""
    named = (trigger.get("dataType") or "").lower()
    if named == "binary":
        return "binary"
    return "json" if batched and not named else "string"


def payload(message: ServiceBusReceivedMessage, *, wanted: DataType, batched: bool) -> bytes:
    """Take the payload out of a message.

    Raises:
        ValueError: For a body that is neither AMQP data nor a text alone where a text is wanted;
            the production host cannot bind it either.
    """
    kind = message.body_type
    if kind is AmqpMessageBodyType.DATA:
        return b"".join(message.body)
    value = message.body
    if kind is AmqpMessageBodyType.VALUE and _is_text(value) and (wanted, batched) == _ONE_TEXT:
        return value if isinstance(value, bytes) else value.encode()
    raise ValueError(f"the body is an AMQP {kind.name.lower()}, not data")


def value_of_one(payload: bytes, wanted: DataType) -> TypedData:
    """Make the value of a single message; what is not UTF-8 becomes replacement characters."""
    return TypedData(bytes=payload) if wanted == "binary" else TypedData(string=_text(payload))


def value_of_many(payloads: Sequence[bytes], wanted: DataType) -> TypedData:
    """Make the value of a batch.

    Raises:
        ValueError: When the function names no data type and a body is not a JSON object.
    """
    match wanted:
        case "binary":
            return TypedData(collection_bytes=Message(bytes=list(payloads)))
        case "string":
            texts = [_text(payload) for payload in payloads]
            return TypedData(collection_string=Message(string=[text for text in texts if text]))
        case "json":
            return TypedData(json=json.dumps([_object(payload) for payload in payloads]))


def _is_text(value: Any) -> bool:
    # The SDK gives texts as bytes; what is really bytes is told from them.
    return isinstance(value, str | bytes) and not isinstance(value, Binary)


def _text(payload: bytes) -> str:
    return payload.decode(errors="replace")


def _object(payload: bytes) -> dict[str, Any]:
    parsed = json.loads(_text(payload))
    if not isinstance(parsed, dict):
        raise ValueError("a body is not a JSON object, and the trigger names no data type")  # noqa: TRY004 - as unreadable as the rest
    return parsed
