"""The alarms, their queries and the workbook's panels, as they are deployed."""

import json
from typing import Any

from tests.support.infra.compiler import INFRA
from tests.support.infra.snapshots import SNAPSHOTS, Snapshot

MONITORING = INFRA / "monitoring"
NESTED = SNAPSHOTS["nested"]
ALERT = "Microsoft.Insights/scheduledQueryRules"


def rules(one: Snapshot) -> dict[str, dict[str, Any]]:
    """The alarms over logs, by name."""
    return {
        rule["name"].removeprefix("sspr-contoso-"): rule["properties"] for rule in one.made(ALERT)
    }


def condition(rule: dict[str, Any]) -> dict[str, Any]:
    """The one thing that a rule looks for."""
    (found,) = rule["criteria"]["allOf"]
    return dict(found)


def columns(rule: dict[str, Any]) -> set[str]:
    """Those of the query's answer that the rule splits and measures by."""
    looked_for = condition(rule)
    measured = looked_for.get("metricMeasureColumn")
    return {one["name"] for one in looked_for["dimensions"]} | ({measured} if measured else set())


RULES = rules(NESTED)
METRIC_ALERTS: dict[str, dict[str, Any]] = {
    one["name"].removeprefix("sspr-contoso-"): one["properties"]
    for one in NESTED.made("Microsoft.Insights/metricAlerts")
}
QUERIES = {file.stem: file.read_text() for file in MONITORING.glob("*.kql")}
WORKBOOK = json.loads((MONITORING / "rollout.workbook.json").read_text())
PANELS: dict[str, str] = {
    item["name"]: item["content"]["query"] for item in WORKBOOK["items"] if item["type"] == 3
}
