"""A Connect host that will not sync: people are written, wait for it, and are not lost."""

import re
import time
from pathlib import Path

import pytest

from sandbox.company import Employee
from tests.support.rig import People, Rig, flat, reasons
from tests.support.typed_page import Operator

LONG_ENOUGH = 3.0
"""Seconds in which a healthy sandbox has shown a member."""


@pytest.mark.parametrize(
    ("condition", "problem"),
    [
        ("busy", ""),
        ("suspended", "suspended"),
        ("staging", "staging"),
        ("schedulerOff", "scheduler-off"),
    ],
)
def test_a_host_that_will_not_sync_delays_people_and_loses_none(
    condition: str, problem: str, rig: Rig, people: People, tmp_path: Path
) -> None:
    """Given the trouble, when a synced person is onboarded, then they show once it is over.

    What the runbook types names it while it lasts, and no longer; a cycle that runs is no trouble.
    """
    person = people.synced()
    with Operator(rig.layout, tmp_path).follows("Changes do not reach Entra") as page:
        with rig.connect_host(**{condition: True}):
            _is_written_and_waits(rig, person)
            # The page shows what the worker said last, which comes by a queue.
            page.types_until(lambda shown: not problem or _says(problem, shown), problem)

        enrolled = rig.reaches(person.user_principal_name, "visible", "effective")
        page.types_until(lambda shown: not _says(problem or condition, shown), "no problem")

    assert reasons(enrolled).count("added") == 1


def _says(problem: str, status: str) -> bool:
    """Whether the column `problem` has it, and since when."""
    return re.search(rf"since [\d: -]+ {problem}\b", flat(status)) is not None


def _is_written_and_waits(rig: Rig, person: Employee) -> None:
    rig.onboard(person.user_principal_name)
    rig.reaches(person.user_principal_name, "applied")
    assert person.sam_account_name in rig.ad_members()
    time.sleep(LONG_ENOUGH)
    assert rig.state(person.user_principal_name) == "applied"
    assert rig.groups(person) == []
