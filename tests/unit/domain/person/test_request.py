"""Whom the names in an event mean: one person, nobody, or people who are told apart."""

from dataclasses import replace

import pytest

from shared.domain.person.onboarding import decide
from shared.domain.person.people import Identifier, IdentifierKind, Person
from shared.domain.person.reasons import Reason
from shared.domain.person.request import Lookup, meant, who_is_meant
from tests.support.enrolments import CLOUD_ANNA, NOW, POLICY, request

OLD_ANNA = replace(CLOUD_ANNA, ref=replace(CLOUD_ANNA.ref, object_id="old"), enabled=False)


def test_of_two_accounts_the_only_enabled_one_is_meant() -> None:
    assert meant([OLD_ANNA, CLOUD_ANNA]) == (CLOUD_ANNA,)
    assert meant([OLD_ANNA]) == (OLD_ANNA,)
    assert len(meant([CLOUD_ANNA, replace(CLOUD_ANNA, ref=OLD_ANNA.ref)])) == 2


ANNAS_ID = Identifier(IdentifierKind.EMPLOYEE_ID, CLOUD_ANNA.ref.employee_id or "")
ANOTHER = Identifier(IdentifierKind.EMPLOYEE_ID, "999999")


@pytest.mark.parametrize(
    ("named", "also", "name", "person", "differ"),
    [
        ([CLOUD_ANNA], [CLOUD_ANNA], ANNAS_ID, CLOUD_ANNA, False),
        ([], [CLOUD_ANNA], ANNAS_ID, CLOUD_ANNA, False),
        ([CLOUD_ANNA], [], replace(ANNAS_ID, value=f"000{ANNAS_ID.value}"), CLOUD_ANNA, False),
        ([CLOUD_ANNA], [], ANOTHER, None, True),
        ([CLOUD_ANNA], [OLD_ANNA], ANNAS_ID, None, True),
        ([], [], ANNAS_ID, None, False),
        ([CLOUD_ANNA], [], None, CLOUD_ANNA, False),
    ],
)
def test_two_names_mean_one_person_together_or_nobody(
    named: list[Person],
    also: list[Person],
    name: Identifier | None,
    person: Person | None,
    differ: bool,
) -> None:
    found_by_both = who_is_meant(named, also, name)
    assert (found_by_both.person, found_by_both.names_differ) == (person, differ)


def test_names_of_different_people_enrol_neither() -> None:
    differing = Lookup((CLOUD_ANNA,), names_differ=True)
    refused = decide(request(), differing, None, POLICY, NOW)
    assert refused.reason is Reason.NAMES_DIFFER
    assert not refused.state.is_enrolled
