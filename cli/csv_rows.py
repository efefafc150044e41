"""CSV for people's spreadsheets: harmless to open, whatever somebody once wrote into a field."""

import csv
from collections.abc import Iterable, Sequence
from typing import TextIO

from cli.plain import escaped

# A spreadsheet takes text that begins so for a formula. Source: OWASP, "CSV Injection".
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_rows(stream: TextIO, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Writes a header and the rows as they come; returns how many these were."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    written = 0
    for row in rows:
        writer.writerow([_cell(value) for value in row])
        written += 1
    return written


def _cell(value: object) -> object:
    if not isinstance(value, str):
        return value
    return escaped(f"'{value}" if value.startswith(_FORMULA) else value)
