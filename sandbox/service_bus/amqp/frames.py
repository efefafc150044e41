"""AMQP frames and protocol headers (part 2, sections 2.2 and 2.3)."""

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from sandbox.service_bus.amqp.performatives import (
    Performative,
    Transfer,
    decode_performative,
    encode_performative,
)
from sandbox.service_bus.amqp.types import DecodeError

AMQP_HEADER: Final = b"AMQP\x00\x01\x00\x00"
SASL_HEADER: Final = b"AMQP\x03\x01\x00\x00"
EMPTY_FRAME: Final = b"\x00\x00\x00\x08\x02\x00\x00\x00"
MAX_FRAME_SIZE: Final = 65_536  # what Service Bus announces
_AMQP_TYPE, _SASL_TYPE = 0, 1
_HEADER: Final = struct.Struct(">IBBH")  # size, data offset in words, type, channel


class Frame(NamedTuple):
    """A performative on a channel, and a transfer's payload."""

    channel: int
    performative: Performative
    payload: bytes


def encode_frame(channel: int, performative: Performative, payload: bytes = b"") -> bytes:
    """A whole AMQP frame."""
    return _frame(_AMQP_TYPE, channel, encode_performative(performative) + payload)


def encode_sasl_frame(performative: Performative) -> bytes:
    """A whole SASL frame."""
    return _frame(_SASL_TYPE, 0, encode_performative(performative))


def encode_transfer(
    channel: int, transfer: Transfer, payload: bytes, max_frame_size: int
) -> list[bytes]:
    """The frames of one delivery: as many as the peer's frame size makes necessary."""
    first = encode_performative(transfer)
    room = max_frame_size - _HEADER.size - len(first) - 1  # `more` takes one byte where it is set
    if len(payload) <= room:
        return [_frame(_AMQP_TYPE, channel, first + payload)]
    head = encode_performative(transfer._replace(more=True))
    parts = [payload[start : start + room] for start in range(0, len(payload), room)]
    frames = [_frame(_AMQP_TYPE, channel, head + part) for part in parts[:-1]]
    return [*frames, _frame(_AMQP_TYPE, channel, first + parts[-1])]


def _frame(kind: int, channel: int, body: bytes) -> bytes:
    return _HEADER.pack(_HEADER.size + len(body), 2, kind, channel) + body


class FrameReader:
    """Cuts a stream of bytes into protocol headers and frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes | Frame]:
        """What is complete now: protocol headers as bytes, frames; empty frames are left out.

        Raises:
            DecodeError: the bytes are no AMQP, or a frame is larger than allowed.
        """
        self._buffer += data
        position = 0
        while len(self._buffer) - position >= _HEADER.size:
            if self._buffer.startswith(b"AMQP", position):
                yield bytes(self._buffer[position : position + len(AMQP_HEADER)])
                position += len(AMQP_HEADER)
                continue
            size, offset, _, channel = _HEADER.unpack_from(self._buffer, position)
            if not _HEADER.size <= size <= MAX_FRAME_SIZE:
                raise DecodeError(f"a frame of {size} bytes is not allowed")
            if len(self._buffer) - position < size:
                break
            body = bytes(self._buffer[position + 4 * offset : position + size])
            position += size
            if body:
                performative, payload = decode_performative(body)
                yield Frame(channel, performative, body[payload:])
        del self._buffer[:position]
