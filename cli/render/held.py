"""Held events, for people."""

from collections import Counter

from rich.console import Group, RenderableType

from cli.held import HeldDecided, HeldFound
from cli.plain import count, moment
from cli.render.layout import heading, section, table

_COLUMNS = ("source", "direction", "person", "happened (UTC)", "held (UTC)", "key")
_LEFT = "not held any more; sspr event KEY says what became of it"
_PAST = {
    "let-through": "let through",
    "drop": "dropped, and kept in sspr refused --bodies",
}


def held_view(found: HeldFound) -> Group:
    """Renders how many are held of whom, and each of them."""
    if not found.events:
        return Group(heading("no held events"))
    totals = Counter((one.source, one.direction) for one in found.events)
    rows = [
        (
            one.source,
            one.direction,
            one.person_key,
            moment(one.occurred_at),
            moment(one.held_at),
            f"{one.key} (let through)" if one.let_through else one.key,
        )
        for one in found.events
    ]
    told = [(*whose, f"{number:,}") for whose, number in sorted(totals.items())]
    parts: list[RenderableType] = [table(("source", "direction", "people"), told)]
    parts += section("Each", _COLUMNS, rows)
    return Group(*parts)


def decided_view(done: HeldDecided) -> Group:
    """Renders how many were decided about, and the keys of those left."""
    parts: list[RenderableType] = [
        heading(f"{count(len(done.done), 'held event')} {_PAST[done.verb]}")
    ]
    parts += section("Left", ("key", "why"), [(key, _LEFT) for key in done.left])
    return Group(*parts)
