"""What an HR system's message comes to, for people."""

from typing import Any

from rich.console import Group, RenderableType

from cli.render.layout import heading, section, table

_COLUMNS = ("event", "person", "on", "happened", "id")
_NAMES = ("objectId", "userPrincipalName", "employeeId")


def translation_view(shown: dict[str, Any]) -> Group:
    """The events, and what would be left alone."""
    events = [_row(one) for one in shown["events"]]
    parts: list[RenderableType] = [
        table(_COLUMNS, events) if events else heading("no events"),
        *section(
            "Left alone",
            ("field", "reason"),
            [(one["field"], one["reason"]) for one in shown["leftAlone"]],
        ),
    ]
    return Group(*parts)


def _row(event: dict[str, Any]) -> tuple[object, ...]:
    data = event["data"]
    person = next((data[name] for name in _NAMES if name in data), None)
    kind = event["type"].split(".")[-2]
    return (kind, person, data.get("effectiveDate"), event.get("time"), event["id"])
