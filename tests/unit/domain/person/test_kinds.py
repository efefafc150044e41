"""Kinds of accounts: told by patterns, and left out whatever wants them in."""

from dataclasses import replace
from typing import Any

import pytest

from shared.domain.person.eligibility import refusal
from shared.domain.person.kinds import KindRule, TraitRule, is_like
from shared.domain.person.people import Memberships, Person, Trait, UserRef
from shared.domain.person.reasons import Reason
from tests.support.enrolments import ANNA_ID, POLICY


def account(upn: str = "anna@contoso.test", **fields: Any) -> Person:
    return Person(ref=UserRef(object_id=ANNA_ID, user_principal_name=upn), **fields)


@pytest.mark.parametrize(
    ("text", "pattern", "is_so"),
    [
        ("room-7@contoso.test", "room-*@contoso.test", True),
        ("room-7@fabrikam.test", "room-*@contoso.test", False),
        ("bedroom-7@contoso.test", "room-*@contoso.test", False),
        ("service", "service", True),
        ("services", "service", False),
        ("a room with a view", "*room*view", True),
        ("a view of a room", "*room*view", False),
        ("aba", "ab*ba", False),
        ("abba", "ab*ba", True),
        ("", "*", True),
        ("x.y", "x?y", False),
    ],
)
def test_a_star_stands_for_any_text_and_nothing_else_is_special(
    text: str, pattern: str, is_so: bool
) -> None:
    assert is_like(text, pattern) is is_so


@pytest.mark.parametrize(
    ("trait", "pattern", "fields"),
    [
        (Trait.USER_PRINCIPAL_NAME, "room-*", {"upn": "Room-7@contoso.test"}),
        (Trait.DISPLAY_NAME, "meeting room *", {"display_name": "Meeting Room Oslo"}),
        (Trait.EMPLOYEE_TYPE, "service", {"employee_type": "Service"}),
        (Trait.CREATION_TYPE, "invitation", {"creation_type": "Invitation"}),
        (Trait.EXTENSION_15, "svc*", {"extension_attributes": (("extensionAttribute15", "SVC1"),)}),
    ],
)
def test_an_account_of_an_excluded_kind_is_left_out_by_any_of_its_traits(
    trait: Trait, pattern: str, fields: dict[str, Any]
) -> None:
    other = TraitRule(Trait.EXTENSION_1, ("none",))
    kind = KindRule("things", (other, TraitRule(trait, (pattern,))))
    policy = replace(POLICY, excluded_kinds=(kind,))
    thing = account(**fields)
    assert refusal(thing, Memberships(), policy) is Reason.EXCLUDED_KIND
    assert policy.kind_of(thing) == "things"
    assert refusal(account(), Memberships(), policy) is None


def test_a_member_who_is_at_home_elsewhere_is_left_out_unless_the_document_lets_them_in() -> None:
    external = account("anna_fabrikam.test#EXT#@contoso.test")
    assert refusal(external, Memberships(), POLICY) is Reason.EXTERNAL_MEMBER
    let_in = replace(POLICY, external_members=True)
    assert refusal(external, Memberships(), let_in) is None
    assert refusal(replace(external, guest=True), Memberships(), let_in) is Reason.GUEST
