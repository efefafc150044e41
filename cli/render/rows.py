"""Rows under a header that fit the terminal: what is long goes below its row, not into a gutter."""

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, JustifyMethod, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

_GAP = 2
_INDENT = 4
_READABLE = 32
"""A text of several words reads badly in less than this."""


class Rows:
    """A table whose last column, where the terminal is too narrow for it, goes below each row."""

    def __init__(self, columns: Sequence[Text], rows: Sequence[Sequence[Text]]) -> None:
        self._columns = columns
        self._rows = rows

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if self._fits_beside(options.max_width):
            yield self._table(len(self._columns))
        else:
            yield from self._below()

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement.get(console, options, self._table(len(self._columns)))

    def _fits_beside(self, width: int) -> bool:
        last = len(self._columns) - 1
        if last == 0 or not self._rows:
            return True
        room = width - sum(self._width(place) + _GAP for place in range(last))
        words = (word for row in self._rows for word in row[last].plain.split())
        longest = max((cell_len(word) for word in words), default=0)
        return room >= min(self._width(last), max(_READABLE, longest))

    def _below(self) -> Iterator[Table | Padding]:
        """Yields every row by itself, as wide as in one table, and its last column under it."""
        last = len(self._columns) - 1
        widths = [self._width(place) for place in range(last)]
        yield self._table(last, rows=[], widths=widths)
        yield Padding(Text(self._columns[last].plain, "dim"), (0, 0, 0, _INDENT))
        for row in self._rows:
            yield self._table(last, rows=[row], widths=widths, header=False)
            if row[last].plain:
                yield Padding(row[last], (0, 0, 0, _INDENT))

    def _table(
        self,
        number: int,
        *,
        rows: Sequence[Sequence[Text]] | None = None,
        widths: Sequence[int] | None = None,
        header: bool = True,
    ) -> Table:
        grid = Table(
            box=None,
            padding=(0, _GAP, 0, 0),
            header_style="dim",
            show_header=header,
            pad_edge=False,
        )
        for place, column in enumerate(self._columns[:number]):
            width = widths[place] if widths else None
            grid.add_column(column, overflow="fold", justify=self._justify(place), min_width=width)
        for row in self._rows if rows is None else rows:
            grid.add_row(*row[:number])
        return grid

    def _width(self, place: int) -> int:
        return max(cell_len(row[place].plain) for row in (self._columns, *self._rows))

    def _justify(self, place: int) -> JustifyMethod:
        numbers = [row[place].plain.replace(",", "").isdecimal() for row in self._rows]
        return "right" if numbers and all(numbers) else "left"
