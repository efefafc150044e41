"""Who is not enrolled, and whether the reason is told."""

from collections.abc import Callable

import pytest

from sandbox.company import Employee
from tests.support.rig import TWINS, People, Rig

KINDS: dict[str, Callable[[Employee], bool]] = {
    "guest": lambda one: one.guest,
    "disabled": lambda one: one.disabled,
    "unlicensed": lambda one: one.unlicensed,
    "administrator": lambda one: one.directory_role is not None,
    "protected": lambda one: one.protected,
    "excluded-group": lambda one: one.excluded,
}


@pytest.mark.parametrize("reason", KINDS)
def test_who_is_not_eligible_is_left_out_with_the_reason(
    reason: str, rig: Rig, people: People
) -> None:
    """Given somebody not eligible, when they are onboarded, then the reason shows, and no change.

    Protection (adminCount=1) is seen in AD only: there it is the worker that refuses.
    """
    person = people.who(KINDS[reason])
    before = rig.groups(person)

    (key,) = rig.onboard(person.object_id)

    left_out = rig.reaches(person.object_id, "excluded")
    assert left_out["reason"] == reason
    (followed,) = rig.dealt_with(key)["people"]
    assert followed["reason"] == reason
    assert rig.groups(person) == before
    assert person.sam_account_name not in rig.ad_members()


def test_of_two_people_with_one_employee_id_neither_is_touched(rig: Rig) -> None:
    """Given twins with one employee id, when HR names the id, then it fails as ambiguous."""
    (key,) = rig.onboard(TWINS)

    failed = rig.reaches(TWINS, "failed")
    assert failed["reason"] == "ambiguous"
    assert rig.dealt_with(key)["outcome"] == "ambiguous"
    assert not {"tweedledum", "tweedledee"} & set(rig.ad_members())
