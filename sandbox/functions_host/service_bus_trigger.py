"""What the production host tells a Python function of Service Bus messages: the trigger metadata.

Names, types and quirks follow the Service Bus extension's ``ServiceBusTriggerBindingStrategy`` and
the host's ``GrpcMessageConversionExtensions`` and ``WorkerFunctionInvoker``:

- the delivery count is 1 on the first delivery; dates lose their time zone;
- top-level properties of a single JSON body overwrite the metadata, whatever their case, as text,
  unless the function asks for bytes;
- in a batch, empty strings are dropped from the arrays of strings, so that an optional property
  that only some messages have ends up at the wrong message;
- the reason for dead-lettering is in the application properties only.
"""

import json
import re
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from azure.servicebus import ServiceBusReceivedMessage

from sandbox.functions_host.application_properties import spell_date, spell_properties
from sandbox.functions_host.protocol import Message, TypedData
from sandbox.functions_host.service_bus_body import DataType

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
        "TransactionPartitionKey",
    }
)
_HANDLES = (
    "MessageReceiver",
    "MessageSession",
    "MessageActions",
    "SessionActions",
    "ReceiveActions",
    "Client",
)
"""The extension's own objects: they reach Python as JSON, of which nothing can be made."""
# What Newtonsoft.Json takes for a date in a JSON text.
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?(Z|[+-]\d\d:\d\d)?")


def fields(message: ServiceBusReceivedMessage) -> Fields:
    """Read what the metadata is made of; None where the message has nothing."""
    expires = message.expires_at_utc or _LATEST
    enqueued = message.enqueued_time_utc or _EARLIEST
    properties = spell_properties(message.application_properties or {})
    return {
        "DeliveryCount": (message.delivery_count or 0) + 1,
        "DeadLetterSource": message.dead_letter_source,
        "LockToken": str(message.lock_token),
        "ExpiresAtUtc": spell_date(expires.replace(tzinfo=None)),
        "ExpiresAt": spell_date(expires),
        "EnqueuedTimeUtc": spell_date(enqueued.replace(tzinfo=None)),
        "EnqueuedTime": spell_date(enqueued),
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
        "TransactionPartitionKey": None,
    }


def one(payload: bytes, known: Fields, wanted: DataType) -> dict[str, TypedData]:
    """Make the metadata of a single message."""
    return _of_one(payload, known, wanted, _handles())


def by_hand(payload: bytes, wanted: DataType) -> dict[str, TypedData]:
    """Make the metadata of a message that was never on a queue."""
    return _of_one(payload, _fields_by_hand(), wanted, {})


def many(known: Sequence[Fields]) -> dict[str, TypedData]:
    """Make the metadata of a batch: an array of each property."""
    metadata: dict[str, TypedData] = {**_handles()}
    for name in known[0]:
        # The extension fills this one with the other.
        source = "PartitionKey" if name == "TransactionPartitionKey" else name
        values = [each[source] for each in known]
        if name in _TEXTS:
            array = TypedData(collection_string=Message(string=[text for text in values if text]))
        elif name == "SequenceNumber":
            array = TypedData(collection_sint64=Message(sint64=values))
        else:
            array = TypedData(json=json.dumps(values))
        metadata[f"{name}Array"] = array
    return metadata


def _fields_by_hand() -> Fields:
    never = spell_date(_EARLIEST.replace(tzinfo=None))
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


def _of_one(
    payload: bytes, known: Fields, wanted: DataType, metadata: dict[str, TypedData]
) -> dict[str, TypedData]:
    metadata |= {name: _typed(name, value) for name, value in known.items() if value is not None}
    if wanted != "binary":
        # Also a property that the message does not have is replaced under its own spelling.
        _overwrite(metadata, {name.casefold(): name for name in (*known, *metadata)}, payload)
    return metadata


def _handles() -> dict[str, TypedData]:
    return {name: TypedData(json="{}") for name in _HANDLES}


def _typed(name: str, value: Any) -> TypedData:
    return TypedData(string=value) if name in _TEXTS else TypedData(json=json.dumps(value))


def _overwrite(metadata: dict[str, TypedData], spelling: Mapping[str, str], payload: bytes) -> None:
    try:
        parsed = json.loads(payload)
    except ValueError:
        return
    if not isinstance(parsed, dict):
        return
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
