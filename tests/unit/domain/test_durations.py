"""Lengths of time as text: as documents have them, and as they were written so far."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from shared.contracts.documents.scalars import span
from shared.domain.durations import duration_text

SECONDS = st.integers(0, 366 * 24 * 60 * 60).map(lambda number: timedelta(seconds=number))


@given(SECONDS)
def test_a_document_reads_what_was_written(length: timedelta) -> None:
    assert span(duration_text(length)) == length


@given(SECONDS.filter(lambda length: length < timedelta(days=365)))
def test_it_is_as_pydantic_writes_it_which_has_years_beyond(length: timedelta) -> None:
    assert duration_text(length) == TypeAdapter(timedelta).dump_python(length, mode="json")
