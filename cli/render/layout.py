"""What all views are made of: plain text, tables, facts, moments and shares."""

from collections.abc import Sequence
from datetime import timedelta

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from cli.plain import escaped
from cli.render.rows import Rows


def plain(text: object, style: str = "") -> Text:
    """Makes text to be shown as it is: what looks like markup is text."""
    return Text(escaped(text), style, overflow="fold")


def heading(text: object) -> Text:
    """Makes the line above a part of a view."""
    return plain(text, "bold")


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Rows:
    """Puts rows under a dim header; on a narrow terminal the last column goes below each row."""
    return Rows([plain(one) for one in columns], [[cell(one) for one in row] for row in rows])


def section(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]
) -> list[RenderableType]:
    """Makes a heading and a table; nothing at all where there are no rows."""
    return [Text(), heading(title), table(columns, rows)] if rows else []


def facts(*named: tuple[str, object]) -> Table:
    """Lays out names and values; what has no value is left out."""
    grid = Table.grid(padding=(0, 2))
    for name, value in named:
        if value:
            grid.add_row(Text(name, "dim"), cell(value))
    return grid


def cell(value: object) -> Text:
    """Makes a cell's text of a value; what is styled already stays so."""
    if isinstance(value, Text):
        return value
    return plain("" if value is None else value)


def percent(part: int, whole: int) -> str:
    """Writes a share in percent, which says 0 or 100 only where it is none or all."""
    if 0 < part < whole:
        rounded = round(100 * part / whole)
        return {0: "<1 %", 100: ">99 %"}.get(rounded, f"{rounded} %")
    return "100 %" if whole and part >= whole else "0 %"


def elapsed(duration: timedelta) -> str:
    """Writes a duration in its two largest units.

    For example `+7.0 s`, `+3 min 04 s`, `+2 h 05 min`, `+9 d 01 h`.
    """
    seconds = duration.total_seconds()
    minutes, whole_seconds = divmod(int(seconds), 60)
    if not minutes:
        return f"+{seconds:.1f} s"
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"+{days} d {hours:02} h"
    if hours:
        return f"+{hours} h {minutes:02} min"
    return f"+{minutes} min {whole_seconds:02} s"
