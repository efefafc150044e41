"""Service Bus messages as the production host hands them to a Python function.

Names, types and quirks follow the Service Bus extension's ``ServiceBusTriggerBindingStrategy`` and
the host's ``GrpcMessageConversionExtensions`` and ``WorkerFunctionInvoker``:

- the delivery count is 1 on the first delivery; dates lose their time zone;
- top-level properties of a single JSON body overwrite the metadata, whatever their case, as text;
- in a batch, empty strings are dropped from the arrays of strings, so that an optional property
  that only some messages have ends up at the wrong message, and an empty body breaks the batch;
- the reason for dead-lettering is in the application properties only.
"""

import json
import re
import uuid
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from azure.servicebus import ServiceBusReceivedMessage
from azure.servicebus.amqp import AmqpMessageBodyType

from sandbox.functions_host.protocol import Message, TypedData

type Fields = dict[str, Any]
"""What the host knows of a message, by the names of the trigger metadata."""

_EARLIEST = datetime.min.replace(tzinfo=UTC)
_LATEST = datetime.max.replace(tzinfo=UTC)
_TEXTS = frozenset(
    {
        "DeadLetterSource",
        "LockToken",
        "MessageId",
        "ContentType",
        "ReplyTo",
        "To",
        "Subject",
        "Label",
        "CorrelationId",
        "SessionId",
        "ReplyToSessionId",
        "PartitionKey",
    }
)
# What Newtonsoft.Json takes for a date in a JSON text.
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?(Z|[+-]\d\d:\d\d)?")


def body(message: ServiceBusReceivedMessage) -> bytes:
    """Take the payload out of a message.

    Raises:
        ValueError: For a body that is not AMQP data, which the production host cannot bind either.
    """
    if message.body_type is not AmqpMessageBodyType.DATA:
        raise ValueError(f"the body is an AMQP {message.body_type.name.lower()}, not data")
    return b"".join(message.body)


def fields(message: ServiceBusReceivedMessage) -> Fields:
    """Read what the metadata is made of; None where the message has nothing."""
    expires = message.expires_at_utc or _LATEST
    enqueued = message.enqueued_time_utc or _EARLIEST
    properties = _properties(message.application_properties or {})
    return {
        "DeliveryCount": (message.delivery_count or 0) + 1,
        "DeadLetterSource": message.dead_letter_source,
        "LockToken": str(message.lock_token),
        "ExpiresAtUtc": _date(expires.replace(tzinfo=None)),
        "ExpiresAt": _date(expires),
        "EnqueuedTimeUtc": _date(enqueued.replace(tzinfo=None)),
        "EnqueuedTime": _date(enqueued),
        "MessageId": message.message_id,
        "ContentType": message.content_type,
        "ReplyTo": message.reply_to,
        "SequenceNumber": message.sequence_number,
        "To": message.to,
        "Subject": message.subject,
        "Label": message.subject,
        "CorrelationId": message.correlation_id,
        "ApplicationProperties": properties,
        "UserProperties": properties,
        "SessionId": message.session_id,
        "ReplyToSessionId": message.reply_to_session_id,
        "PartitionKey": message.partition_key,
    }


def fields_by_hand() -> Fields:
    """Make up the fields of a message that was never on a queue, for an invocation by hand."""
    never = _date(_EARLIEST.replace(tzinfo=None))
    return {
        "DeliveryCount": 0,
        "LockToken": str(uuid.UUID(int=0)),
        "ExpiresAtUtc": never,
        "EnqueuedTimeUtc": never,
        "MessageId": None,
        "SequenceNumber": -1,
        "CorrelationId": None,
        "ApplicationProperties": {},
        "UserProperties": {},
    }


def one(payload: bytes, known: Fields, function: str) -> dict[str, TypedData]:
    """Make the metadata of a single message."""
    metadata: dict[str, TypedData | None] = {"sys": _sys(function)}
    for name, value in known.items():
        metadata[name] = None if value is None else _typed(name, value)
    _overwrite(metadata, payload)
    return {name: value for name, value in metadata.items() if value is not None}


def many(known: Sequence[Fields], function: str) -> dict[str, TypedData]:
    """Make the metadata of a batch: an array of each property."""
    metadata = {"sys": _sys(function)}
    for name in known[0]:
        values = [each[name] for each in known]
        if name in _TEXTS:
            array = TypedData(collection_string=Message(string=[text for text in values if text]))
        elif name == "SequenceNumber":
            array = TypedData(collection_sint64=Message(sint64=values))
        else:
            array = TypedData(json=json.dumps(values))
        metadata[f"{name}Array"] = array
    return metadata


def payload_of_one(payload: bytes, *, binary: bool) -> TypedData:
    """Make the value of a single message.

    Raises:
        ValueError: When the function wants text and the payload is not UTF-8.
    """
    return TypedData(bytes=payload) if binary else TypedData(string=payload.decode())


def payload_of_many(payloads: Sequence[bytes], *, binary: bool) -> TypedData:
    """Make the value of a batch.

    Raises:
        ValueError: When the function wants text and a payload is not UTF-8.
    """
    if binary:
        return TypedData(collection_bytes=Message(bytes=list(payloads)))
    texts = [payload.decode() for payload in payloads]
    return TypedData(collection_string=Message(string=[text for text in texts if text]))


def _typed(name: str, value: Any) -> TypedData:
    return TypedData(string=value) if name in _TEXTS else TypedData(json=json.dumps(value))


def _sys(function: str) -> TypedData:
    now = datetime.now(UTC)
    return TypedData(
        json=json.dumps(
            {"MethodName": function, "UtcNow": _date(now), "RandGuid": str(uuid.uuid4())}
        )
    )


def _overwrite(metadata: dict[str, TypedData | None], payload: bytes) -> None:
    try:
        parsed = json.loads(payload)
    except ValueError:
        return
    if not isinstance(parsed, dict):
        return
    spelling: dict[str, str] = {name.casefold(): name for name in metadata}
    top_level: dict[str, Any] = parsed
    for name, value in top_level.items():
        if value is not None and not isinstance(value, list):
            metadata[spelling.get(name.casefold(), name)] = _from_json(value)


def _from_json(value: Any) -> TypedData:
    """Convert a JSON value as ``(string)JToken`` does, in the invariant culture."""
    if isinstance(value, dict):
        return TypedData(json=json.dumps(value))
    if isinstance(value, str) and _DATE.fullmatch(value):
        date = datetime.fromisoformat(value)
        local = date.astimezone(UTC) if date.tzinfo else date
        return TypedData(string=local.strftime("%m/%d/%Y %H:%M:%S"))
    return TypedData(string=str(value))


def _properties(given: Mapping[str | bytes, Any]) -> dict[str, Any]:
    return {_plain(name): _plain(value) for name, value in given.items()}


def _plain(value: Any) -> Any:
    """Spell a value as JSON can hold it; the SDK gives text and binary alike as bytes."""
    match value:
        case bytes():
            try:
                return value.decode()
            except UnicodeDecodeError:
                return b64encode(value).decode()
        case datetime():
            return _date(value)
        case None | bool() | int() | float() | str():
            return value
    return str(value)


def _date(moment: datetime) -> str:
    """Spell a date as Newtonsoft.Json does: no trailing zeros in the fraction."""
    text = moment.replace(tzinfo=None).isoformat()
    return (text.rstrip("0") if "." in text else text) + ("+00:00" if moment.tzinfo else "")
