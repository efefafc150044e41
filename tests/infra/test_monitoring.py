"""Alarms and the workbook look for what the code tells, and tell somebody who can act on it."""

import json
import re
from dataclasses import fields
from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.api.alarms import ALARMS
from shared.domain.rollout.gates.registry import GATES
from shared.domain.rollout.watch import EVERY
from shared.domain.signals import SIGNALS, Signal, Timer
from shared.use_cases.rollout.watch_endings import EVERY as TELLS_ENDINGS_EVERY
from shared.use_cases.rollout.watch_sources import EVERY as TELLS_SILENCE_EVERY
from shared.use_cases.try_alarm import EVERY as TESTS_EVERY
from tests.support.infra.compiler import INFRA
from tests.support.infra.monitoring import (
    METRIC_ALERTS,
    NESTED,
    PANELS,
    QUERIES,
    RULES,
    WORKBOOK,
    condition,
    rules,
)
from tests.support.infra.snapshots import SNAPSHOTS
from tests.support.repository import ROOT

BY_EVENT: dict[str, type[Signal]] = {signal.event: signal for signal in SIGNALS}
MINUTES = {"PT5M": 5, "PT15M": 15, "PT30M": 30, "PT1H": 60, "PT2H": 120, "PT3H": 180}
MINUTES |= {"PT6H": 360, "P1D": 24 * 60}
ASKED_FOR = {
    "rollout-paused",
    "writing-stopped",
    "drift-held",
    "drift-found",
    "dead-letter-found",
    "delta-sync-problem",
    "command-unanswered",
    "person-flagged",
    "gate-failed",
    "condition-failed",
    "writeback-failures",
    "worker-silent",
    "app-silent",
    "timer-overdue",
    "app-misconfigured",
    "work-postponed",
    "messages-refused",
    "sender-refused",
    "events-held",
    "source-silent",
    "plan-unsafe",
    "scope-changed",
    "sspr-scope-wrong",
    "resets-lost",
    "function-failures",
    "ending-soon",
    "ending-urgent",
    "alarm-test",
    "logs-capped",
}
NOT_OF_THE_APP = {"function-failures", "logs-capped"}
"""They look at what Azure tells, and not at the app's own signals."""


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


@pytest.mark.parametrize("name", sorted(QUERIES.keys() - NOT_OF_THE_APP))
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
    (insights,) = NESTED.made("Microsoft.Insights/components")
    for name, rule in RULES.items():
        query = QUERIES[name].replace("__applicationInsightsId__", insights["id"])
        assert condition(rule)["query"] == query


@pytest.mark.parametrize("name", sorted(QUERIES.keys() - {"logs-capped"}))
def test_a_rule_looks_at_this_app_alone(name: str) -> None:
    assert "| where _ResourceId =~ '__applicationInsightsId__'" in QUERIES[name]


@pytest.mark.parametrize("name", sorted(RULES))
def test_a_rule_overlooks_nothing_and_tells_what_has_happened_once(name: str) -> None:
    rule = RULES[name]
    window, frequency = MINUTES[rule["windowSize"]], MINUTES[rule["evaluationFrequency"]]
    assert window >= frequency
    assert rule["autoMitigate"] or window == frequency
    assert 0 <= rule["severity"] <= 3
    assert rule["description"]


def test_nobody_can_ring_an_alarm_all_day_by_knocking() -> None:
    """A refusal counts where something was proved; and that mails once a day for each source."""
    quiet = {name: rule.get("muteActionsDuration") for name, rule in RULES.items()}
    assert {name for name, pause in quiet.items() if pause} == {"sender-refused"}
    assert quiet["sender-refused"] == "P1D"
    assert RULES["sender-refused"]["autoMitigate"] is False
    wanted = "isnotempty(tostring(signal.source)) and tobool(signal.proved)"
    assert wanted in QUERIES["sender-refused"]


def test_every_alarm_says_what_happened_what_to_do_first_and_where_more_is() -> None:
    """With the defaults the entry is a path in the repository, else an address of one's own."""
    everything = rules(SNAPSHOTS["everything"])
    for name, alert in {**RULES, **METRIC_ALERTS}.items():
        text = alert["description"]
        assert re.fullmatch(rf".+\. First: .+\. See docs/operations\.md#{name}", text), text
        assert len(text) <= 400
    for name, alert in everything.items():
        link = f"See https://wiki.contoso.com/sspr/operations#{name}"
        assert alert["description"].endswith(link)


def test_the_command_line_lists_the_alarms_that_are_deployed_in_the_same_words() -> None:
    deployed = {
        name: (alert["severity"], alert["description"])
        for name, alert in {**RULES, **METRIC_ALERTS}.items()
    }
    assert {
        one.name: (one.severity, f"{one.means} First: {one.first}. See {one.entry}")
        for one in ALARMS
    } == deployed
    assert [one.severity for one in ALARMS] == sorted(one.severity for one in ALARMS)


