"""The rows of a CSV file under their headings, each with its line."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shared.domain.errors import InvalidMessage

_SEPARATORS = ",;\t|"
_SEP_LINE = re.compile(r'"?sep=(.)"?', re.IGNORECASE)
_VALUE = re.compile(r"[\d./:-]+|\S+@\S+\.\S+")
_TOTALS = re.compile(
    r"(?:(?:grand |sub[- ]?)?totals?|sum|count|rows?|records?|summe|gesamt|anzahl|somme|suma)\b"
    r"[\s:=#]*[\d.,' ]*(?:rows?|records?|employees?|people)?",
    re.IGNORECASE,
)
_FORMULA = re.compile(r'="(?P<text>[^"]*)"')
"""How text is written so that Excel leaves its leading zeros."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row's cells by their headings, and the line that it ends on."""

    line: int
    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a file holds: headings, rows, and the lines that say nothing of anybody."""

    headings: Sequence[str]
    rows: Sequence[Row]
    totals: Sequence[int]
    """Lines of totals."""
    broken: tuple[int, str] | None = None
    """The line from which on it is no CSV, and why."""

    def column(self, heading: str) -> Iterator[str]:
        """Yields what stands under a heading."""
        place = self.headings.index(heading)
        for row in self.rows:
            if place < len(row.cells):
                yield row.cells[place]


def read_sheet(text: str) -> Sheet:
    """Reads a CSV file, whatever separates its cells; empty lines are nothing.

    Raises:
        InvalidMessage: there are no headings.
    """
    separator, body, offset = _separated(text)
    rows, broken = _rows(body, separator, offset)
    if not rows:
        if broken:
            raise InvalidMessage("(row)", f"line {broken[0]}: not CSV: {broken[1]}")
        raise InvalidMessage("(file)", "no event in it")
    headings = [name.strip().lstrip("\ufeff") for name in rows[0].cells]
    _check(headings)
    lines = rows[1:]
    totals = [one.line for one in lines if _is_totals(one)]
    return Sheet(headings, [one for one in lines if one.line not in totals], totals, broken)


def _separated(text: str) -> tuple[str, str, int]:
    """Returns what separates cells, the text without a line that says so, and its lines."""
    first = re.split(r"\r\n|\r|\n", text.lstrip(), maxsplit=1)
    if match := _SEP_LINE.fullmatch(first[0].strip()):
        return match[1], first[1] if len(first) > 1 else "", 1
    header = re.sub(r'"[^"]*"', "", first[0])
    # Excel separates by what the country's decimal comma leaves free.
    return max(_SEPARATORS, key=header.count), text, 0


def _rows(text: str, separator: str, offset: int) -> tuple[list[Row], tuple[int, str] | None]:
    rows: list[Row] = []
    # The universal newlines of a file: a lone carriage return is what an old Mac writes.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for cells in reader:
            plain = [_plain(cell) for cell in cells]
            if any(plain):
                rows.append(Row(reader.line_num + offset, plain))
    except csv.Error as error:
        return rows, (reader.line_num + offset, str(error))
    return rows, None


def _plain(cell: str) -> str:
    text = cell.strip()
    match = _FORMULA.fullmatch(text)
    return match["text"] if match else text


def _check(headings: Sequence[str]) -> None:
    named = [name for name in headings if name]
    if any(_VALUE.fullmatch(name) for name in named):
        raise InvalidMessage(
            "(row)", "line 1: values, and no headings; put a line of headings first"
        )
    twice = {name for name in named if named.count(name) > 1}
    if twice:
        raise InvalidMessage(min(twice), "line 1: there are two columns of that name")


def _is_totals(row: Row) -> bool:
    """Tells whether a row counts the others: its first text says so, and the rest are numbers."""
    first, *others = [cell for cell in row.cells if cell]
    counted = all(re.fullmatch(r"[\d.,' ]+", cell) for cell in others)
    return counted and _TOTALS.fullmatch(first) is not None
