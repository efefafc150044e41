"""The page on costs counts the rules that are deployed, and adds up what it counts."""

import re
from collections import Counter

from tests.support.documentation import section
from tests.support.infra.snapshots import SNAPSHOTS
from tests.support.repository import ROOT

PAGE = ROOT / "docs/costs.md"
OFTEN = "PT5M"


def rows() -> dict[str, list[str]]:
    """The rows of the month's table, by what they are of."""
    lines = section(PAGE, "In a month, all in all").splitlines()
    cells = [[one.strip() for one in line.strip("|").split("|")] for line in lines if "|" in line]
    return {first: rest for first, *rest in cells}


def amounts(text: str) -> list[float]:
    return [float(one) for one in re.findall(r"\d+(?:\.\d+)?", text)]


def test_the_rules_of_the_month_are_those_that_are_deployed() -> None:
    rules = SNAPSHOTS["nested"].made("Microsoft.Insights/scheduledQueryRules")
    seen = Counter(one["properties"]["evaluationFrequency"] == OFTEN for one in rules)
    shown = rows()
    often, seldom = (
        amounts(shown[f"log alerts looked at every {name}"][0])
        for name in ("5 minutes", "15 minutes or less often")
    )
    assert [often[0], seldom[0]] == [seen[True], seen[False]]
    metrics = SNAPSHOTS["nested"].made("Microsoft.Insights/metricAlerts")
    queues = SNAPSHOTS["nested"].made("Microsoft.ServiceBus/namespaces/queues")
    counted = amounts(shown["metric alerts"][0])
    assert counted[:3] == [len(metrics), len(queues), len(metrics) * len(queues)]


def test_what_is_counted_adds_up_to_what_is_said() -> None:
    shown = rows()
    for name in ("log alerts looked at every 5 minutes", "metric alerts"):
        *_, count, price = amounts(shown[name][0])
        assert amounts(shown[name][1]) == [round(count * price, 2)]
    least, most = amounts(shown.pop("**together**")[1])
    spans = [(cells[1], amounts(cells[1])) for cells in shown.values() if amounts(cells[1])]
    assert len(spans) > 6
    assert abs(sum(0 if "under" in text else one[0] for text, one in spans) - least) < 5
    assert abs(sum(one[-1] for _, one in spans) - most) < 5
