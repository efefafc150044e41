"""Transactions stay within the service's limits; long text within a property's."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.tables.long_text import gathered, spread
from shared.adapters.tables.table import Verb, Write
from shared.adapters.tables.transactions import packed


def writes(count: int, size: int) -> Sequence[Write]:
    return [Write(Verb.PUT, {"RowKey": "k", "Text": "x" * size}) for _ in range(count)]


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 60_000)), max_size=120))
def test_every_transaction_holds_whole_items_in_order_and_within_the_limits(
    shapes: list[tuple[int, int]],
) -> None:
    items = [(number, writes(*shape)) for number, shape in enumerate(shapes)]
    batches = list(packed(items))
    assert [item for batch in batches for item in batch] == items
    for batch in batches:
        rows = [write.row for _, more in batch for write in more]
        assert 0 < len(rows) <= 98
        assert sum(len(str(row)) for row in rows) < 1024 * 1024


def test_small_items_fill_a_transaction_before_the_next_is_begun() -> None:
    batches = list(packed((number, writes(2, 10)) for number in range(100)))
    assert [len(batch) for batch in batches] == [49, 49, 2]


@given(st.text(max_size=50), st.integers(0, 3000))
def test_long_text_comes_back_and_every_piece_fits_a_property(text: str, times: int) -> None:
    long = text * times
    row = spread("Body", long)
    assert gathered("Body", row) == long
    assert all(len(piece.encode("utf-16-le")) <= 64 * 1024 for piece in row.values())


def test_text_that_was_never_stored_is_none_and_empty_text_is_empty() -> None:
    assert gathered("Body", {"Detail0": "x"}) is None
    assert gathered("Body", spread("Body", "")) == ""
