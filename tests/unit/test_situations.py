"""The runbook's situations: each has its part of the page, and rehearsals that there are."""

import re

import pytest

from tests.support.documentation import headings, prose, section
from tests.support.named_tests import all_beside
from tests.support.repository import ROOT
from tests.support.situations import SITUATIONS, Situation

RUNBOOK = ROOT / "docs/operations.md"
PARTS = ("Rights", "First", "Do", "Over", "Worse")


def test_the_page_has_the_situations_of_the_list_and_no_others() -> None:
    """In their order, so that the table above them is their contents."""
    assert headings(section(RUNBOOK, "Situations")) == [one.heading for one in SITUATIONS]


@pytest.mark.parametrize("one", SITUATIONS, ids=lambda one: one.heading)
def test_a_situation_s_part_says_everything_that_is_needed_at_night(one: Situation) -> None:
    """In the order in which it is needed: who can, what at once, what then, proof, and harm."""
    said = re.findall(r"^\*\*(\w+)\.\*\*", section(RUNBOOK, one.heading), re.MULTILINE)
    assert said == list(PARTS)


@pytest.mark.parametrize("one", SITUATIONS, ids=lambda one: one.heading)
def test_a_situation_s_alarms_and_rehearsals_exist(one: Situation) -> None:
    """A rehearsal that was renamed, or an alarm that is gone, is noticed."""
    assert set(one.alarms) <= set(headings(section(RUNBOOK, "Alarms")))
    assert [name for name in one.rehearsals if name not in all_beside(name)] == []
    assert one.rehearsals


def test_every_alarm_belongs_to_a_situation() -> None:
    """Whoever is woken by an alarm finds the situation that it may be part of."""
    alone = {"writeback-failures", "app-silent", "alarm-test", "source-silent"}
    of_situations = {name for one in SITUATIONS for name in one.alarms}
    assert set(headings(section(RUNBOOK, "Alarms"))) - of_situations <= alone


def test_every_row_of_the_symptoms_leads_to_a_part_of_the_page() -> None:
    """Each symptom has a first look and at least one link."""
    rows = re.findall(
        r"^\| (?!what is seen|---)(.+) \| (.+) \| (.+) \|$", _symptoms(), re.MULTILINE
    )
    assert len(rows) > 15
    assert [row[0] for row in rows if "](#" not in row[2] or not row[1].strip()] == []


def test_every_situation_stands_in_the_index_by_symptom_or_by_its_alarm() -> None:
    """Nobody has to know a situation's name to come to its part."""
    led_to = set(re.findall(r"\]\(#([a-z0-9-]+)\)", section(RUNBOOK, "By symptom")))
    hidden = {
        one.heading for one in SITUATIONS if not one.alarms and _slug(one.heading) not in led_to
    }
    # Nobody is called at night to leave.
    assert hidden <= {"Leave the product"}


def _symptoms() -> str:
    return section(RUNBOOK, "By symptom")


def _slug(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_the_page_is_read_as_prose() -> None:
    """So that a block of code is not taken for a part of the page."""
    assert "```" not in prose(RUNBOOK)
