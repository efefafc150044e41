from urllib.parse import parse_qs, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.graph.queries import MOST_VALUES, quoted, users_with

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
