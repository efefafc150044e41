"""`sspr hr`: a file of HR sources is checked, and a message tried, without the app."""

import json

import pytest

from shared.hr.documents import json_schema
from tests.support.cli_api import sspr
from tests.support.repository import ROOT

EXAMPLES, PAYLOADS = ROOT / "docs/examples/hr", ROOT / "tests/events/hr"


def tried(file: str, source: str, payload: str, *more: str) -> list[str]:
    body = str(PAYLOADS / f"{payload}.json")
    return ["hr", "try", str(EXAMPLES / file), "--source", source, "--body", body, *more]


def test_a_good_file_has_no_findings_and_a_bad_one_tells_them_as_compilers_do() -> None:
    file = str(EXAMPLES / "deel.yaml")
    done = sspr(None, "hr", "check", file)
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", f"{file}: no findings\n")
    done = sspr(None, "hr", "check", "-", stdin="schema: sspr-rollout/hr-sources/1\nsources: x\n")
    assert done.exit_code == 1
    assert done.stdout.startswith("-:2:10: sources: write a list")
    assert "1 finding" in done.stderr


def test_what_a_message_comes_to_is_shown_and_not_sent() -> None:
    done = sspr(None, *tried("workday.yaml", "workday", "workday"))
    assert done.exit_code == 0, done.stderr
    assert "onboarded" in done.stdout
    assert "4711" in done.stdout
    assert "2026-03-16" in done.stdout
    assert "[2].businessProcess" in done.stdout


def test_the_same_as_json() -> None:
    done = sspr(None, *tried("deel.yaml", "deel", "deel", "-o", "json"))
    (event,) = json.loads(done.stdout)["events"]
    assert event["data"]["userPrincipalName"] == "anna@contoso.test"
    assert event["source"] == "hr/deel"


def test_a_message_without_events_says_so() -> None:
    done = sspr(None, *tried("bamboohr.yaml", "bamboohr", "bamboohr-updated"))
    assert "no events" in done.stdout
    assert "data.changedFields" in done.stdout


@pytest.mark.parametrize(
    ("source", "payload", "status", "told"),
    [
        ("nobody", "deel", 2, "has no source nobody; there are deel"),
        ("deel", "personio", 1, "data.meta.event_type: is missing"),
    ],
)
def test_what_cannot_be_tried_says_why(source: str, payload: str, status: int, told: str) -> None:
    done = sspr(None, *tried("deel.yaml", source, payload))
    assert (done.exit_code, told in done.stderr) == (status, True), done.stderr


def test_a_message_is_not_tried_on_a_wrong_file() -> None:
    body = str(PAYLOADS / "deel.json")
    done = sspr(None, "hr", "try", "-", "--source", "deel", "--body", body, stdin="sources: []\n")
    assert done.exit_code == 1
    assert "-:1:1: schema: it is missing" in done.stderr


def test_the_schema_is_that_of_the_file() -> None:
    assert json.loads(sspr(None, "schema", "--of", "hr-sources").stdout) == json_schema()
