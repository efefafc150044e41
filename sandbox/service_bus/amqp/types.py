"""The AMQP 1.0 type system: bytes to Python values and back, losing nothing.

What Python has no word for gets a subclass here, so that `decode(encode(x))` gives `x` with its
AMQP type: a plain `int` is a long, a plain `float` a double, a plain `str` a string. Decimals are
carried as the bytes they are. Encodings are chosen as small as the value allows.
"""

import struct
from collections.abc import Callable
from typing import Any, Final, NamedTuple
from uuid import UUID


class DecodeError(ValueError):
    """Bytes that are not what AMQP 1.0 says they should be."""


class Symbol(str):
    """A name from a constrained domain; ASCII on the wire."""

    __slots__ = ()


class Char(str):
    """One Unicode character."""

    __slots__ = ()


class UByte(int):
    """0 to 2^8-1."""


class UShort(int):
    """0 to 2^16-1."""


class UInt(int):
    """0 to 2^32-1."""


class ULong(int):
    """0 to 2^64-1."""


class Byte(int):
    """-2^7 to 2^7-1."""


class Short(int):
    """-2^15 to 2^15-1."""


class Int(int):
    """-2^31 to 2^31-1."""


class Timestamp(int):
    """Milliseconds since 1970-01-01T00:00Z."""


class Float(float):
    """A 32-bit float."""


class Decimal(bytes):
    """A decimal32, decimal64 or decimal128, told apart by its 4, 8 or 16 bytes."""


class Array(list[Any]):
    """Values of one and the same type, which is written once."""


class Described(NamedTuple):
    """A value with a descriptor that says what it means."""

    descriptor: Any
    value: Any


_MAX_COUNT: Final = 65_536  # of elements: bounds what a count of four bytes can make us allocate
_NULL, _TRUE, _FALSE, _UINT0, _ULONG0, _LIST0 = 0x40, 0x41, 0x42, 0x43, 0x44, 0x45
_SMALL: Final = 0x100  # values and sizes below it fit one byte
_FIXED: Final[dict[type, tuple[int, struct.Struct]]] = {
    UByte: (0x50, struct.Struct(">B")),
    Byte: (0x51, struct.Struct(">b")),
    bool: (0x56, struct.Struct(">?")),
    UShort: (0x60, struct.Struct(">H")),
    Short: (0x61, struct.Struct(">h")),
    UInt: (0x70, struct.Struct(">I")),
    Int: (0x71, struct.Struct(">i")),
    Float: (0x72, struct.Struct(">f")),
    ULong: (0x80, struct.Struct(">Q")),
    int: (0x81, struct.Struct(">q")),
    float: (0x82, struct.Struct(">d")),
    Timestamp: (0x83, struct.Struct(">q")),
}
_DECIMALS: Final = {4: 0x74, 8: 0x84, 16: 0x94}
_UINT32: Final = struct.Struct(">I")
_TWO_UINT32: Final = struct.Struct(">II")


def encode(value: Any) -> bytes:
    """The bytes of a value, constructor first.

    Raises:
        TypeError: AMQP has no such type.
        struct.error: the value is out of its type's range.
    """
    compact = _COMPACT.get(type(value))
    if compact is not None:
        encoded = compact(value)
        if encoded is not None:
            return encoded
    constructor, payload = _wide(value)
    return constructor + payload


def _wide(value: Any) -> tuple[bytes, bytes]:
    """Constructor and payload in the encoding that every value of the type can have."""
    kind = type(value)
    if kind in _FIXED:
        code, layout = _FIXED[kind]
        return bytes((code,)), layout.pack(value)
    try:
        return _WIDE[kind](value)
    except KeyError:
        raise TypeError(f"AMQP has no type for {kind.__name__}") from None


def _wide_variable(code: int, payload: bytes) -> tuple[bytes, bytes]:
    return bytes((code,)), _UINT32.pack(len(payload)) + payload


def _wide_compound(code: int, count: int, items: bytes) -> tuple[bytes, bytes]:
    return bytes((code,)), _TWO_UINT32.pack(len(items) + 4, count) + items


def _wide_array(items: Array) -> tuple[bytes, bytes]:
    parts = [_wide(item) for item in items] or [(bytes((_NULL,)), b"")]
    constructor = parts[0][0]
    if any(part[0] != constructor for part in parts):
        raise TypeError("the elements of an AMQP array must have one type")
    body = constructor + b"".join(part[1] for part in parts)
    return _wide_compound(0xF0, len(items), body)


def _wide_described(value: Described) -> tuple[bytes, bytes]:
    constructor, payload = _wide(value.value)
    return b"\x00" + encode(value.descriptor) + constructor, payload


def _pairs(mapping: dict[Any, Any]) -> bytes:
    return b"".join([encode(item) for pair in mapping.items() for item in pair])


