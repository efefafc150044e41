"""The count of refused requests: bounded whatever comes, and told of once in a while."""

import asyncio
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs
from structlog.typing import EventDict

from shared.use_cases.refused_requests import MOST_REASONS, OTHER, RefusedRequests
from tests.support.stage import said

SPAN = timedelta(seconds=0.05)


async def over() -> None:
    """Wait until a span has ended."""
    await asyncio.sleep(SPAN.total_seconds() * 2)


async def test_the_first_is_told_at_once_and_those_that_follow_together(
    signals: list[EventDict],
) -> None:
    refused = RefusedRequests(SPAN)
    for reason in ("wrong", "wrong", "missing", "wrong"):
        refused.count("hooks", "bamboohr", reason)
    (first,) = said(signals, "requests-refused")
    assert (first["door"], first["source"], first["reasons"]) == ("hooks", "bamboohr", {"wrong": 1})
    await over()
    (_, rest) = said(signals, "requests-refused")
    assert (rest["requests"], rest["reasons"]) == (3, {"wrong": 2, "missing": 1})


async def test_one_that_nobody_follows_is_told_once_and_the_next_span_begins_anew(
    signals: list[EventDict],
) -> None:
    refused = RefusedRequests(SPAN)
    for _ in range(2):
        refused.count("hooks", None, "wrong")
        await over()
    told = said(signals, "requests-refused")
    assert [one["requests"] for one in told] == [1, 1]
    assert all("source" not in one for one in told)


async def test_doors_and_sources_are_counted_apart(signals: list[EventDict]) -> None:
    refused = RefusedRequests(SPAN)
    for door, source in (("hooks", "a"), ("scim", "a"), ("hooks", "b"), ("hooks", None)):
        refused.count(door, source, "wrong")
    assert len(said(signals, "requests-refused")) == 4
    await over()
    assert len(said(signals, "requests-refused")) == 4


@settings(max_examples=20, deadline=None)
@given(st.lists(st.text(max_size=300), min_size=1, max_size=200))
async def test_whatever_the_reasons_are_few_lines_tell_of_all(reasons: list[str]) -> None:
    refused = RefusedRequests(SPAN)
    with capture_logs() as lines:
        for reason in reasons:
            refused.count("hooks", None, reason)
        await over()
    told = said(lines, "requests-refused")
    assert len(told) <= 2
    assert sum(one["requests"] for one in told) == len(reasons)
    for one in told:
        assert sum(one["reasons"].values()) == one["requests"]
        assert len(one["reasons"].keys() - {OTHER}) <= MOST_REASONS
        assert all(len(reason) <= 200 for reason in one["reasons"])


async def test_a_reason_names_nobody(signals: list[EventDict]) -> None:
    RefusedRequests(SPAN).count("operators", None, "ada@contoso.test may not")
    (told,) = said(signals, "requests-refused")
    assert "ada" not in str(told)
