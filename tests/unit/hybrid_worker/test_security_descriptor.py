"""Security descriptors: read whole or not at all, whatever the bytes are."""

from contextlib import suppress
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybrid_worker.preflight.security_descriptor import (
    Ace,
    Descriptor,
    Kind,
    NotADescriptor,
    read_descriptor,
)
from tests.support.descriptors import (
    ALLOW,
    ALLOW_CONDITIONAL,
    ALLOW_OBJECT,
    DENY_OBJECT,
    INHERIT_ONLY,
    Entry,
    descriptor,
)

GUIDS = st.uuids().map(str)
SIDS = st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=15).map(
    lambda parts: "-".join(map(str, ["S", 1, 5, *parts]))
)
ENTRIES = st.builds(
    Entry,
    type_=st.sampled_from([0, 1, 5, 6]),
    sid=SIDS,
    mask=st.integers(0, 2**32 - 1),
    object_type=st.none() | GUIDS,
    inherited_type=st.none() | GUIDS,
    flags=st.integers(0, 0x1F),
)
KINDS = {0: Kind.ALLOW, 1: Kind.DENY, 5: Kind.ALLOW, 6: Kind.DENY}


def as_read(entry: Entry) -> Ace:
    is_object = entry.type_ in {ALLOW_OBJECT, DENY_OBJECT}
    named = UUID(entry.object_type) if entry.object_type and is_object else None
    only = bool(entry.flags & INHERIT_ONLY)
    return Ace(KINDS[entry.type_], entry.mask, entry.sid, named, only)


@given(entries=st.lists(ENTRIES, max_size=8), protected=st.booleans())
def test_what_is_written_is_read(entries: list[Entry], *, protected: bool) -> None:
    read = read_descriptor(descriptor(*entries, protected=protected))
    assert read == Descriptor(tuple(map(as_read, entries)), protected)


@given(data=st.binary(max_size=200))
def test_any_bytes_are_understood_or_refused(data: bytes) -> None:
    with suppress(NotADescriptor):
        read_descriptor(data)


@given(entries=st.lists(ENTRIES, min_size=1, max_size=4), data=st.data())
def test_a_descriptor_that_was_cut_is_refused(entries: list[Entry], data: st.DataObject) -> None:
    """Half a DACL would show rights that the other half denies."""
    whole = descriptor(*entries)
    with pytest.raises(NotADescriptor):
        read_descriptor(whole[: data.draw(st.integers(0, len(whole) - 1))])


@given(entries=st.lists(ENTRIES, min_size=1, max_size=3), data=st.data())
def test_a_descriptor_with_one_other_byte_is_understood_or_refused(
    entries: list[Entry], data: st.DataObject
) -> None:
    whole = bytearray(descriptor(*entries))
    whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    with suppress(NotADescriptor):
        read_descriptor(bytes(whole))


def test_no_dacl_is_told_from_an_empty_one() -> None:
    """Without a DACL everybody may do everything; with an empty one nobody may do anything."""
    assert read_descriptor(descriptor(dacl=False)).aces is None
    assert read_descriptor(descriptor()).aces == ()


def test_a_conditional_entry_is_told_from_a_plain_one() -> None:
    conditional = Entry(ALLOW_CONDITIONAL, "S-1-1-0", 0x100)
    (ace,) = read_descriptor(descriptor(conditional)).aces or ()
    assert (ace.kind, ace.sid) == (Kind.CONDITIONAL_ALLOW, "S-1-1-0")


def test_an_entry_of_another_kind_is_refused() -> None:
    with pytest.raises(NotADescriptor, match="type 17"):
        read_descriptor(descriptor(Entry(0x11, "S-1-1-0", 1)))


def test_an_allowed_entry_keeps_its_mask() -> None:
    (ace,) = read_descriptor(descriptor(Entry(ALLOW, "S-1-1-0", 0xF01FF))).aces or ()
    assert ace.mask == 0xF01FF
