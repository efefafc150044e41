"""The totals: how many people are where and why, who needs a look, and what was refused."""

from collections.abc import Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cli.render.layout import count, heading, moment, people, section, table
from cli.render.people import name_of
from cli.render.states import WIDTH, state_text


def totals_view(status: dict[str, Any]) -> RenderableType:
    """The totals as bars, then the tables that have something to show."""
    parts = [heading(f"{people(status['people'])} followed"), _bars(status)]
    reasons = [(one["state"], one["people"], one["text"]) for one in status["reasons"]]
    flags = [(one["flag"], one["people"], one["text"]) for one in status["flags"]]
    flagged = [
        (name_of(one), one["state"], one["flag"], moment(one["since"])) for one in status["flagged"]
    ]
    parts += section("Why they are there", ("state", "people", "reason"), reasons)
    parts += section("Flags: somebody has to look", ("flag", "people", "meaning"), flags)
    parts += section("Flagged people", ("person", "state", "flag", "since (UTC)"), flagged)
    parts += [Text(), heading(count(status["refusedMessages"], "refused message"))]
    if status["refused"]:
        parts.append(refused_view(status["refused"]))
    return Group(*parts)


def refused_view(refused: Sequence[dict[str, Any]]) -> RenderableType:
    """The refused messages; with their bodies where these are there."""
    bodies = any(one.get("body") for one in refused)
    columns = ("when (UTC)", "queue", "field", "reason", *(["body"] if bodies else []))
    rows = [
        (moment(one["at"]), one["queue"], one["field"], one["detail"] or one["text"])
        + ((one.get("body"),) if bodies else ())
        for one in refused
    ]
    return table(columns, rows)


def _bars(status: dict[str, Any]) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    for state, number in status["states"].items():
        length = max(1, round(WIDTH * number / status["people"]))
        shown = state_text(state)
        grid.add_row(shown, Text(f"{number:,}", justify="right"), Text("█" * length, shown.style))
    return grid
