"""HR sources that are expected to send."""

from collections.abc import Sequence

from rich.console import RenderableType

from cli.plain import moment
from cli.render.layout import plain, section
from shared.contracts.api.source_views import SourceView

_COLUMNS = ("source", "last message (UTC)", "may be silent", "")


def sources_section(sources: Sequence[SourceView]) -> list[RenderableType]:
    """Renders when each has sent last; nothing where none is expected to send."""
    return section("HR sources", _COLUMNS, [_row(one) for one in sources])


def _row(one: SourceView) -> tuple[object, ...]:
    sent = moment(one.heard_at) if one.heard_at else "none yet"
    return (one.source, sent, one.silent_after, plain("silent", "bold red") if one.silent else "")
