"""The sections of an AMQP message (part 3, section 3.2), as Service Bus uses them.

A message is cut at its section borders. The bare message (properties to body) keeps the bytes it
came with; header and annotations are written anew for each delivery.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid4

from sandbox.service_bus.amqp.types import (
    DecodeError,
    Described,
    Symbol,
    Timestamp,
    UInt,
    ULong,
    decode,
    encode,
    skip,
)

BATCH_FORMAT: Final = 0x8001_3700
"""The message-format in which each data section is a whole message."""

HEADER, DELIVERY_ANNOTATIONS, MESSAGE_ANNOTATIONS = 0x70, 0x71, 0x72
PROPERTIES, APPLICATION_PROPERTIES, DATA, SEQUENCE, VALUE, FOOTER = range(0x73, 0x79)

SEQUENCE_NUMBER: Final = Symbol("x-opt-sequence-number")
ENQUEUED_TIME: Final = Symbol("x-opt-enqueued-time")
LOCKED_UNTIL: Final = Symbol("x-opt-locked-until")
MESSAGE_STATE: Final = Symbol("x-opt-message-state")
SCHEDULED_ENQUEUE_TIME: Final = Symbol("x-opt-scheduled-enqueue-time")
_BROKER_OWNED: Final = {SEQUENCE_NUMBER, ENQUEUED_TIME, LOCKED_UNTIL, MESSAGE_STATE}

LOCK_TOKEN: Final = Symbol("x-opt-lock-token")
_LOCK_TOKEN_SECTION: Final = (
    b"\x00\x53\x71\xc1" + bytes((len(LOCK_TOKEN) + 2 + 17 + 1, 2)) + encode(LOCK_TOKEN) + b"\x98"
)
_MAP32: Final = struct.Struct(">4sII")
_TTL_FIELD = 2
_MESSAGE_ID_FIELD = 0


def sections(encoded: bytes) -> Iterator[tuple[int, int, int]]:
    """Code, first byte and end of each section of a message.

    Raises:
        DecodeError: the bytes are no message.
    """
    position = 0
    while position < len(encoded):
        end = skip(encoded, position)
        code = encoded[position + 2]
        if encoded[position : position + 2] != b"\x00\x53" or not HEADER <= code <= FOOTER:
            raise DecodeError(f"byte {position} of the message does not begin a section")
        yield code, position, end
        position = end


def _value(encoded: bytes, start: int) -> Any:
    return decode(encoded, start + 3)[0]  # behind the descriptor, which takes three bytes


def batched(encoded: bytes) -> list[bytes]:
    """The messages in a batch, each encoded as it was before batching."""
    return [_value(encoded, start) for code, start, _ in sections(encoded) if code == DATA]


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message as a sender handed it over, cut into what the broker needs.

    Attributes:
        encoded: All of it, as it came.
        header: The header's fields; empty when there was none.
        for_receiver: The sender's delivery annotations, but for the lock token.
        annotations: The sender's message annotations without those that only the broker may set.
        bare: The bare message and footer, untouched.
        message_id: In the type the sender chose; `None` when there was none.
    """

    encoded: bytes
    header: list[Any]
    for_receiver: dict[Symbol, Any]
    annotations: dict[Symbol, Any]
    bare: bytes
    message_id: Any

    @classmethod
    def sent(cls, encoded: bytes) -> "Parcel":
        """Cuts a message that comes in, and gives one without an id its own.

        Source: "Service Bus sets an ID as default, only if the application doesn't set its own";
        Azure/azure-service-bus-java issue 69. It shows as a GUID without hyphens.

        Raises:
            DecodeError: the bytes are no message.
        """
        parcel = cls.parse(encoded)
        return parcel if parcel.message_id is not None else cls.parse(_with_message_id(encoded))

    @classmethod
    def parse(cls, encoded: bytes) -> "Parcel":
        """Cuts an encoded message.

        Raises:
            DecodeError: the bytes are no message.
        """
        header: list[Any] = []
        for_receiver: dict[Symbol, Any] = {}
        annotations: dict[Symbol, Any] = {}
        bare: list[bytes] = []
        message_id = None
        for code, start, end in sections(encoded):
            if code == HEADER:
                header = _value(encoded, start)
            elif code == MESSAGE_ANNOTATIONS:
                sent = _value(encoded, start) or {}
                annotations = {key: item for key, item in sent.items() if key not in _BROKER_OWNED}
            elif code == DELIVERY_ANNOTATIONS:
                sent = _value(encoded, start) or {}
                for_receiver = {key: item for key, item in sent.items() if key != LOCK_TOKEN}
            else:
                bare.append(encoded[start:end])
            if code == PROPERTIES:
                message_id = (_value(encoded, start) or [None])[_MESSAGE_ID_FIELD]
        return cls(encoded, header, for_receiver, annotations, b"".join(bare), message_id)

    @property
    def time_to_live(self) -> int | None:
        """Milliseconds the sender allows; `None` for ever."""
        return self.header[_TTL_FIELD] if len(self.header) > _TTL_FIELD else None

    @property
    def scheduled_for(self) -> int | None:
        """When the sender wants it enqueued, in Unix milliseconds; `None` for at once."""
        return self.annotations.get(SCHEDULED_ENQUEUE_TIME)


