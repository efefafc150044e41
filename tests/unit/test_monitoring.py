"""Alarms and the workbook look for what the code tells, and tell somebody who can act on it."""

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from shared.domain.signals import SIGNALS, Signal
from tests.unit.bicep_values import declarations, parsed, text, value

ROOT = Path(__file__).parents[2]
MODULES, MONITORING = ROOT / "infra/modules", ROOT / "infra/monitoring"
ALERTS = parsed(MODULES / "alerts.bicep")
RULES: dict[str, dict[str, Any]] = {
    rule["name"]: rule
    for rule in value(declarations(ALERTS, "variable")["rules"].named_children[-1])
}
QUERIES = {file.stem: file.read_text() for file in MONITORING.glob("*.kql")}
WORKBOOK = json.loads((MONITORING / "rollout.workbook.json").read_text())
PANELS: dict[str, str] = {
    item["name"]: item["content"]["query"] for item in WORKBOOK["items"] if item["type"] == 3
}
BY_EVENT: dict[str, type[Signal]] = {signal.event: signal for signal in SIGNALS}
MINUTES = {"PT5M": 5, "PT15M": 15, "PT1H": 60, "PT2H": 120}
ASKED_FOR = {
    "rollout-paused",
    "gate-failed",
    "writeback-failures",
    "worker-silent",
    "app-silent",
    "app-misconfigured",
    "work-postponed",
    "messages-refused",
    "sender-refused",
    "plan-unsafe",
    "function-failures",
}


def events_in(query: str) -> set[str]:
    """The events that a query compares the signal's name with."""
    clauses = re.findall(r"signal\.event\)\s*(?:==|in)\s*(\([^)]*\)|'[^']*')", query)
    return {name for clause in clauses for name in re.findall(r"'([^']+)'", clause)}


def fields_in(query: str) -> set[str]:
    return set(re.findall(r"\bsignal\.(\w+)", query)) - {"event"}


def assert_tells_of_what_is_told(query: str) -> None:
    events = events_in(query)
    assert events, "the query names no event"
    assert events <= BY_EVENT.keys()
    known = {one.name for event in events for one in fields(BY_EVENT[event])}
    assert fields_in(query) <= known
    # Whatever narrows the lines down beforehand has to let all of them through.
    (prefilter,) = re.findall(r"Message has(?:_any)? (.+)", query)
    assert set(re.findall(r"'([^']+)'", prefilter)) == events


def test_every_signal_is_listed_and_has_a_name_of_its_own() -> None:
    # By name: a dataclass with slots is made twice.
    assert {one.__name__ for one in SIGNALS} == {one.__name__ for one in Signal.__subclasses__()}
    assert len(BY_EVENT) == len(SIGNALS)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)+", event) for event in BY_EVENT)


@pytest.mark.parametrize("name", sorted(QUERIES.keys() - {"function-failures"}))
def test_an_alarm_looks_for_events_and_fields_that_the_code_tells(name: str) -> None:
    assert_tells_of_what_is_told(QUERIES[name])


@pytest.mark.parametrize("name", sorted(PANELS))
def test_a_panel_looks_for_events_and_fields_that_the_code_tells(name: str) -> None:
    assert_tells_of_what_is_told(PANELS[name])


def test_no_query_passes_that_names_a_field_or_an_event_of_nobody() -> None:
    good = QUERIES["gate-failed"]
    for bad in (
        good.replace("signal.threshold", "signal.limit"),
        good.replace("gate-failed", "gate-fails"),
        good.replace("has 'gate-failed'", "has 'gate-inconclusive'"),
    ):
        with pytest.raises(AssertionError):
            assert_tells_of_what_is_told(bad)


def test_there_is_a_rule_for_every_query_and_a_query_for_every_rule() -> None:
    assert RULES.keys() == QUERIES.keys() == ASKED_FOR
    for name, rule in RULES.items():
        assert rule["query"] == f"loadTextContent('../monitoring/{name}.kql')"


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_a_rule_looks_at_this_app_alone_and_splits_by_columns_that_there_are(name: str) -> None:
    query, rule = QUERIES[name], RULES[name]
    assert "| where _ResourceId =~ '__applicationInsightsId__'" in query
    last = [line for line in query.splitlines() if re.match(r"\| (project|summarize)", line)][-1]
    for column in [*rule["dimensions"], *filter(None, [rule["measure"]])]:
        assert re.search(rf"\b{column} = ", last)


