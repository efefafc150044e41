"""Who is named by what is kept: by any name, in any depth, and by no part of another name."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.tables.keys import RowKind
from shared.domain.person.mentions import Names
from shared.domain.person.people import UserRef
from shared.ports.personal_data import KINDS
from tests.support.golden_rows import FOLDER

ME = Names.of(
    [
        UserRef(
            object_id="0ada0000-0000-4000-8000-000000000000",
            user_principal_name="Ada.Ünal@contoso.test",
            employee_id="7",
        )
    ]
)


@pytest.mark.parametrize(
    "value",
    [
        "ada.ünal@CONTOSO.test",
        "7",
        "employee:7",
        {"people": [{"id": "7"}]},
        {"0ada0000-0000-4000-8000-000000000000": 1},
        'body: {"userPrincipalName": "ada.ünal@contoso.test"}',
        json.dumps({"to": ["x", json.dumps({"employeeId": "7"})]}),
        json.dumps(["Ada.Ünal@contoso.test"]),
        "/api/users/ada.ünal@contoso.test",
        "page|upn:ada.ünal@contoso.test",
        "It was ada.ünal@contoso.test.",
        "see 'ada.ünal@contoso.test'.",
    ],
)
def test_the_person_is_found_by_any_name_and_in_any_depth(value: Any) -> None:
    assert ME.are_in(value)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "77",
        7,
        None,
        "room 7",
        {"attempts": 7, "at": "2026-11-07T07:07:07Z"},
        "bada.ünal@contoso.test",
        "ada.ünal@contoso.testing",
        "of ada.ünal@contoso.test.au",
        "of x+ada.ünal@contoso.test",
        "of o'ada.ünal@contoso.test",
        "1ada0000-0000-4000-8000-000000000000",
        "{not json 7",
    ],
)
def test_nobody_else_is_taken_for_the_person(value: Any) -> None:
    assert not ME.are_in(value)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
        max_leaves=8,
    )
)
def test_a_name_is_found_wherever_it_is_put_and_however_it_is_written(value: Any) -> None:
    planted = [value, {"deep": [value, "ADA.ÜNAL@contoso.test"]}]
    assert ME.are_in(planted)
    assert ME.are_in(json.dumps(planted))
    assert ME.are_in(json.dumps(planted, ensure_ascii=False))


def stored_kinds() -> set[str]:
    """The kinds of all rows that any version has stored, by the golden rows."""
    tables = [json.loads(file.read_text()) for file in FOLDER.glob("*.json")]
    rows = [row for table in tables for rows in table.values() for row in rows]
    return {row["RowKey"].partition("|")[0] for row in rows if "RowKey" in row}


def test_every_kind_of_row_that_is_stored_has_a_meaning() -> None:
    """Who stores something new says here what it is, or nobody's export comes to its end."""
    assert stored_kinds() | set(RowKind) <= KINDS.keys()
