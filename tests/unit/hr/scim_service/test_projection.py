"""Which attributes are answered."""

import pytest

from shared.hr.scim_service.projection import projected
from tests.support.scim_attributes import CORE, ENTERPRISE, KIM

WHOLE = {"schemas": [CORE], "id": "1", **KIM, "meta": {"version": "1"}}


@pytest.mark.parametrize(
    ("names", "left"),
    [
        (["userName"], {"userName"}),
        ([f"{CORE}:USERNAME", " active"], {"userName", "active"}),
        (["name.givenName", "emails.value"], {"name", "emails"}),
        ([f"{ENTERPRISE}:employeeNumber"], {ENTERPRISE}),
        ([ENTERPRISE], {ENTERPRISE}),
        (["nothing"], set()),
    ],
)
def test_only_what_is_asked_for_and_what_always_stands(names: list[str], left: set[str]) -> None:
    assert projected(WHOLE, names, []).keys() == {"schemas", "id", *left}


def test_parts_are_chosen_and_left_out() -> None:
    assert projected(WHOLE, ["name.givenName"], [])["name"] == {"givenName": "Kim"}
    assert projected(WHOLE, [], ["name.givenName"])["name"] == {"familyName": "Ahn"}
    assert projected(WHOLE, [], ["emails", "id"]).keys() == WHOLE.keys() - {"emails"}
    assert projected(WHOLE, [""], [""]) == WHOLE