def test_a_test_is_found_by_its_own_rule_alone() -> None:
    """So that it raises, ends and hides no other, and says in its first words that it is a test."""
    found = {name for name in QUERIES if "'alarm-test'" in QUERIES[name]}
    assert found == {"alarm-test"}
    rule = RULES["alarm-test"]
    assert rule["description"].startswith("This is a test")
    assert (rule["autoMitigate"], rule["enabled"]) == (False, True)
    assert timedelta(minutes=MINUTES[rule["windowSize"]]) < TESTS_EVERY


def test_the_commands_that_an_alarm_names_are_there() -> None:
    documented = (ROOT / "docs/commands.md").read_text().splitlines()
    named = [
        command
        for alert in {**RULES, **METRIC_ALERTS}.values()
        for command in re.findall(
            r"sspr (?:dead-letters list|held list|[a-z-]+)", alert["description"]
        )
    ]
    assert len(named) > 10
    assert {f"### {command}" for command in named} <= set(documented)


def test_alarms_are_posted_to_every_webhook_that_is_given() -> None:
    """In the schema that all kinds of alarms have in common.

    The addresses are secrets, and so a snapshot has the expression and not what it comes to.
    """
    receivers = NESTED.only("Microsoft.Insights/actionGroups")["webhookReceivers"]
    assert receivers.startswith("[map(filter(split(replace(parameters(")
    assert "'serviceUri', lambdaVariables('address'), 'useCommonAlertSchema', true()" in receivers


def test_how_many_messages_wait_is_told_of_every_queue() -> None:
    (criterion,) = METRIC_ALERTS["queue-deep"]["criteria"]["allOf"]
    assert (criterion["metricName"], criterion["timeAggregation"]) == ("ActiveMessages", "Average")
    assert criterion["threshold"] == 10_000
    assert [one["name"] for one in criterion["dimensions"]] == ["EntityName"]


def test_a_rule_can_be_made_before_there_is_anything_to_query() -> None:
    """In a workspace that is as new as the rule the tables are not known yet."""
    assert all(rule["skipQueryValidation"] is True for rule in RULES.values())


def test_silence_is_a_count_that_is_there_when_nothing_is() -> None:
    rule, query = RULES["app-silent"], QUERIES["app-silent"]
    assert query.rstrip().endswith("| summarize ended = count()")
    looked_for = condition(rule)
    assert (looked_for["operator"], looked_for["threshold"]) == ("LessThan", 1)
    assert looked_for["metricMeasureColumn"] == "ended"


@pytest.mark.parametrize("name", ["app-silent", "worker-silent"])
def test_silence_is_told_after_a_time_in_which_lines_that_are_late_have_come(name: str) -> None:
    assert (RULES[name]["windowSize"], RULES[name]["enabled"]) == ("PT30M", True)


def test_what_is_watched_in_every_phase_is_told_by_one_alarm_alone() -> None:
    """Else a gate that fails while a rollout is active rings twice."""
    watched = {name for name, kind in GATES.items() if kind.watch}
    (left_out,) = re.findall(r"where gate !in \(([^)]*)\)", QUERIES["gate-failed"])
    assert set(re.findall(r"'([^']+)'", left_out)) == watched
    assert "where gate != 'writebackFailures'" in QUERIES["condition-failed"]
    assert "where gate == 'writebackFailures'" in QUERIES["writeback-failures"]


def test_an_alarm_on_a_condition_lasts_from_one_look_to_the_next() -> None:
    for name in ("condition-failed", "writeback-failures"):
        assert timedelta(minutes=MINUTES[RULES[name]["windowSize"]]) >= 3 * EVERY


@pytest.mark.parametrize("name", ["ending-soon", "ending-urgent"])
def test_an_alarm_on_an_ending_lasts_from_one_telling_to_the_next(name: str) -> None:
    assert timedelta(minutes=MINUTES[RULES[name]["windowSize"]]) >= 3 * TELLS_ENDINGS_EVERY


def test_an_alarm_on_silence_lasts_from_one_telling_to_the_next() -> None:
    window = timedelta(minutes=MINUTES[RULES["source-silent"]["windowSize"]])
    assert window >= 3 * TELLS_SILENCE_EVERY


