"""The runbook's situations: each has its part of the page, and rehearsals that there are."""

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import pytest

from tests.support.documentation import commands_of, headings, lines_of, prose, section
from tests.support.repository import ROOT
from tests.support.situations import SITUATIONS, Situation
from tests.support.typed_page import RUNBOOK, TYPED_HERE, followed, followed_in, typed_blocks

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
    assert [name for name in one.rehearsals if name not in set(_tests_of(name))] == []
    assert one.rehearsals


def complaints(situations: Sequence[Situation], followed: Iterable[tuple[str, str]]) -> list[str]:
    """What of the page is typed by no rehearsal, and what rehearsal types nothing of it."""
    parts: dict[str, set[str]] = {}
    for test, heading in followed:
        parts.setdefault(heading, set()).add(test)
    by_heading = {one.heading: one for one in situations}
    said = [f"{name} is no part of the page" for name in parts.keys() - set(_parts())]
    for heading, one in by_heading.items():
        tests = parts.get(heading, set())
        if bool(tests) == bool(one.not_typed):
            said.append(f"{heading}: typed by {sorted(tests)}, and '{one.not_typed}'")
        said += [f"{heading} does not name {test}" for test in tests - set(one.rehearsals)]
    return sorted(said)


def test_every_situation_is_typed_by_a_rehearsal_that_it_names() -> None:
    assert complaints(SITUATIONS, followed()) == []


def test_a_situation_that_nobody_types_and_a_rehearsal_of_none_are_noticed() -> None:
    found = list(followed())
    one = SITUATIONS[0]
    without = [(test, heading) for test, heading in found if heading != one.heading]
    assert complaints(SITUATIONS, without) == [f"{one.heading}: typed by [], and ''"]
    stranger = "tests/e2e/test_stop.py::test_of_another"
    assert complaints(SITUATIONS, [*found, (stranger, one.heading)]) == [
        f"{one.heading} does not name {stranger}"
    ]
    assert complaints(SITUATIONS, [*found, (stranger, "Tea is cold")]) == [
        "Tea is cold is no part of the page"
    ]
    excused = replace(one, not_typed="too much work")
    (said,) = complaints([excused, *SITUATIONS[1:]], found)
    assert "too much work" in said


def test_each_test_of_the_situations_follows_a_part_of_the_page() -> None:
    """One that types nothing is a rehearsal of none."""
    tests = {
        name
        for file in (ROOT / "tests/e2e").glob("test_situations_*.py")
        for name in _tests_of(f"{file.relative_to(ROOT)}::")
        if "::test_" in name
    }
    assert len(tests) > 10
    assert tests - {test for test, _ in followed()} == set()


def test_a_test_that_follows_a_part_is_found_by_what_it_calls() -> None:
    source = (
        'def test_x():\n    with on_call.follows("Here", A="b") as page:\n        page.types()\n'
    )
    assert list(followed_in(source, "f.py")) == [("f.py::test_x", "Here")]
    assert list(followed_in(source.replace("follows", "reads"), "f.py")) == []


def test_a_situation_s_commands_are_all_of_programs_that_a_rehearsal_can_type() -> None:
    """What else the way out needs stands in the text, and in the table as not done here."""
    programs = {
        words[0]
        for one in SITUATIONS
        for block in typed_blocks(one.heading)
        for line in lines_of(block)
        for words in commands_of(line)
    }
    assert programs == TYPED_HERE


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


def _parts() -> list[str]:
    """What can be followed: situations, and what to do when an alarm comes."""
    return [name for part in ("Situations", "Alarms") for name in headings(section(RUNBOOK, part))]


def _symptoms() -> str:
    return section(RUNBOOK, "By symptom")


def _slug(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _tests_of(name: str) -> Iterator[str]:
    """Every test of the file of that name, in whatever class."""
    file = name.partition("::")[0]
    path = ROOT / file
    if path.exists():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{file}::{node.name}"


def test_the_page_is_read_as_prose() -> None:
    """So that a block of code is not taken for a part of the page."""
    assert "```" not in prose(RUNBOOK)
