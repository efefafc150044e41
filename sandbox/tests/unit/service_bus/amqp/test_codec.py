"""The AMQP codec loses nothing, and refuses what is no AMQP."""

import struct
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from azure.servicebus._pyamqp._decode import decode_payload
from azure.servicebus._pyamqp._encode import encode_payload
from azure.servicebus._pyamqp.message import Header, Message, Properties
from hypothesis import given
from hypothesis import strategies as st

from sandbox.service_bus.amqp.frames import (
    AMQP_HEADER,
    Frame,
    FrameReader,
    encode_frame,
    encode_transfer,
)
from sandbox.service_bus.amqp.message import Parcel, broker_annotations, encode_delivery
from sandbox.service_bus.amqp.performatives import Disposition, Transfer, accepted
from sandbox.service_bus.amqp.types import (
    Array,
    Byte,
    Char,
    Decimal,
    DecodeError,
    Described,
    Float,
    Int,
    Short,
    Symbol,
    Timestamp,
    UByte,
    UInt,
    ULong,
    UShort,
    decode,
    encode,
    skip,
)

ASCII = st.characters(min_codepoint=0, max_codepoint=127)
UNICODE = st.characters(exclude_categories=["Cs"])


def integers(kind: type, low: int, high: int) -> st.SearchStrategy[Any]:
    return st.integers(low, high).map(kind)


