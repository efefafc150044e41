"""Row keys are legal, distinct and in the right range; people spread over the partitions."""

import re
import uuid
from collections import Counter
from datetime import UTC, datetime
from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.tables.keys import RowKind, countdown, row_key, rows_of
from shared.domain.person.partitions import BUCKETS, PROVISIONAL, partition_of

FORBIDDEN = re.compile(r"[/\\#?%'\x00-\x1f\x7f-\x9f]")
PARTS = st.lists(st.text(max_size=400), min_size=1, max_size=2)


@given(st.text(max_size=600), st.text(max_size=2000))
def test_a_row_key_is_legal_and_at_most_512_characters(label: str, key: str) -> None:
    row = row_key(RowKind.WAVE, label, key)
    assert not FORBIDDEN.search(row)
    assert row.isascii()
    assert len(row) <= 512


@given(PARTS, PARTS)
def test_different_parts_give_different_row_keys(one: list[str], other: list[str]) -> None:
    same = row_key(RowKind.FLAG, *one) == row_key(RowKind.FLAG, *other)
    assert same == (one == other)


def test_a_long_key_differs_from_the_short_one_that_looks_like_it() -> None:
    long = "a" * 300
    lookalike = f"{'a' * 150}~{sha256(long.encode()).hexdigest()}"
    assert row_key(RowKind.PERSON, long) != row_key(RowKind.PERSON, lookalike)


@given(st.text(max_size=50), st.text(max_size=50), st.text(max_size=50))
def test_a_range_holds_the_rows_that_begin_with_its_parts_and_no_others(
    part: str, key: str, other: str
) -> None:
    first, end = rows_of(RowKind.STATE, part)
    assert first <= row_key(RowKind.STATE, part, key) < end
    inside = first <= row_key(RowKind.STATE, other, key) < end
    assert inside == (other == part)


@given(st.lists(st.datetimes(timezones=st.just(UTC)), max_size=9))
def test_a_countdown_sorts_the_newest_first(moments: list[datetime]) -> None:
    assert sorted(moments, key=countdown) == sorted(moments, reverse=True)


def test_people_with_an_object_id_spread_evenly_over_16_partitions() -> None:
    ids = [str(uuid.UUID(int=number * 2**64 + 1)) for number in range(4000)]
    counts = Counter(partition_of(key) for key in ids)
    assert set(counts) == set(BUCKETS)
    assert max(counts.values()) < 2 * min(counts.values())


def test_whoever_has_no_object_id_lies_in_the_provisional_partition() -> None:
    for key in ("employee:4711", "upn:ada@example.com", "id:not-a-guid"):
        assert partition_of(key) == PROVISIONAL
