"""A workspace of lines as Application Insights has them, and what the rules make of them."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from structlog.testing import capture_logs

from tests.support.infra.monitoring import QUERIES, RULES, condition
from tests.support.kusto import Answer, Row, run

APP = "/subscriptions/1/resourceGroups/rg/providers/microsoft.insights/components/appi"
SPANS = {
    "PT5M": timedelta(minutes=5),
    "PT15M": timedelta(minutes=15),
    "PT30M": timedelta(minutes=30),
    "PT1H": timedelta(hours=1),
    "PT2H": timedelta(hours=2),
    "PT3H": timedelta(hours=3),
    "PT6H": timedelta(hours=6),
    "P1D": timedelta(days=1),
}
_TABLES: Mapping[str, tuple[str, ...]] = {
    "AppTraces": ("TimeGenerated", "Message", "_ResourceId"),
    "AppRequests": ("TimeGenerated", "Name", "Success", "ResultCode", "_ResourceId"),
    "_LogOperation": ("TimeGenerated", "Category", "Operation", "Detail"),
}


class Workspace:
    """The lines that the app has written, each at its time; another app's are among them."""

    def __init__(self) -> None:
        self._rows: dict[str, list[Row]] = defaultdict(list)

    @contextmanager
    def at(self, now: datetime) -> Iterator[None]:
        """Takes in what is signalled meanwhile, as of that time."""
        with capture_logs() as lines:
            try:
                yield
            finally:
                for line in lines:
                    text = json.dumps(line, default=str)
                    self.put("AppTraces", now, Message=text)

    def put(self, table: str, now: datetime, **columns: Any) -> None:
        """Takes in one row."""
        row = {"TimeGenerated": now, "_ResourceId": APP.upper(), **columns}
        self._rows[table].append(row)

    def answer(self, name: str, now: datetime) -> Answer:
        """What the rule's query finds in the window that the rule looks at."""
        since = now - SPANS[RULES[name]["windowSize"]]
        tables = {
            table: Answer(
                columns, [one for one in self._rows[table] if since < one["TimeGenerated"] <= now]
            )
            for table, columns in _TABLES.items()
        }
        return run(QUERIES[name].replace("__applicationInsightsId__", APP), tables, now)

    def alarms(self, name: str, now: datetime) -> list[Row]:
        """The alarms that the rule has at that time: a row of its dimensions for each."""
        looked_for = condition(RULES[name])
        measure = looked_for.get("metricMeasureColumn")
        dimensions = [one["name"] for one in looked_for["dimensions"]]
        counted: dict[tuple[Any, ...], int] = {} if dimensions else {(): 0}
        for row in self.answer(name, now).rows:
            key = tuple(row[one] for one in dimensions)
            counted[key] = counted.get(key, 0) + (row[measure] if measure else 1)
        is_less = looked_for["operator"] == "LessThan"
        threshold = looked_for["threshold"]
        return [
            dict(zip(dimensions, key, strict=True))
            for key, value in counted.items()
            if (value < threshold if is_less else value > threshold)
        ]