SIMPLE = [
    st.booleans(),
    integers(UByte, 0, 2**8 - 1),
    integers(UShort, 0, 2**16 - 1),
    integers(UInt, 0, 2**32 - 1),
    integers(ULong, 0, 2**64 - 1),
    integers(Byte, -(2**7), 2**7 - 1),
    integers(Short, -(2**15), 2**15 - 1),
    integers(Int, -(2**31), 2**31 - 1),
    integers(int, -(2**63), 2**63 - 1),
    integers(Timestamp, -(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.floats(allow_nan=False, width=32).map(Float),
    st.text(UNICODE, max_size=300),
    st.text(ASCII, max_size=300).map(Symbol),
    UNICODE.map(Char),
    st.binary(max_size=300),
    st.uuids(),
    *[st.binary(min_size=width, max_size=width).map(Decimal) for width in (4, 8, 16)],
]
ARRAYS = st.one_of([st.lists(items, max_size=6).map(Array) for items in SIMPLE])


def compounds(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    keys = st.text(ASCII, max_size=20).map(Symbol)
    return st.one_of(
        st.lists(values, max_size=6),
        st.dictionaries(keys, values, max_size=6),
        st.builds(Described, keys, values),
        st.lists(st.lists(values, max_size=2), max_size=3).map(Array),
        st.lists(st.dictionaries(keys, values, max_size=2), max_size=3).map(Array),
    )


VALUES = st.recursive(st.one_of(st.none(), *SIMPLE, ARRAYS), compounds, max_leaves=12)


def same(left: Any, right: Any) -> bool:
    """Equal in value and in AMQP type, all the way down."""
    if type(left) is not type(right):
        return False
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return same(list(left.items()), list(right.items()))
    return bool(left == right)


@given(VALUES)
def test_decoding_what_was_encoded_gives_the_same_value_and_type(value: Any) -> None:
    encoded = encode(value)
    decoded, end = decode(encoded)
    assert same(decoded, value)
    assert end == len(encoded)


@given(VALUES)
def test_skipping_ends_where_decoding_ends(value: Any) -> None:
    encoded = encode(value)
    assert skip(encoded + b"rest", 0) == len(encoded)


@given(VALUES)
def test_truncated_values_are_refused(value: Any) -> None:
    encoded = encode(value)
    for length in range(min(len(encoded), 40)):
        with pytest.raises(DecodeError):
            decode(encoded[:length])


@given(st.binary(max_size=80))
def test_any_bytes_decode_or_are_refused_but_never_crash(data: bytes) -> None:
    for read in (decode, skip):
        try:
            read(data, 0)
        except DecodeError:
            continue


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (None, "40"),
        (True, "41"),
        (UInt(0), "43"),
        (UInt(255), "52ff"),
        (UInt(256), "7000000100"),
        (ULong(0), "44"),
        (-1, "55ff"),
        (128, "810000000000000080"),
        ("é", "a102c3a9"),
        (Symbol("q"), "a30171"),
        ([], "45"),
        (["a", None], "c00502a1016140"),
        ({"a": Int(1)}, "c10602a101615401"),
        (UUID(int=1), "9800000000000000000000000000000001"),
        (Timestamp(1), "830000000000000001"),
        (Described(ULong(0x24), []), "00532445"),
    ],
)
def test_encodings_are_those_of_the_specification(value: Any, encoded: str) -> None:
    assert encode(value).hex() == encoded


def test_a_count_of_four_bytes_cannot_make_the_decoder_allocate_without_limit() -> None:
    with pytest.raises(DecodeError, match="too many"):
        decode(b"\xd0" + struct.pack(">II", 4, 2**32 - 1))


def test_nesting_without_end_is_refused() -> None:
    with pytest.raises(DecodeError):
        decode(b"\x00" * 100_000)


def test_an_array_of_different_types_is_refused() -> None:
    with pytest.raises(TypeError, match="one type"):
        encode(Array([1, "one"]))


def test_a_type_that_amqp_lacks_is_refused() -> None:
    with pytest.raises(TypeError, match="datetime"):
        encode(datetime(2026, 1, 1, tzinfo=UTC))


@given(st.binary(max_size=5000), st.integers(min_value=512, max_value=2000), st.data())
def test_a_delivery_split_into_frames_and_read_in_pieces_is_whole_again(
    payload: bytes, frame_size: int, data: st.DataObject
) -> None:
    transfer = Transfer(UInt(3), UInt(7), b"tag", UInt(0), settled=False, more=False)
    frames = encode_transfer(1, transfer, payload, frame_size)
    assert all(len(frame) <= frame_size for frame in frames)
    stream = AMQP_HEADER + b"".join(frames)
    cut = data.draw(st.integers(0, len(stream)))
    reader = FrameReader()
    header, *read = [*reader.feed(stream[:cut]), *reader.feed(stream[cut:])]
    assert header == AMQP_HEADER
    received = [item for item in read if isinstance(item, Frame)]
    assert b"".join(frame.payload for frame in received) == payload
    assert [bool(frame.performative.more) for frame in received] == [  # type: ignore[union-attr] # transfers all
        *[True] * (len(frames) - 1),
        False,
    ]


def test_a_frame_larger_than_allowed_is_refused() -> None:
    with pytest.raises(DecodeError, match="not allowed"):
        list(FrameReader().feed(b"\x7f\x00\x00\x00\x02\x00\x00\x00"))


def test_a_performative_survives_the_wire_with_its_nulls() -> None:
    sent = Disposition(role=True, first=UInt(4), settled=True, state=accepted())
    (frame,) = FrameReader().feed(encode_frame(9, sent))
    assert frame == Frame(9, sent, b"")


PROPERTIES = st.dictionaries(
    st.text(min_size=1, max_size=10),
    st.one_of(st.booleans(), st.integers(-(2**31), 2**31 - 1), st.text(max_size=10)),
    max_size=4,
)


@given(st.binary(max_size=50), st.text(max_size=10), PROPERTIES)
def test_the_sdk_reads_back_what_it_sent_and_what_the_broker_added(
    body: bytes, message_id: str, properties: dict[str | bytes, Any]
) -> None:
    sent = Message(
        header=Header(ttl=5000),
        properties=Properties(message_id=message_id),
        application_properties=properties,
        message_annotations={b"x-opt-partition-key": "key"},
        data=[body],
    )
    parcel = Parcel.parse(bytes(encode_payload(bytearray(), sent)))
    assert (parcel.message_id, parcel.time_to_live) == (message_id, 5000)
    delivered = encode_delivery(
        parcel,
        delivery_count=2,
        broker_annotations=broker_annotations(
            sequence_number=11, enqueued_at=12, locked_until=13, state=None
        ),
        lock_token=UUID(int=5),
        application_properties={"DeadLetterReason": "why"},
    )
    received = decode_payload(memoryview(delivered))
    assert received.data == [body]
    assert received.properties is not None
    assert received.header is not None
    assert received.properties.message_id == message_id.encode()
    assert received.header.delivery_count == 2
    assert received.header.ttl == 5000
    assert received.delivery_annotations == {b"x-opt-lock-token": UUID(int=5)}
    assert received.message_annotations == {
        b"x-opt-partition-key": b"key",
        b"x-opt-sequence-number": 11,
        b"x-opt-enqueued-time": 12,
        b"x-opt-locked-until": 13,
    }
    expected = {
        str(key).encode(): value.encode() if isinstance(value, str) else value
        for key, value in properties.items()
    }
    assert received.application_properties == {**expected, b"DeadLetterReason": b"why"}


@given(st.binary(max_size=50))
def test_the_bare_message_keeps_its_bytes(body: bytes) -> None:
    sent = Message(properties=Properties(message_id="id"), data=[body])
    encoded = bytes(encode_payload(bytearray(), sent))
    parcel = Parcel.parse(encoded)
    assert parcel.bare == encoded
    delivered = encode_delivery(parcel, delivery_count=0, broker_annotations={})
    assert delivered.endswith(encoded)
