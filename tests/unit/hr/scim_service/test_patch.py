"""PATCH as the standard has it, and as connectors write it."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.api.scim_answers import ScimRefusal
from shared.domain.errors import InvalidMessage, SsprRolloutError
from shared.hr.scim_service.patch import patched
from shared.hr.scim_service.resource import read_user
from tests.support.repository import ROOT
from tests.support.scim_attributes import CORE, ENTERPRISE, KIM, OWN, WORK

PAYLOADS = ROOT / "tests/events/queue"


def payload(name: str) -> Any:
    return json.loads((PAYLOADS / f"{name}.json").read_text())


def after(*operations: Any) -> dict[str, Any]:
    return patched(KIM, {"Operations": list(operations)})


def refused(*operations: Any) -> str | None:
    with pytest.raises(ScimRefusal) as raised:
        after(*operations)
    word: str | None = raised.value.problem.value[1]
    return word


@pytest.mark.parametrize(
    ("operation", "changes"),
    [
        ({"op": "Replace", "path": "active", "value": "False"}, {"active": False}),
        ({"op": "replace", "path": "Active", "value": [{"value": "False"}]}, {"active": False}),
        ({"op": "replace", "value": {"active": False}}, {"active": False}),
        ({"OP": "ADD", "Value": {"ACTIVE": "false"}}, {"active": False}),
        ({"op": "remove", "path": "active"}, {"active": None}),
        ({"op": "replace", "path": "active", "value": None}, {"active": None}),
        ({"op": "replace", "path": f"{CORE}:active", "value": False}, {"active": False}),
        (
            {"op": "add", "value": {"name.givenName": "Kimmy", f"{CORE}:externalId": "x"}},
            {"name": {"givenName": "Kimmy", "familyName": "Ahn"}, "externalId": "x"},
        ),
        (
            {"op": "replace", "path": "name", "value": {"familyName": "Bee"}},
            {"name": {"givenName": "Kim", "familyName": "Bee"}},
        ),
        ({"op": "remove", "path": "name"}, {"name": None}),
        ({"op": "remove", "path": "name.givenName"}, {"name": {"familyName": "Ahn"}}),
        (
            {"op": "Replace", "path": f"{ENTERPRISE}:employeeNumber", "value": 8},
            {ENTERPRISE: {"employeeNumber": "8"}},
        ),
        (
            {"op": "add", "value": {f"{ENTERPRISE}:employeeNumber": "8"}},
            {ENTERPRISE: {"employeeNumber": "8"}},
        ),
        (
            {"op": "add", "value": {ENTERPRISE.upper(): {"EmployeeNumber": "8"}}},
            {ENTERPRISE: {"employeeNumber": "8"}},
        ),
        (
            {"op": "add", "path": ENTERPRISE, "value": {"employeeNumber": "8", "department": "D"}},
            {ENTERPRISE: {"employeeNumber": "8"}},
        ),
        (
            {"op": "add", "path": "employeeNumber", "value": "8"},
            {ENTERPRISE: {"employeeNumber": "8"}},
        ),
        ({"op": "remove", "path": ENTERPRISE}, {ENTERPRISE: None}),
        ({"op": "remove", "path": f"{ENTERPRISE}:employeeNumber"}, {ENTERPRISE: None}),
        (
            {"op": "add", "path": f"{OWN}:HireDate", "value": "2026-12-24"},
            {OWN: {"HireDate": "2026-12-24"}},
        ),
        ({"op": "add", "path": f"{OWN}:worksite", "value": "9"}, {}),
        ({"op": "add", "path": f"{ENTERPRISE}:manager.value", "value": "9"}, {}),
        ({"op": "replace", "path": "title", "value": "tester"}, {}),
        ({"op": "add", "path": 'phoneNumbers[type eq "mobile"].value', "value": "1"}, {}),
        ({"op": "replace", "value": {"id": "x", "schemas": [], "meta": {}}}, {}),
        (
            {"op": "Add", "path": 'emails[type eq "work"].value', "value": "k@contoso.test"},
            {"emails": [WORK | {"value": "k@contoso.test"}]},
        ),
        (
            {"op": "add", "path": 'emails[type eq "home"].value', "value": "k@home.test"},
            {"emails": [WORK, {"type": "home", "value": "k@home.test"}]},
        ),
        (
            {"op": "replace", "path": "emails[primary eq true].type", "value": "other"},
            {"emails": [WORK | {"type": "other"}]},
        ),
        ({"op": "remove", "path": 'emails[type eq "WORK"]'}, {"emails": None}),
        ({"op": "remove", "path": "emails"}, {"emails": None}),
        ({"op": "remove", "path": "emails", "value": [WORK]}, {"emails": None}),
        (
            {"op": "remove", "path": "emails", "value": [{"value": "a@b.test"}]},
            {"emails": [WORK]},
        ),
        ({"op": "add", "path": "emails", "value": [WORK]}, {}),
        (
            {"op": "replace", "path": "emails", "value": {"value": "a@b.test"}},
            {"emails": [{"value": "a@b.test"}]},
        ),
    ],
)
def test_every_way_of_writing_a_change(operation: Any, changes: dict[str, Any]) -> None:
    wanted = {k: v for k, v in {**KIM, **changes}.items() if v is not None}
    assert after(operation) == wanted


def test_entra_s_patch_disables_and_writes_the_address() -> None:
    changed = patched(KIM, payload("entra-scim-patch"))
    assert changed["active"] is False
    assert changed["emails"][0]["value"] == "kim@contoso.test"


def test_sailpoint_s_bare_list_is_a_patch() -> None:
    assert patched(KIM, payload("sailpoint-scim-patch"))["active"] is False


@pytest.mark.parametrize(
    ("operation", "word"),
    [
        ({"op": "move", "path": "active"}, "invalidSyntax"),
        ({"op": "remove"}, "noTarget"),
        ({"op": "add", "path": "nothing", "value": 1}, "invalidPath"),
        ({"op": "add", "path": "emails[", "value": 1}, "invalidPath"),
        ({"op": "add", "path": 'emails[type sw "w"].value', "value": "x"}, "invalidPath"),
        ({"op": "add", "path": 'userName[type eq "w"]', "value": "x"}, "invalidPath"),
        ({"op": "add", "path": "name.nothing", "value": "x"}, "invalidPath"),
        ({"op": "replace", "path": "id", "value": "x"}, "mutability"),
        ({"op": "replace", "path": "active", "value": "perhaps"}, "invalidValue"),
        ({"op": "remove", "path": "userName"}, "invalidValue"),
        ({"op": "replace", "path": "userName", "value": "x" * 257}, "invalidValue"),
        (
            {"op": "add", "path": "emails", "value": [{"value": f"{n}"} for n in range(9)]},
            "invalidValue",
        ),
    ],
)
def test_what_is_wrong_is_refused_by_the_standard_s_word(operation: Any, word: str) -> None:
    assert refused(operation) == word


@pytest.mark.parametrize(
    "user",
    [
        {"userName": "\ud800"},
        {"userName": {"a": 1}},
        {"userName": ["a", "b"]},
        {f"{OWN}\ud800": {"HireDate": "2026-12-24"}},
        {f"{OWN}:{'x' * 300}": {"HireDate": "2026-12-24"}},
        {f"{OWN}:HireDate": "2026-12-24"},
        {f"urn:x:{n}": {"HireDate": "2026-12-24"} for n in range(6)},
        {"name": "Kim"},
        {"emails": [7]},
        {"displayName": "x" * 257},
    ],
)
def test_what_cannot_be_kept_is_refused(user: dict[str, Any]) -> None:
    with pytest.raises((ScimRefusal, InvalidMessage)):
        read_user({"userName": "kim@contoso.test", **user})


def test_of_a_patch_all_is_done_or_nothing() -> None:
    good = {"op": "replace", "path": "active", "value": False}
    assert refused(good, {"op": "add", "path": "nothing", "value": 1}) == "invalidPath"
    assert KIM["active"] is True
    assert refused() == "invalidSyntax"


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.floats(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=9,
)
names = st.sampled_from(
    ["active", "userName", "name", "emails", ENTERPRISE, OWN, "name.givenName", "emails.value"]
) | st.text(max_size=12)
verbs = st.sampled_from(["add", "Replace", "REMOVE", "other"])


@given(
    st.lists(
        st.fixed_dictionaries(
            {"op": verbs},
            optional={"path": names, "value": anything | st.dictionaries(names, anything)},
        ),
        max_size=4,
    )
)
def test_whatever_is_sent_is_done_or_refused_and_stays_readable(operations: list[Any]) -> None:
    with suppress(SsprRolloutError):
        changed = patched(KIM, {"Operations": operations})
        assert read_user(changed) == changed
        assert changed["userName"]
        assert len(json.dumps(changed)) < 100_000


@given(st.dictionaries(names, anything))
def test_whatever_user_is_sent_is_read_the_same_a_second_time(user: dict[str, Any]) -> None:
    with suppress(SsprRolloutError):
        read = read_user({"userName": "kim@contoso.test", **user})
        assert read_user(read) == read