def test_every_timer_is_allowed_more_than_one_of_its_turns() -> None:
    """And less than the rule looks back."""
    query = QUERIES["timer-overdue"]
    allowed = {name: int(minutes) for name, minutes in re.findall(r"'(\w+_timer)', (\d+)", query)}
    assert allowed.keys() == set(Timer)
    schedules = NESTED.only("Microsoft.Web/sites/config", "/appsettings")
    turns = {
        Timer.CLOCK: ("SSPR_CLOCK_SCHEDULE", "0 * * * * *", 1),
        Timer.REGISTRATION: ("SSPR_REGISTRATION_SCHEDULE", "0 */15 * * * *", 15),
        Timer.RECONCILE: ("SSPR_RECONCILE_SCHEDULE", "0 */30 * * * *", 30),
    }
    for timer, (setting, schedule, minutes) in turns.items():
        assert schedules[setting] == schedule
        assert 4 * minutes <= allowed[timer] < MINUTES[RULES["timer-overdue"]["windowSize"]]


def test_a_worker_is_missed_only_once_there_is_one_to_be_heard_of(
    template: dict[str, Any],
) -> None:
    """Else the first thing that a deployment does is to raise an alarm."""
    assert rules(SNAPSHOTS["cloud"])["worker-silent"]["enabled"] is False
    given = template["resources"]["alerts"]["properties"]["parameters"]["expectsWorker"]["value"]
    assert given == (
        "[and(not(equals(parameters('topology'), 'cloud')),"
        " not(empty(parameters('workerPrincipalId'))))]"
    )


def test_whoever_is_refused_at_the_door_makes_no_function_fail() -> None:
    """Anybody on the internet can be answered with 401 or 404, as often as they like."""
    assert "Success == false and ResultCode !startswith '4'" in QUERIES["function-failures"]


def test_every_rule_reaches_whoever_is_to_be_told() -> None:
    (group,) = NESTED.made("Microsoft.Insights/actionGroups")
    (mail,) = group["properties"]["emailReceivers"]
    assert mail["emailAddress"] == "identity-team@contoso.com"
    for rule in RULES.values():
        assert rule["actions"]["actionGroups"] == [group["id"]]
    for alert in METRIC_ALERTS.values():
        assert alert["actions"] == [{"actionGroupId": group["id"]}]


@pytest.mark.parametrize(
    ("name", "metric", "aggregation"),
    [
        ("dead-letters", "DeadletteredMessages", "Maximum"),
        ("queue-stalled", "ActiveMessages", "Minimum"),
    ],
)
def test_what_lies_in_a_queue_is_looked_for_in_every_queue_of_its_own(
    name: str, metric: str, aggregation: str
) -> None:
    properties = METRIC_ALERTS[name]
    (criterion,) = properties["criteria"]["allOf"]
    assert (criterion["metricName"], criterion["timeAggregation"]) == (metric, aggregation)
    assert (criterion["operator"], criterion["threshold"]) == ("GreaterThan", 0)
    assert criterion["dimensions"] == [
        {"name": "EntityName", "operator": "Include", "values": ["*"]}
    ]
    assert properties["autoMitigate"] is True
    assert MINUTES[properties["windowSize"]] >= MINUTES[properties["evaluationFrequency"]]
    assert properties["scopes"] == [NESTED.made("Microsoft.ServiceBus/namespaces")[0]["id"]]


def test_a_queue_is_stalled_only_once_nobody_who_drains_it_is_at_work_any_more() -> None:
    """A batch ends within its lock, and the worker lets a command go when it is answered."""
    window = 60 * MINUTES[METRIC_ALERTS["queue-stalled"]["windowSize"]]
    queues = json.loads((INFRA / "queues.json").read_text()).values()
    longest = max(one["lockDurationSeconds"] for one in queues)
    assert window >= 2 * longest


def test_the_action_groups_short_name_is_not_too_long() -> None:
    short = NESTED.only("Microsoft.Insights/actionGroups")["groupShortName"]
    assert 0 < len(short) <= 12


def test_the_workbook_looks_at_what_is_deployed() -> None:
    deployed = NESTED.only("Microsoft.Insights/workbooks")["serializedData"]
    assert not re.search(r"__\w+__", deployed)
    for kind in ("OperationalInsights/workspaces", "ServiceBus/namespaces"):
        assert NESTED.made(f"Microsoft.{kind}")[0]["id"] in deployed


def test_the_workbooks_parts_have_names_of_their_own_and_share_one_time() -> None:
    names = [item["name"] for item in WORKBOOK["items"]]
    assert len(names) == len(set(names))
    (parameters,) = [item["content"] for item in WORKBOOK["items"] if item["type"] == 9]
    assert [one["name"] for one in parameters["parameters"]] == ["TimeRange"]
    for item in WORKBOOK["items"]:
        if item["type"] in {3, 10}:
            assert item["content"]["timeContextFromParameter"] == "TimeRange"
            assert item["content"]["title"]


def test_an_empty_panel_speaks_of_its_own_subject() -> None:
    """One that speaks of another's reassures whoever should look further."""
    words = [one["content"].get("noDataMessage") for one in WORKBOOK["items"] if one["type"] == 3]
    said = [one for one in words if one]
    assert len(said) > 10
    assert sorted(said) == sorted(set(said))


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
