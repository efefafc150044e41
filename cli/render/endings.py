"""What ends soon: certificates, passwords and accounts."""

from collections.abc import Sequence

from rich.console import RenderableType

from cli.plain import moment
from cli.render.layout import plain, section
from shared.contracts.api.ending_views import EndingView

_COLUMNS = ("what", "of", "of whom", "ends (UTC)", "days")


def endings_section(endings: Sequence[EndingView]) -> list[RenderableType]:
    """Renders what ends soon with the days that are left; nothing where nothing does."""
    return section("Ends soon: renew it before", _COLUMNS, [_row(one) for one in endings])


def _row(one: EndingView) -> tuple[object, ...]:
    days = plain(one.days, "bold red" if one.urgent else "yellow")
    return (one.what, one.of, one.whose, moment(one.ends_at), days)