def encode_delivery(
    parcel: Parcel,
    *,
    delivery_count: int,
    broker_annotations: dict[Symbol, Any],
    lock_token: UUID | None = None,
    application_properties: dict[str, str] | None = None,
) -> bytes:
    """A message as a receiver gets it.

    Args:
        parcel: What was sent.
        delivery_count: Failed deliveries so far; 0 the first time.
        broker_annotations: Put behind the sender's message annotations.
        lock_token: The delivery annotation that settles it through `$management`.
        application_properties: Added to the sender's (why it was dead-lettered).
    """
    durable, priority, ttl, first_acquirer = [*parcel.header, None, None, None, None][:4]
    header = [durable, priority, ttl, first_acquirer, UInt(delivery_count)]
    bare = parcel.bare
    if application_properties:
        bare = _with_application_properties(bare, application_properties)
    pairs = [*parcel.annotations.items(), *broker_annotations.items()]
    annotations = b"".join([encode(item) for pair in pairs for item in pair])
    return b"".join((
        b"\x00\x53\x70",
        encode(header),
        _delivery_annotations(parcel.for_receiver, lock_token),
        _MAP32.pack(b"\x00\x53\x72\xd1", len(annotations) + 4, 2 * len(pairs)),
        annotations,
        bare,
    ))  # fmt: skip


def _delivery_annotations(sent: dict[Symbol, Any], lock_token: UUID | None) -> bytes:
    if not sent:  # as nearly always
        return _LOCK_TOKEN_SECTION + lock_token.bytes if lock_token else b""
    items = {**sent, LOCK_TOKEN: lock_token} if lock_token else sent
    return encode(Described(ULong(DELIVERY_ANNOTATIONS), items))


def _with_message_id(encoded: bytes) -> bytes:
    """The message with a new id in its properties; every other section stays as it is."""
    before = after = b""
    properties: list[Any] = [None]
    for code, start, end in sections(encoded):
        if code == PROPERTIES:
            properties = [None, *_value(encoded, start)[1:]]
        elif code < PROPERTIES:
            before += encoded[start:end]
        else:
            after += encoded[start:end]
    properties[_MESSAGE_ID_FIELD] = uuid4().hex
    return before + encode(Described(ULong(PROPERTIES), properties)) + after


def _with_application_properties(bare: bytes, added: dict[str, str]) -> bytes:
    """The bare message with more application properties; every other section stays as it is."""
    properties: dict[str, Any] = {}
    before = after = b""
    for code, start, end in sections(bare):
        if code == APPLICATION_PROPERTIES:
            properties = _value(bare, start) or {}
        elif code == PROPERTIES:
            before += bare[start:end]
        else:
            after += bare[start:end]
    section = encode(Described(ULong(APPLICATION_PROPERTIES), {**properties, **added}))
    return before + section + after


def broker_annotations(
    *, sequence_number: int, enqueued_at: int, locked_until: int | None, state: int | None
) -> dict[Symbol, Any]:
    """What the broker tells about a message; times in Unix milliseconds, nothing for `None`."""
    annotations: dict[Symbol, Any] = {
        SEQUENCE_NUMBER: int(sequence_number),
        ENQUEUED_TIME: Timestamp(enqueued_at),
    }
    if locked_until is not None:
        annotations[LOCKED_UNTIL] = Timestamp(locked_until)
    if state is not None:
        annotations[MESSAGE_STATE] = int(state)
    return annotations


def encode_value_message(
    *, correlation_id: Any, application_properties: dict[str, Any], value: Any
) -> bytes:
    """A reply of `$cbs` or `$management`: an amqp-value with a correlation id."""
    written: Iterable[tuple[int, Any]] = (
        (PROPERTIES, [None, None, None, None, None, correlation_id]),
        (APPLICATION_PROPERTIES, application_properties),
        (VALUE, value),
    )
    return b"".join([encode(Described(ULong(code), item)) for code, item in written])


@dataclass(frozen=True, slots=True)
class Request:
    """A message to `$cbs` or `$management`."""

    message_id: Any
    properties: dict[str, Any]
    value: Any

    @classmethod
    def parse(cls, encoded: bytes) -> "Request":
        """Reads a request.

        Raises:
            DecodeError: the bytes are no message.
        """
        found = {code: _value(encoded, start) for code, start, _ in sections(encoded)}
        message_id = (found.get(PROPERTIES) or [None])[_MESSAGE_ID_FIELD]
        return cls(message_id, found.get(APPLICATION_PROPERTIES) or {}, found.get(VALUE))


def body_text(parcel: Parcel) -> str:
    """The body for people to read: data as UTF-8 with replacements, a value by its `str`."""
    texts = []
    for code, start, _ in sections(parcel.bare):
        if code in {DATA, SEQUENCE, VALUE}:
            body = _value(parcel.bare, start)
            texts.append(body.decode(errors="replace") if isinstance(body, bytes) else str(body))
    return "".join(texts)
