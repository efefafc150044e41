"""LDAP filters: no value can become anything but a value."""

from base64 import b64encode
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ldap3.operation.search import MATCH_EQUAL, parse_filter
from ldap3.protocol.formatters.formatters import format_sid

from hybrid_worker.active_directory.account import AccountKind, Pointer
from hybrid_worker.active_directory.filters import (
    MOST_TERMS,
    group_filter,
    people_filters,
    sid_bytes,
)

SPECIAL = st.text(alphabet="*()\\\0/=&|!<>~ aä", min_size=1, max_size=30)


def values_in(text: str) -> list[tuple[str, bytes]]:
    """The equality assertions below the OR of a filter, as they would go over the wire."""
    root = parse_filter(
        text, None, auto_escape=False, auto_encode=False, validator=None, check_names=False
    )
    disjunction = root.elements[0].elements[-1]
    assert all(term.tag == MATCH_EQUAL for term in disjunction.elements)
    found = [(term.assertion["attr"], term.assertion["value"]) for term in disjunction.elements]
    return [(name, unescaped(value)) for name, value in found]


def unescaped(value: bytes) -> bytes:
    result, rest = bytearray(), value
    while rest:
        if rest[:1] == b"\\":
            result.append(int(rest[1:3], 16))
            rest = rest[3:]
        else:
            result += rest[:1]
            rest = rest[1:]
    return bytes(result)


@given(SPECIAL | st.text(min_size=1, max_size=40))
def test_whatever_an_employee_id_holds_stays_one_assertion_of_its_value(value: str) -> None:
    ((text, _),) = people_filters([Pointer(AccountKind.EMPLOYEE_ID, value)])
    assert values_in(text) == [("employeeID", value.encode())]


@given(SPECIAL)
def test_a_group_name_stays_a_value(value: str) -> None:
    assert values_in(group_filter(value)) == [
        ("sAMAccountName", value.encode()),
        ("cn", value.encode()),
    ]


@given(st.uuids())
def test_an_anchor_is_searched_by_its_bytes_in_both_attributes(guid: UUID) -> None:
    pointer = Pointer(AccountKind.ANCHOR, b64encode(guid.bytes_le).decode())
    ((text, _),) = people_filters([pointer])
    assert values_in(text) == [
        ("mS-DS-ConsistencyGuid", guid.bytes_le),
        ("objectGUID", guid.bytes_le),
    ]


@given(st.sets(st.integers(0, 10_000), max_size=400))
def test_many_sids_go_into_batches_and_none_is_lost(numbers: set[int]) -> None:
    asked = [Pointer(AccountKind.SID, f"S-1-5-21-1-2-3-{number}") for number in numbers]
    filters = list(people_filters(asked))
    found = [values_in(text) for text, _ in filters]
    assert all(0 < len(batch) <= MOST_TERMS for batch in found)
    assert {value for batch in found for _, value in batch} == {
        sid_bytes(pointer.value) for pointer in asked
    }
    assert sorted(one.value for _, batch in filters for one in batch) == sorted(
        one.value for one in asked
    )


@given(st.sets(st.text(min_size=1, max_size=10), max_size=20))
def test_each_name_has_a_search_of_its_own(names: set[str]) -> None:
    asked = {Pointer(AccountKind.PRINCIPAL_NAME, name) for name in names}
    assert {batch for _, batch in people_filters(asked)} == {(pointer,) for pointer in asked}


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=15))
def test_a_sid_is_searched_as_the_bytes_that_ldap3_shows_as_it(parts: list[int]) -> None:
    text = "-".join(["S-1-5", *map(str, parts)])
    written = sid_bytes(text)
    assert written is not None
    assert format_sid(written) == text


@pytest.mark.parametrize(
    "sid", ["", "S", "S-1", "S-1-5", "X-1-5-21", "S-1-5-٣", "S-1-5-9999999999"]
)
def test_what_is_no_sid_is_not_searched_for(sid: str) -> None:
    assert list(people_filters([Pointer(AccountKind.SID, sid)])) == []


def test_an_anchor_that_is_no_guid_is_not_searched_for() -> None:
    anchors = ["", "%%%", "YQ==", b64encode(b"x" * 17).decode()]
    assert list(people_filters([Pointer(AccountKind.ANCHOR, anchor) for anchor in anchors])) == []