@pytest.mark.parametrize("name", sorted(RULES))
def test_a_rule_overlooks_nothing_and_tells_what_has_happened_once(name: str) -> None:
    rule = RULES[name]
    window, frequency = MINUTES[rule["window"]], MINUTES[rule["frequency"]]
    assert window >= frequency
    assert rule["stateful"] or window == frequency
    assert 0 <= rule["severity"] <= 3
    assert rule["description"]


def test_a_rule_can_be_made_before_there_is_anything_to_query() -> None:
    """In a workspace that is as new as the rule the tables are not known yet."""
    rule = declarations(parsed(MONITORING / "log-rule.bicep"), "resource")["rule"]
    assert value(rule.named_children[-1])["properties"]["skipQueryValidation"] is True


@pytest.mark.parametrize(
    ("name", "counted", "window", "enabled"),
    [
        ("worker-silent", "reports", "PT15M", "expectsWorker"),
        ("app-silent", "standings", "PT2H", True),
    ],
)
def test_silence_is_a_count_that_is_there_when_nothing_is(
    name: str, counted: str, window: str, *, enabled: str | bool
) -> None:
    rule, query = RULES[name], QUERIES[name]
    assert query.rstrip().endswith(f"| summarize {counted} = count()")
    assert (rule["operator"], rule["threshold"], rule["measure"]) == ("LessThan", 1, counted)
    assert (rule["window"], rule["enabled"]) == (window, enabled)


def test_whoever_is_refused_at_the_door_makes_no_function_fail() -> None:
    """Anybody on the internet can be answered with 401 or 404, as often as they like."""
    assert "Success == false and ResultCode !startswith '4'" in QUERIES["function-failures"]


def test_every_rule_reaches_the_action_group() -> None:
    dead_letters = value(declarations(ALERTS, "resource")["deadLetters"].named_children[-1])
    assert dead_letters["properties"]["actions"] == [{"actionGroupId": "operators.id"}]
    assert "actionGroupId: operators.id" in text(declarations(ALERTS, "module")["logRules"])
    rule = declarations(parsed(MONITORING / "log-rule.bicep"), "resource")["rule"]
    assert value(rule.named_children[-1])["properties"]["actions"]["actionGroups"] == [
        "actionGroupId"
    ]


def test_dead_letters_are_looked_for_in_every_queue_of_its_own() -> None:
    dead_letters = value(declarations(ALERTS, "resource")["deadLetters"].named_children[-1])
    properties = dead_letters["properties"]
    (criterion,) = properties["criteria"]["allOf"]
    assert criterion["metricName"] == "DeadletteredMessages"
    assert (criterion["operator"], criterion["threshold"]) == ("GreaterThan", 0)
    assert criterion["dimensions"] == [
        {"name": "EntityName", "operator": "Include", "values": ["*"]}
    ]
    assert properties["autoMitigate"] is True
    assert MINUTES[properties["windowSize"]] >= MINUTES[properties["evaluationFrequency"]]


def test_the_action_groups_short_name_is_not_too_long() -> None:
    operators = value(declarations(ALERTS, "resource")["operators"].named_children[-1])
    assert 0 < len(operators["properties"]["groupShortName"]) <= 12


def test_the_workbook_has_the_placeholders_that_its_module_fills_in_and_no_others() -> None:
    whole = json.dumps(WORKBOOK)
    module = (MODULES / "workbook.bicep").read_text()
    placeholders = set(re.findall(r"__\w+?__", whole))
    assert placeholders == {"__workspaceId__", "__serviceBusNamespaceId__"}
    assert all(f"'{one}'" in module for one in placeholders)


def test_the_workbooks_parts_have_names_of_their_own_and_share_one_time() -> None:
    names = [item["name"] for item in WORKBOOK["items"]]
    assert len(names) == len(set(names))
    (parameters,) = [item["content"] for item in WORKBOOK["items"] if item["type"] == 9]
    assert [one["name"] for one in parameters["parameters"]] == ["TimeRange"]
    for item in WORKBOOK["items"]:
        if item["type"] in {3, 10}:
            assert item["content"]["timeContextFromParameter"] == "TimeRange"
            assert item["content"]["title"]


def test_the_workbook_shows_how_many_messages_wait_and_how_many_are_dead() -> None:
    metrics = [
        metric
        for item in WORKBOOK["items"]
        if item["type"] == 10
        for metric in item["content"]["metrics"]
    ]
    assert {metric["metric"].rpartition("-")[2] for metric in metrics} == {
        "ActiveMessages",
        "DeadletteredMessages",
    }
    assert {metric["splitBy"] for metric in metrics} == {"EntityName"}


def test_every_signal_is_shown_somewhere() -> None:
    shown = set().union(*map(events_in, [*QUERIES.values(), *PANELS.values()]))
    assert shown == BY_EVENT.keys()
