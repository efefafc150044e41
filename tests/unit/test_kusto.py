"""The alarms' and the workbook's queries are right by Microsoft's own analyser of Kusto."""

import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sandbox.npm_packages import node_modules
from tests.unit.test_monitoring import PANELS, QUERIES, RULES

ROOT = Path(__file__).parents[2]
KUSTO = ROOT / "tests/kusto"


def analysed(queries: dict[str, str]) -> dict[str, dict[str, Any]]:
    packages = node_modules(KUSTO, ROOT / ".cache")
    done = subprocess.run(
        ["node", KUSTO / "analyse.js", packages],
        input=json.dumps(queries),
        capture_output=True,
        text=True,
        check=True,
    )
    answers: dict[str, dict[str, Any]] = json.loads(done.stdout)
    return answers


@cache
def all_analysed() -> dict[str, dict[str, Any]]:
    panels = {f"panel {name}": query for name, query in PANELS.items()}
    return analysed({**QUERIES, **panels})


def test_every_query_is_right() -> None:
    assert {name: one["faults"] for name, one in all_analysed().items() if one["faults"]} == {}


@pytest.mark.parametrize("name", sorted(RULES))
def test_a_rule_splits_and_measures_by_columns_of_its_querys_answer(name: str) -> None:
    rule = RULES[name]
    named = {*rule["dimensions"], *filter(None, [rule["measure"]])}
    assert named <= set(all_analysed()[name]["columns"])


def test_the_analyser_finds_what_is_wrong() -> None:
    wrong = {
        "no such column": "AppTraces | where Text == 'x'",
        "no such operator": "AppTraces | summarise count()",
        "a keyword for a name": "AppTraces | project by = toint(Message), sample",
    }
    assert all(one["faults"] for one in analysed(wrong).values())
