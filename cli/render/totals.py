"""The totals: how many people are where and why, who needs a look, and what was refused."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cli.plain import count, moment, people
from cli.render.endings import endings_section
from cli.render.layout import heading, plain, section, table
from cli.render.people import name_of
from cli.render.sources import sources_section
from cli.render.states import WIDTH, state_text
from shared.contracts.api.event_views import ReceiptView
from shared.contracts.api.status_views import StatusView, VersionView


def totals_view(status: StatusView) -> RenderableType:
    """Renders the totals as bars, then the tables that have something to show."""
    parts = [heading(f"{people(status.people)} followed"), _bars(status)]
    reasons = [(one.state, one.people, one.text) for one in status.reasons]
    flags = [(one.flag, one.people, one.text) for one in status.flags]
    flagged = [(name_of(one), one.state, one.flag, moment(one.since)) for one in status.flagged]
    parts += section("Why they are there", ("state", "people", "reason"), reasons)
    parts += section("Flags: somebody has to look", ("flag", "people", "meaning"), flags)
    parts += section("Flagged people", ("person", "state", "flag", "since (UTC)"), flagged)
    parts += [Text(), heading(count(status.refused_messages, "refused message"))]
    if status.held_events:
        told = f"{count(status.held_events, 'held event')}: sspr held list"
        parts += [heading(told)]
    parts += endings_section(status.endings)
    parts += sources_section(status.sources)
    if status.refused:
        parts.append(refused_view(status.refused, bodies=False))
    return Group(*parts)


def version_line(app: VersionView | None) -> Sequence[RenderableType]:
    """Renders the app's version; nothing of one that does not say it."""
    if app is None:
        return ()
    since = f" since {moment(app.since)} UTC" if app.since else ""
    return Text(), plain(f"the app is version {app.version}{since}", "dim")


def refused_view(
    refused: Sequence[ReceiptView], *, bodies: bool, keys: bool = False
) -> RenderableType:
    """Renders the refused messages, with what the senders wrote and the keys, or without."""
    more = [name for name, shown in (("key", keys), ("body", bodies)) if shown]
    columns = ("when (UTC)", "queue", "field", "reason", *more)
    rows = [
        (
            moment(one.at),
            one.queue,
            one.field,
            one.detail or one.text,
            *(getattr(one, name) for name in more),
        )
        for one in refused
    ]
    return table(columns, rows)


def _bars(status: StatusView) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    for state, number in status.states.items():
        length = max(1, round(WIDTH * number / status.people))
        shown = state_text(state)
        grid.add_row(shown, Text(f"{number:,}", justify="right"), Text("█" * length, shown.style))
    return grid
