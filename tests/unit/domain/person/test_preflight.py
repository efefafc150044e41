"""What findings come to, and that each has its words for operators."""

from datetime import UTC, datetime

import pytest

from shared.domain.person.preflight import (
    PASSING,
    REFUSING,
    Finding,
    Preflight,
    Unknown,
    Verdict,
    in_order,
)
from shared.domain.person.preflight_words import FINDINGS, UNKNOWNS

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def seen(*findings: Finding, unknown: tuple[Unknown, ...] = ()) -> Preflight:
    return Preflight(key="p", seen_at=NOW, worker="w", findings=findings, unknown=unknown)


@pytest.mark.parametrize("finding", Finding)
def test_each_finding_refuses_or_only_warns(finding: Finding) -> None:
    expected = Verdict.REFUSED if finding in REFUSING else Verdict.FINE
    assert seen(finding).verdict is expected
    assert seen(finding).refusals == ((finding,) if finding in REFUSING else ())


def test_nobody_is_fine_of_whom_something_is_unknown() -> None:
    assert seen().verdict is Verdict.FINE
    assert seen(unknown=(Unknown.CONNECTOR,)).verdict is Verdict.UNKNOWN
    # What is known to be refused is so, whatever else is not known.
    assert seen(Finding.DISABLED, unknown=tuple(Unknown)).verdict is Verdict.REFUSED


def test_words_come_once_each_in_the_order_of_their_list() -> None:
    given = [Finding.EXPIRED, Finding.DISABLED, Finding.EXPIRED]
    assert in_order(given, Finding) == (Finding.DISABLED, Finding.EXPIRED)


def test_every_finding_has_words_for_operators_and_a_source() -> None:
    assert set(FINDINGS) == set(Finding)
    assert set(UNKNOWNS) == set(Unknown)
    for finding, words in FINDINGS.items():
        assert words.text.endswith("."), finding
        assert words.remedy.endswith("."), finding
        assert words.source.startswith("https://learn.microsoft.com/"), finding
        # A refusal is logged by the Connect host under some event.
        assert words.event or finding not in REFUSING, finding
    assert PASSING <= REFUSING
