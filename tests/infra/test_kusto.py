"""Every Kusto query that is written here, parsed and checked by Microsoft's own language service.

Rules, workbook and documentation; unknown tables, columns and operators are faults.
"""

import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.npm_packages import node_modules
from tests.support.documentation import PAGES, blocks, name_of
from tests.support.infra.monitoring import PANELS, QUERIES, RULES, columns
from tests.support.infra.programs import required
from tests.support.kusto import Answer, run
from tests.support.repository import ROOT
from tests.support.workspace import Workspace

NOW = datetime(2026, 3, 2, tzinfo=UTC)
KUSTO = ROOT / "tests/kusto"
LANGUAGES = {"kusto", "kql"}


def in_documentation() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        queries = [block.text for block in blocks(page) if block.language in LANGUAGES]
        yield from ((f"{name_of(page)} {n}", query) for n, query in enumerate(queries, start=1))


DOCUMENTED = dict(in_documentation())
WRITTEN = {**QUERIES, **{f"panel {name}": one for name, one in PANELS.items()}, **DOCUMENTED}
WRONG = {
    "no such column": "AppTraces | where Text == 'x'",
    "no such table": "AppTrace | take 1",
    "no such operator": "AppTraces | summarise count()",
    "a keyword for a name": "AppTraces | project by = toint(Message), sample",
}

Analysed = dict[str, dict[str, Any]]


def analyse(queries: dict[str, str]) -> Analysed:
    node = required("node", "install Node.js with npm")
    packages = node_modules(KUSTO, ROOT / ".cache")
    done = subprocess.run(
        [node, KUSTO / "analyse.js", packages],
        input=json.dumps(queries),
        capture_output=True,
        text=True,
        check=True,
    )
    answers: Analysed = json.loads(done.stdout)
    return answers


@pytest.fixture(scope="session")
def analysed() -> Analysed:
    """All of them, at one start of the analyser."""
    return analyse({**WRITTEN, **WRONG})


@pytest.mark.parametrize("name", WRITTEN)
def test_a_query_is_right(name: str, analysed: Analysed) -> None:
    assert analysed[name]["faults"] == []


@pytest.mark.parametrize("name", sorted(RULES))
def test_a_rule_splits_and_measures_by_columns_of_its_query_s_answer(
    name: str, analysed: Analysed
) -> None:
    assert columns(RULES[name]) <= set(analysed[name]["columns"])


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_our_own_evaluator_answers_with_the_columns_that_microsoft_s_says(
    name: str, analysed: Analysed
) -> None:
    """What runs the rules' queries on given lines in the tests (`tests/support/kusto.py`)."""
    assert list(Workspace().answer(name, NOW).columns) == analysed[name]["columns"]


def test_the_queries_of_the_documentation_are_found() -> None:
    assert len(DOCUMENTED) >= 3


STORED = (
    "TimeGenerated",
    "Category",
    "OperationName",
    "StatusText",
    "AuthenticationType",
    "RequesterObjectId",
    "CallerIpAddress",
    "Uri",
)


def written(by: str, uri: str, *, hours_ago: int = 1, category: str = "StorageWrite") -> list[Any]:
    """A line of the storage account's own log, as `STORED` has its columns."""
    at = NOW - timedelta(hours=hours_ago)
    return [at, category, "Put", "Success", "OAuth", by, "192.0.2.1:443", uri]


def test_the_query_of_the_storage_account_finds_whoever_wrote_and_every_package() -> None:
    """A deployment writes the package by the app's identity, whoever asked for it."""
    (query,) = (one for one in DOCUMENTED.values() if "StorageBlobLogs" in one)
    blobs, tables = "https://st.blob.core.windows.net:443", "https://st.table.core.windows.net:443"
    package = f"{blobs}/app-package/released-package.zip"
    rows = {
        "StorageTableLogs": [
            written("ID", f"{tables}/enrolments"),
            written("somebody", f"{tables}/enrolments(PartitionKey='1')", hours_ago=2),
            written("somebody", f"{tables}/plans", category="StorageRead"),
        ],
        "StorageBlobLogs": [
            written("ID", f"{blobs}/azure-webjobs-hosts/locks/app/host"),
            written("ID", package, hours_ago=1),
            written("somebody", f"{blobs}/azure-webjobs-secrets/app/host.json", hours_ago=3),
            written("somebody", package, hours_ago=31 * 24),
        ],
    }
    answers = {
        name: Answer(STORED, [dict(zip(STORED, row, strict=True)) for row in lines])
        for name, lines in rows.items()
    }
    found = run(query, answers, NOW)
    assert [(row["RequesterObjectId"], row["Uri"]) for row in found.rows] == [
        ("ID", package),
        ("somebody", f"{tables}/enrolments(PartitionKey='1')"),
        ("somebody", f"{blobs}/azure-webjobs-secrets/app/host.json"),
    ]


@pytest.mark.parametrize("name", WRONG)
def test_the_analyser_finds_what_is_wrong(name: str, analysed: Analysed) -> None:
    assert analysed[name]["faults"]
