"""LDAP filters: no value can become anything but a value."""

from base64 import b64encode
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from ldap3.operation.search import MATCH_EQUAL, parse_filter

from hybrid_worker.active_directory.account import Account, AccountKind, Pointer
from hybrid_worker.active_directory.filters import MOST_TERMS, group_filter, people_filters
from hybrid_worker.active_directory.lookup import assign

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
    (text,) = people_filters([Pointer(AccountKind.EMPLOYEE_ID, value)])
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
    (text,) = people_filters([pointer])
    assert values_in(text) == [
        ("mS-DS-ConsistencyGuid", guid.bytes_le),
        ("objectGUID", guid.bytes_le),
    ]


@given(st.sets(st.integers(0, 10_000), max_size=400))
def test_many_pointers_go_into_batches_and_none_is_lost(numbers: set[int]) -> None:
    filters = list(people_filters([Pointer(AccountKind.EMPLOYEE_ID, f"{n}") for n in numbers]))
    found = [values_in(text) for text in filters]
    assert all(0 < len(batch) <= MOST_TERMS for batch in found)
    assert {int(value) for batch in found for _, value in batch} == numbers


def test_an_anchor_that_is_no_guid_is_not_searched_for() -> None:
    anchors = ["", "%%%", "YQ==", b64encode(b"x" * 17).decode()]
    assert list(people_filters([Pointer(AccountKind.ANCHOR, anchor) for anchor in anchors])) == []


def test_an_object_guid_is_an_anchor_only_where_there_is_no_consistency_guid() -> None:
    first, second = UUID(int=1), UUID(int=2)
    plain = Account(guid=first, anchor=first, sid="S-1")
    migrated = Account(guid=second, anchor=first, sid="S-2")
    pointers = [
        Pointer(AccountKind.ANCHOR, b64encode(guid.bytes_le).decode()) for guid in (first, second)
    ]
    assert assign(pointers, [plain, migrated]) == {pointers[0]: (plain, migrated), pointers[1]: ()}
