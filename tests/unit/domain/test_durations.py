"""Lengths of time as text: as documents have them, and as they were written so far."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from shared.contracts.documents.scalars import span
from shared.domain.durations import duration_text, iso_duration, read_duration

SECONDS = st.integers(0, 366 * 24 * 60 * 60).map(lambda number: timedelta(seconds=number))


@given(SECONDS)
def test_a_document_reads_what_was_written(length: timedelta) -> None:
    assert span(duration_text(length)) == span(iso_duration(length)) == length


@given(SECONDS.filter(lambda length: length < timedelta(days=365)))
def test_it_is_as_pydantic_writes_it_which_has_years_beyond(length: timedelta) -> None:
    assert iso_duration(length) == TypeAdapter(timedelta).dump_python(length, mode="json")


@pytest.mark.parametrize("text", ["", "P", "PT", "1", "1d2w", "1 day", "1D", "p1d", "-1d", "1d "])
def test_what_is_neither_spelling_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="such as 2w, 2d or 30m"):
        read_duration(text)


def test_both_spellings_mean_the_same() -> None:
    assert read_duration("1w2d3h4m5s") == read_duration("P1W2DT3H4M5S") == timedelta(9, 11045)
