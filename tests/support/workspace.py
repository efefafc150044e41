"""A workspace of lines as Application Insights has them, and what the rules make of them."""

import logging
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from shared.logs import PRODUCT, configure_logging
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


_OF_THE_HOST = re.compile(
    rf"(\d{{4}}-\d\d-\d\dT[\d:.]+)Z \w+ +{PRODUCT}[\w.]* \[[^\]]*\] (\{{.*\}})"
)
"""A line of the sandbox's Functions host: when it was, whose it is, and what the app said."""


class Workspace:
    """The lines that the app has written, each at its time; another app's are among them."""

    def __init__(self) -> None:
        self._rows: dict[str, list[Row]] = defaultdict(list)

    @classmethod
    def of_log(cls, text: str) -> "Workspace":
        """Makes one of a log of the sandbox's Functions host, by the times that stand in it."""
        made = cls()
        for at, message in _OF_THE_HOST.findall(text):
            made.put("AppTraces", datetime.fromisoformat(at).replace(tzinfo=UTC), Message=message)
        return made

    @classmethod
    def of_envelopes(cls, envelopes: Iterable[Mapping[str, Any]]) -> "Workspace":
        """Makes one of what the exporter has sent to Application Insights."""
        made = cls()
        for one in envelopes:
            at, data = datetime.fromisoformat(one["time"]), one["data"]
            if data["baseType"] == "MessageData":
                made.put("AppTraces", at, Message=data["baseData"]["message"])
        return made

    @property
    def newest(self) -> datetime:
        """When the app was last heard of."""
        newest: datetime = max(one["TimeGenerated"] for one in self._rows["AppTraces"])
        return newest

    @contextmanager
    def at(self, now: datetime) -> Iterator[None]:
        """Takes in what is signalled meanwhile, as the app's own logging writes it, as of then."""
        with _written() as lines:
            try:
                yield
            finally:
                for line in lines:
                    self.put("AppTraces", now, Message=line)

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

    def rings(self, name: str, *, lacks: AbstractSet[str] = frozenset()) -> bool:
        """Tells whether the rule has an alarm at the newest line, with all columns but these."""
        if not self._rows["AppTraces"]:
            return False
        now = self.newest
        return bool(self.alarms(name, now)) and self.unfilled(name, now) <= lacks

    def unfilled(self, name: str, now: datetime) -> set[str]:
        """The columns of the rule's answer that no row has anything in."""
        answer = self.answer(name, now)
        return {
            column
            for column in answer.columns
            if all(row[column] in {None, ""} for row in answer.rows)
        }

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


@contextmanager
def _written() -> Iterator[list[str]]:
    """Sets logging up as the app does, and gives the texts of the lines that it writes."""
    before, lines = structlog.get_config(), _Lines()
    product = logging.getLogger(PRODUCT)
    configure_logging()
    assert not _disabled(), "an earlier test of this process has disabled loggers: no line comes"
    product.addHandler(lines)
    try:
        yield lines.texts
    finally:
        product.removeHandler(lines)
        structlog.configure(**before)


def _disabled() -> list[str]:
    """Names the product's loggers that write nothing; `logging.config` leaves them so."""
    known = logging.root.manager.loggerDict.items()
    return [
        name
        for name, one in known
        if isinstance(one, logging.Logger) and one.disabled and name.partition(".")[0] == PRODUCT
    ]


class _Lines(logging.Handler):
    """Keeps each line's text, which is what the exporter sends as its message."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps the line."""
        self.texts.append(record.getMessage())
