"""A Connect host that will not sync: people are written, wait for it, and are not lost."""

import time

import pytest

from tests.support.rig import People, Rig, reasons

LONG_ENOUGH = 3.0
"""Seconds in which a healthy sandbox has shown a member."""


@pytest.mark.parametrize("condition", ["busy", "suspended", "staging", "schedulerOff"])
def test_a_host_that_will_not_sync_delays_people_and_loses_none(
    condition: str, rig: Rig, people: People
) -> None:
    """Given the trouble, when a synced person is onboarded, then they show once it is over."""
    person = people.synced()
    with rig.connect_host(**{condition: True}):
        rig.onboard(person.user_principal_name)
        rig.reaches(person.user_principal_name, "applied")
        assert person.sam_account_name in rig.ad_members()
        time.sleep(LONG_ENOUGH)
        assert rig.state(person.user_principal_name) == "applied"
        assert rig.groups(person) == []

    enrolled = rig.reaches(person.user_principal_name, "visible", "effective")

    assert reasons(enrolled).count("added") == 1
