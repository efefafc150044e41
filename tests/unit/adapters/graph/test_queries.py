from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.graph.queries import (
    MOST_VALUES,
    all_users,
    quoted,
    registration_report,
    sspr_audits,
    transitive_member_of,
    transitive_members,
    users_with,
)

names = st.text(st.characters(codec="utf-8"), min_size=1)


def values_in(condition: str) -> list[str]:
    """Reads an `in` back as OData defines it, without the code under test."""
    inside = condition.partition(" in (")[2].removesuffix(")")
    values, rest = [], inside
    while rest:
        assert rest[0] == "'"
        end = 1
        while rest[end : end + 2] == "''" or rest[end] != "'":
            end += 2 if rest[end] == "'" else 1
        values.append(rest[1:end].replace("''", "'"))
        rest = rest[end + 1 :].removeprefix(",")
    return values


@given(names)
def test_a_literal_ends_where_its_value_ends(name: str) -> None:
    literal = quoted(name)
    assert literal[0] == literal[-1] == "'"
    assert literal[1:-1].replace("''", "") == name.replace("'", "")
    assert literal[1:-1].replace("''", "'") == name


@given(st.lists(names, unique=True, max_size=50))
def test_every_value_is_asked_for_once_and_never_more_than_fit_a_filter(wanted: list[str]) -> None:
    asked = []
    for path in users_with("userPrincipalName", wanted):
        query = parse_qs(urlsplit(path).query, keep_blank_values=True, errors="strict")
        (condition,) = query["$filter"]
        values = values_in(condition)
        assert len(values) <= MOST_VALUES
        asked += values
    assert asked == wanted


@given(names)
def test_what_means_something_in_a_url_does_not_get_through(name: str) -> None:
    (path,) = users_with("employeeId", [name])
    assert set(parse_qs(urlsplit(path).query)) == {"$filter", "$select"}
    assert not urlsplit(path).fragment


@pytest.mark.parametrize(
    "path",
    [
        all_users(),
        transitive_members("g"),
        transitive_member_of("u"),
        registration_report(),
        registration_report("isAdmin"),
        sspr_audits(datetime(2026, 1, 5, tzinfo=UTC)),
    ],
)
def test_lists_are_asked_for_in_the_largest_pages_there_are(path: str) -> None:
    assert parse_qs(urlsplit(path).query)["$top"] == ["999"]


def test_every_listing_of_users_asks_for_the_same_fields() -> None:
    (one,) = users_with("employeeId", ["1"])
    assert (
        parse_qs(urlsplit(one).query)["$select"] == parse_qs(urlsplit(all_users()).query)["$select"]
    )


@given(names)
def test_what_stands_for_a_group_stays_one_segment_of_the_path(name: str) -> None:
    path = transitive_members(name)
    assert urlsplit(path).path.count("/") == 3
    assert not urlsplit(path).fragment


def test_the_report_is_narrowed_to_the_rows_with_a_flag() -> None:
    assert parse_qs(urlsplit(registration_report("isAdmin")).query)["$filter"] == [
        "isAdmin eq true"
    ]
    assert "$filter" not in parse_qs(urlsplit(registration_report()).query)


def test_audits_are_asked_for_from_a_moment_in_utc() -> None:
    munich = timezone(timedelta(hours=1))
    (condition,) = parse_qs(
        urlsplit(sspr_audits(datetime(2026, 1, 5, 9, 30, 0, 250_000, munich))).query
    )["$filter"]
    assert condition == (
        "loggedByService eq 'Self-service Password Management' "
        "and activityDateTime ge 2026-01-05T08:30:00.250000Z"
    )
