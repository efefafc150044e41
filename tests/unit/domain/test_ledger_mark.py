"""The ledger's mark: what a version leaves, and when it may not go on."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from shared.domain.ledger_mark import FORMAT, READABLE_FROM, LedgerMark, mark_of, refusal_of

NOW = datetime(2026, 11, 29, 8, tzinfo=UTC)
OURS = LedgerMark(version="0.3.0", since=NOW, written_by="0.3.0")
NEWER = replace(OURS, format=FORMAT + 3, readable_from=FORMAT, written_by="0.6.0")


def test_the_first_mark_says_who_writes_since_when_and_in_which_format() -> None:
    assert mark_of("0.3.0", NOW, None) == OURS
    assert READABLE_FROM <= FORMAT


def test_the_same_version_leaves_the_mark_alone() -> None:
    """So that its time goes on saying since when."""
    assert mark_of("0.3.0", NOW + timedelta(days=1), OURS) == OURS


def test_another_version_of_the_same_format_is_shown_since_it_runs() -> None:
    later = NOW + timedelta(days=1)
    assert mark_of("0.3.1", later, OURS) == replace(
        OURS, version="0.3.1", since=later, written_by="0.3.1"
    )


def test_going_back_does_not_lower_what_was_written() -> None:
    """The rows of the newer version stay, whoever runs now."""
    later = NOW + timedelta(days=1)
    assert mark_of("0.3.0", later, replace(NEWER, version="0.6.0")) == replace(
        NEWER, version="0.3.0", since=later
    )


def test_a_version_goes_on_where_the_newer_one_lets_it() -> None:
    assert refusal_of(NEWER, "0.3.0") is None


def test_a_version_that_may_not_go_on_is_told_which_one_may() -> None:
    """In words: who wrote it, what this one knows, and what to deploy."""
    said = refusal_of(replace(NEWER, readable_from=FORMAT + 1), "0.3.0")
    assert said
    assert "newer version 0.6.0" in said
    assert "deploy 0.6.0 or newer" in said