_WIDE: Final[dict[type, Callable[[Any], tuple[bytes, bytes]]]] = {
    type(None): lambda _: (bytes((_NULL,)), b""),
    UUID: lambda value: (b"\x98", value.bytes),
    Char: lambda value: (b"\x73", value.encode("utf-32-be")),
    Decimal: lambda value: (bytes((_DECIMALS[len(value)],)), bytes(value)),
    bytes: lambda value: _wide_variable(0xB0, value),
    str: lambda value: _wide_variable(0xB1, value.encode()),
    Symbol: lambda value: _wide_variable(0xB3, value.encode("ascii")),
    list: lambda value: _wide_compound(0xD0, len(value), b"".join(map(encode, value))),
    dict: lambda value: _wide_compound(0xD1, 2 * len(value), _pairs(value)),
    Array: _wide_array,
    Described: _wide_described,
}


def _compact_unsigned(zero: int, small: int) -> Callable[[int], bytes | None]:
    def compact(value: int) -> bytes | None:
        if value == 0:
            return bytes((zero,))
        return bytes((small, value)) if 0 < value < _SMALL else None

    return compact


def _compact_signed(small: int) -> Callable[[int], bytes | None]:
    def compact(value: int) -> bytes | None:
        return bytes((small, value & 0xFF)) if -128 <= value < 128 else None  # noqa: PLR2004 - a byte

    return compact


def _compact_variable(small: int, payload: bytes) -> bytes | None:
    return bytes((small, len(payload))) + payload if len(payload) < _SMALL else None


def _compact_list(value: list[Any]) -> bytes | None:
    if not value:
        return bytes((_LIST0,))
    return _compact_compound(0xC0, len(value), b"".join(map(encode, value)))


def _compact_compound(small: int, count: int, items: bytes) -> bytes:
    """Falls through to the wide form with the items already encoded, not to encode them twice."""
    if len(items) < _SMALL - 1 and count < _SMALL:
        return bytes((small, len(items) + 1, count)) + items
    constructor, payload = _wide_compound(small + 0x10, count, items)
    return constructor + payload


_COMPACT: Final[dict[type, Callable[[Any], bytes | None]]] = {
    bool: lambda value: bytes((_TRUE if value else _FALSE,)),
    UInt: _compact_unsigned(_UINT0, 0x52),
    ULong: _compact_unsigned(_ULONG0, 0x53),
    Int: _compact_signed(0x54),
    int: _compact_signed(0x55),
    bytes: lambda value: _compact_variable(0xA0, value),
    str: lambda value: _compact_variable(0xA1, value.encode()),
    Symbol: lambda value: _compact_variable(0xA3, value.encode("ascii")),
    list: _compact_list,
    dict: lambda value: _compact_compound(0xC1, 2 * len(value), _pairs(value)),
    Described: lambda value: b"\x00" + encode(value.descriptor) + encode(value.value),
}


def decode(data: bytes, offset: int = 0) -> tuple[Any, int]:
    """One value from `data` at `offset`, and the offset of what follows it.

    Raises:
        DecodeError: the bytes end too early, or are no AMQP.
    """
    try:
        return _decode(data, offset)
    except (IndexError, struct.error, UnicodeDecodeError, TypeError, RecursionError) as error:
        raise DecodeError(f"no AMQP value at byte {offset}: {error}") from error


def skip(data: bytes, offset: int) -> int:
    """The offset behind the value at `offset`, which is not decoded.

    Raises:
        DecodeError: the bytes end too early, or are no AMQP.
    """
    try:
        end = _skip(data, offset)
    except (IndexError, struct.error, RecursionError) as error:
        raise DecodeError(f"no AMQP value at byte {offset}: {error}") from error
    if end > len(data):
        raise DecodeError(f"the AMQP value at byte {offset} ends after the data")
    return end


def _skip(data: bytes, offset: int) -> int:
    code = data[offset]
    offset += 1
    if code == 0:
        return _skip(data, _skip(data, offset))
    # The high half of a constructor says how wide what follows is (part 1, section 1.2).
    group = code >> 4
    if group in _WIDTHS:
        return offset + _WIDTHS[group]
    if group in {0xA, 0xC, 0xE}:
        return offset + 1 + data[offset]
    if group in {0xB, 0xD, 0xF}:
        return offset + 4 + int(_UINT32.unpack_from(data, offset)[0])
    raise DecodeError(f"0x{code:02x} is no AMQP constructor")


_WIDTHS: Final = {0x4: 0, 0x5: 1, 0x6: 2, 0x7: 4, 0x8: 8, 0x9: 16}


type _Decoder = Callable[[bytes, int], tuple[Any, int]]


def _decode(data: bytes, offset: int) -> tuple[Any, int]:
    decoder = _DECODERS.get(data[offset])
    if decoder is None:
        raise DecodeError(f"0x{data[offset]:02x} is no AMQP constructor")
    return decoder(data, offset + 1)


