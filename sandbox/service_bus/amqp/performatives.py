"""The bodies of AMQP frames (part 2, section 2.7; part 5, section 5.3.3) and delivery states.

A performative is a described list whose trailing nulls are left out. Composite fields (source,
target, delivery states, errors) stay `Described`: the broker mostly sends them back as they came.
"""

from typing import Any, Final, NamedTuple

from sandbox.service_bus.amqp.types import (
    Array,
    DecodeError,
    Described,
    Symbol,
    UByte,
    UInt,
    ULong,
    UShort,
    decode,
    encode,
)

SENDER: Final = False
RECEIVER: Final = True


class Open(NamedTuple):
    """Names a container and negotiates the connection; idle time-out in milliseconds."""

    container_id: str
    hostname: str | None = None
    max_frame_size: UInt | None = None
    channel_max: UShort | None = None
    idle_timeout: UInt | None = None
    outgoing_locales: Array | None = None
    incoming_locales: Array | None = None
    offered_capabilities: Array | None = None
    desired_capabilities: Array | None = None
    properties: dict[Symbol, Any] | None = None


class Begin(NamedTuple):
    """Begins a session; windows count transfer frames."""

    remote_channel: UShort | None
    next_outgoing_id: UInt
    incoming_window: UInt
    outgoing_window: UInt
    handle_max: UInt | None = None
    offered_capabilities: Array | None = None
    desired_capabilities: Array | None = None
    properties: dict[Symbol, Any] | None = None


class Attach(NamedTuple):
    """Attaches a link; `role` is the role of whoever sends it."""

    name: str
    handle: UInt
    role: bool
    snd_settle_mode: UByte | None = None
    rcv_settle_mode: UByte | None = None
    source: Described | None = None
    target: Described | None = None
    unsettled: dict[bytes, Any] | None = None
    incomplete_unsettled: bool | None = None
    initial_delivery_count: UInt | None = None
    max_message_size: ULong | None = None
    offered_capabilities: Array | None = None
    desired_capabilities: Array | None = None
    properties: dict[Symbol, Any] | None = None


class Flow(NamedTuple):
    """The session's windows, and a link's credit when it has a handle."""

    next_incoming_id: UInt | None
    incoming_window: UInt
    next_outgoing_id: UInt
    outgoing_window: UInt
    handle: UInt | None = None
    delivery_count: UInt | None = None
    link_credit: UInt | None = None
    available: UInt | None = None
    drain: bool | None = None
    echo: bool | None = None
    properties: dict[Symbol, Any] | None = None


class Transfer(NamedTuple):
    """A message or a part of one; its payload follows the performative in the frame."""

    handle: UInt
    delivery_id: UInt | None = None
    delivery_tag: bytes | None = None
    message_format: UInt | None = None
    settled: bool | None = None
    more: bool | None = None
    rcv_settle_mode: UByte | None = None
    state: Described | None = None
    resume: bool | None = None
    aborted: bool | None = None
    batchable: bool | None = None


class Disposition(NamedTuple):
    """The state of the deliveries `first` to `last`."""

    role: bool
    first: UInt
    last: UInt | None = None
    settled: bool | None = None
    state: Described | None = None
    batchable: bool | None = None


class Detach(NamedTuple):
    """Detaches a link, for good when `closed`."""

    handle: UInt
    closed: bool | None = None
    error: Described | None = None


class End(NamedTuple):
    """Ends a session."""

    error: Described | None = None


class Close(NamedTuple):
    """Closes a connection."""

    error: Described | None = None


class SaslMechanisms(NamedTuple):
    """The mechanisms a server offers."""

    mechanisms: Array


class SaslInit(NamedTuple):
    """The mechanism a client chose."""

    mechanism: Symbol
    initial_response: bytes | None = None
    hostname: str | None = None


class SaslOutcome(NamedTuple):
    """How the SASL exchange ended; 0 is well."""

    code: UByte
    additional_data: bytes | None = None


type Performative = (
    Open | Begin | Attach | Flow | Transfer | Disposition | Detach | End | Close
    | SaslMechanisms | SaslInit | SaslOutcome
)  # fmt: skip

_CODES: Final[dict[type, int]] = {
    Open: 0x10,
    Begin: 0x11,
    Attach: 0x12,
    Flow: 0x13,
    Transfer: 0x14,
    Disposition: 0x15,
    Detach: 0x16,
    End: 0x17,
    Close: 0x18,
    SaslMechanisms: 0x40,
    SaslInit: 0x41,
    SaslOutcome: 0x44,
}
_KINDS: Final = {code: kind for kind, code in _CODES.items()}


def encode_performative(performative: Performative) -> bytes:
    """The frame body of a performative, without a transfer's payload."""
    fields = list(performative)
    while fields and fields[-1] is None:
        fields.pop()
    # The SDK takes for granted that the descriptor is a one-byte ulong.
    return b"\x00\x53" + bytes((_CODES[type(performative)],)) + encode(fields)


def decode_performative(body: bytes) -> tuple[Performative, int]:
    """The performative a frame body begins with, and where a payload begins.

    Raises:
        DecodeError: it is none, or lacks a mandatory field.
    """
    value, end = decode(body)
    if not isinstance(value, Described) or value.descriptor not in _KINDS:
        raise DecodeError("the frame body is no performative this broker knows")
    try:
        return _KINDS[value.descriptor](*value.value), end
    except TypeError as error:
        raise DecodeError(f"wrong number of fields: {error}") from error


ACCEPTED, REJECTED, RELEASED, MODIFIED = 0x24, 0x25, 0x26, 0x27
SOURCE_OR_TARGET_ADDRESS: Final = 0  # the field's place in both


def accepted() -> Described:
    """The outcome of a message that was dealt with."""
    return Described(ULong(ACCEPTED), [])


def rejected(condition: str, description: str) -> Described:
    """The outcome of a message that was refused."""
    return Described(ULong(REJECTED), [amqp_error(condition, description)])


def amqp_error(condition: str, description: str) -> Described:
    """An error with all three fields: the SDK hangs when the null `info` is left out."""
    return Described(ULong(0x1D), [Symbol(condition), description, None])
