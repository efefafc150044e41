"""What Graph's refusals say of when to ask again."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from shared.adapters.graph.failure import GraphFailure, seconds_to_wait


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("300", 300), ("0", 0), ("-5", 0), ("1.5", 1.5), ("", None), (None, None), ("soon", None)],
)
def test_seconds_are_read_and_nothing_else_is_guessed(
    header: str | None, seconds: float | None
) -> None:
    assert seconds_to_wait(header) == seconds


@pytest.mark.parametrize("header", ["nan", "inf", "1e999", "\0", "Mon, 99 Foo 2026"])
def test_what_no_clock_can_show_is_nothing(header: str) -> None:
    assert seconds_to_wait(header) is None


def test_a_date_is_read_as_the_seconds_until_then() -> None:
    later, before = datetime.now(UTC) + timedelta(hours=2), datetime.now(UTC) - timedelta(hours=2)
    wait = seconds_to_wait(format_datetime(later, usegmt=True))
    assert wait is not None
    assert 7_000 < wait <= 7_200
    assert seconds_to_wait(format_datetime(before, usegmt=True)) == 0


def test_a_refusal_that_says_nothing_of_it_asks_for_no_wait() -> None:
    assert GraphFailure.of_status(503, None, None).retry_after == 0
    assert GraphFailure("away").retry_after == 0