def _constant(value: Any) -> _Decoder:
    return lambda _, offset: (value, offset)


def _fixed(kind: Callable[[Any], Any], layout: struct.Struct) -> _Decoder:
    unpack, width = layout.unpack_from, layout.size
    return lambda data, offset: (kind(unpack(data, offset)[0]), offset + width)


def _sized(kind: Callable[[bytes], Any], prefix: struct.Struct) -> _Decoder:
    def decode_sized(data: bytes, offset: int) -> tuple[Any, int]:
        start = offset + prefix.size
        end = start + prefix.unpack_from(data, offset)[0]
        return kind(_slice(data, start, end)), end

    return decode_sized


def _raw(kind: Callable[[bytes], Any], width: int) -> _Decoder:
    return lambda data, offset: (kind(_slice(data, offset, offset + width)), offset + width)


def _slice(data: bytes, start: int, end: int) -> bytes:
    if end > len(data):
        raise IndexError("the data ends too early")
    return data[start:end]


def _described(data: bytes, offset: int) -> tuple[Described, int]:
    descriptor, offset = _decode(data, offset)
    value, offset = _decode(data, offset)
    return Described(descriptor, value), offset


def _compound(
    prefix: struct.Struct, read: Callable[[bytes, int, int, int], tuple[Any, int]]
) -> _Decoder:
    half = prefix.size // 2

    def decode_compound(data: bytes, offset: int) -> tuple[Any, int]:
        size, count = prefix.unpack_from(data, offset)
        if count > _MAX_COUNT:
            raise DecodeError(f"{count} elements in one value are too many")
        end = offset + half + size
        if end > len(data):
            raise IndexError("the data ends too early")
        return read(data, offset + prefix.size, count, end)

    return decode_compound


def _read_list(data: bytes, offset: int, count: int, _: int) -> tuple[list[Any], int]:
    items = []
    for _index in range(count):
        item, offset = _decode(data, offset)
        items.append(item)
    return items, offset


def _read_map(data: bytes, offset: int, count: int, _: int) -> tuple[dict[Any, Any], int]:
    if count % 2:
        raise DecodeError("a map has an odd number of keys and values")
    items, offset = _read_list(data, offset, count, 0)
    return dict(zip(items[::2], items[1::2], strict=True)), offset


def _read_array(data: bytes, offset: int, count: int, end: int) -> tuple[Array, int]:
    items = Array()
    if not count:  # an empty array may lack even its constructor
        return items, end
    code, offset = data[offset], offset + 1
    descriptor = None
    if described := code == 0:
        descriptor, offset = _decode(data, offset)
        code, offset = data[offset], offset + 1
    decoder = _DECODERS.get(code)
    if decoder is None:
        raise DecodeError(f"0x{code:02x} is no AMQP constructor")
    for _ in range(count):
        item, offset = decoder(data, offset)
        items.append(Described(descriptor, item) if described else item)
    return items, offset


_ONE: Final = struct.Struct(">B")
_TWO: Final = struct.Struct(">BB")
_DECODERS: Final[dict[int, _Decoder]] = {
    0x00: _described,
    _NULL: _constant(None),
    _TRUE: _constant(value=True),
    _FALSE: _constant(value=False),
    _UINT0: _constant(UInt(0)),
    _ULONG0: _constant(ULong(0)),
    _LIST0: lambda _, offset: ([], offset),
    0x52: _fixed(UInt, _ONE),
    0x53: _fixed(ULong, _ONE),
    0x54: _fixed(Int, struct.Struct(">b")),
    0x55: _fixed(int, struct.Struct(">b")),
    0x73: _raw(lambda raw: Char(raw.decode("utf-32-be")), 4),
    0x98: _raw(lambda raw: UUID(bytes=raw), 16),
    0xA0: _sized(bytes, _ONE),
    0xB0: _sized(bytes, _UINT32),
    0xA1: _sized(lambda raw: raw.decode(), _ONE),
    0xB1: _sized(lambda raw: raw.decode(), _UINT32),
    0xA3: _sized(lambda raw: Symbol(raw.decode("ascii")), _ONE),
    0xB3: _sized(lambda raw: Symbol(raw.decode("ascii")), _UINT32),
    0xC0: _compound(_TWO, _read_list),
    0xD0: _compound(_TWO_UINT32, _read_list),
    0xC1: _compound(_TWO, _read_map),
    0xD1: _compound(_TWO_UINT32, _read_map),
    0xE0: _compound(_TWO, _read_array),
    0xF0: _compound(_TWO_UINT32, _read_array),
    **{code: _fixed(kind, layout) for kind, (code, layout) in _FIXED.items()},
    **{code: _raw(Decimal, width) for width, code in _DECIMALS.items()},
}
