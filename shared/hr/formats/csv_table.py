"""CSV as a list of objects, by the sender's own headings.

A line that has more or fewer values than there are headings (a line of totals, a stray separator)
is one record that cannot be read, and costs the others nothing.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import Any

from shared.domain.errors import InvalidMessage
from shared.hr.formats.unreadable import Unreadable

_MOST_COLUMNS = 500
_SEPARATOR = "sep="
_AS_TEXT = re.compile(r'="(.*)"')
"""As Excel keeps the zeros of a number: ="000123"."""


def table_of(text: str, delimiter: str) -> list[Any]:
    """Returns the lines by the headings, without empty ones.

    Args:
        text: the whole.
        delimiter: what stands between values, unless a first line `sep=;` says it.

    Raises:
        InvalidMessage: there is no line of headings, or two of them are called the same.
    """
    first, _, rest = text.partition("\n")
    if first.strip().lower().startswith(_SEPARATOR):
        said = first.strip()[len(_SEPARATOR) :] or "\t"
        text, delimiter = rest, said[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        headings = _headings(next(reader, []))
        return list(_records(reader, headings))
    except csv.Error as error:
        raise InvalidMessage("(body)", f"not CSV: {error} in line {reader.line_num}") from None


def _headings(line: Sequence[str]) -> Sequence[str]:
    headings = [one.strip() for one in line]
    while headings and not headings[-1]:
        headings.pop()
    if not headings or len(headings) > _MOST_COLUMNS:
        raise InvalidMessage("(body)", "the first line has to be the headings")
    if len(set(headings)) < len(headings):
        raise InvalidMessage("(body)", "two headings are called the same")
    return headings


def _plain(value: str) -> str:
    text = value.strip()
    found = _AS_TEXT.fullmatch(text)
    return found[1] if found else text


def _records(lines: Iterator[list[str]], headings: Sequence[str]) -> Iterator[Any]:
    for line in lines:
        values = [_plain(one) for one in line]
        if not any(values):
            continue
        if len(values) < len(headings) or any(values[len(headings) :]):
            reason = f"has {len(values)} values for {len(headings)} headings"
            yield Unreadable(";".join(line), reason)
        else:
            yield dict(zip(headings, values, strict=False))
