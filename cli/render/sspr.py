"""Whom SSPR is switched on for, for people."""

from collections.abc import Sequence

from rich.console import RenderableType
from rich.text import Text

from cli.plain import moment
from cli.render.layout import facts, plain
from shared.contracts.api.sspr_views import SsprView


def sspr_banner(sspr: SsprView | None) -> Sequence[RenderableType]:
    """Renders, above everything else, that SSPR is on for others; nothing where it is not."""
    return [*sspr_lines(sspr), Text()] if sspr and sspr.wrong else []


def sspr_footer(sspr: SsprView | None) -> Sequence[RenderableType]:
    """Renders, below everything else, whom SSPR is on for; nothing where that stands above."""
    return [] if sspr is None or sspr.wrong else [Text(), *sspr_lines(sspr)]


def sspr_lines(sspr: SsprView | None) -> Sequence[RenderableType]:
    """Renders whom SSPR is on for, what shows it and what to do; nothing of an app of before."""
    if sspr is None:
        return []
    shown = facts(
        ("SSPR", plain(sspr.text, "bold red" if sspr.wrong else "")),
        ("since", f"{moment(sspr.since)} UTC" if sspr.since else None),
        ("shown by", _source(sspr)),
        ("not read", plain(f"the audit log: {sspr.trouble}", "yellow") if sspr.trouble else None),
    )
    return [shown, *([plain(sspr.advice)] if sspr.advice else [])]


def _source(sspr: SsprView) -> str | None:
    if sspr.source is None or sspr.as_of is None:
        return None
    return f"the {sspr.source.replace('-', ' ')} of {moment(sspr.as_of)} UTC"
