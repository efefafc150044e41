"""Asks once which column is which field, and keeps the answer for the next export."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from cli.exits import Failure, Status
from cli.hr_export.dates import DateOrder
from cli.hr_export.mapping import FIELDS, ColumnMapping, beside, read_mapping, written
from cli.hr_export.sheet import Sheet
from cli.plain import escaped
from cli.terminal import tell

_LONGEST_SAMPLE = 30


@dataclass(frozen=True, slots=True)
class Said:
    """What was typed about a file's columns."""

    mapping: str | None = None
    """The file that keeps the mapping; None for the one beside the export."""
    columns: Sequence[str] = ()
    """Each a `HEADING=FIELD`."""
    ignored: Sequence[str] = ()
    dates: DateOrder | None = None


def mapping_for(file: str, said: Said) -> Callable[[Sheet], ColumnMapping]:
    """Returns what says of a sheet of that file which column is which field.

    It asks where there is a terminal and something is not known, and keeps what is new.
    """
    place = _place(file, said)

    def decide(sheet: Sheet) -> ColumnMapping:
        kept = _kept(place) if place else ColumnMapping()
        mapping = _with(kept, said)
        if unknown := mapping.unknown(sheet):
            if file == "-" or not sys.stdin.isatty():
                raise Failure(Status.USAGE, _unknown(file, sheet, unknown, place))
            mapping = _asked(mapping, sheet, unknown)
        if problem := mapping.problem(sheet):
            raise Failure(Status.USAGE, f"nothing was sent of {file}: {problem}")
        if place and mapping != kept:
            _keep(place, mapping)
        return mapping

    return decide


def _place(file: str, said: Said) -> Path | None:
    if said.mapping:
        return Path(said.mapping)
    return None if file == "-" else beside(file)


def _kept(place: Path) -> ColumnMapping:
    if not place.exists():
        return ColumnMapping()
    try:
        return read_mapping(place.read_bytes())
    except (OSError, ValueError) as problem:
        raise Failure(Status.USAGE, f"{place}: {problem}") from None


def _with(kept: ColumnMapping, said: Said) -> ColumnMapping:
    columns = dict(kept.columns)
    for one in said.columns:
        heading, equals, field = one.rpartition("=")
        if not equals or field not in FIELDS:
            text = f"--column {one}: write HEADING=FIELD, the field one of {', '.join(FIELDS)}"
            raise Failure(Status.USAGE, text)
        columns[heading] = field
    ignored = [name for name in kept.ignore if name not in columns]
    ignored += [name for name in said.ignored if name not in ignored]
    columns = {name: field for name, field in columns.items() if name not in said.ignored}
    return _checked(columns, ignored, kept, said.dates or kept.dates)


def _checked(
    columns: dict[str, str], ignored: Sequence[str], kept: ColumnMapping, dates: DateOrder | None
) -> ColumnMapping:
    try:
        return ColumnMapping(
            columns=columns, ignore=tuple(ignored), dates=dates, actions=kept.actions
        )
    except ValueError:
        raise Failure(Status.USAGE, "two columns are the same field; ignore one") from None


def _unknown(file: str, sheet: Sheet, unknown: Sequence[str], place: Path | None) -> str:
    lines = [f"nothing was sent of {file}:"]
    lines += [f"line 1, {name}: no such column is known" for name in unknown]
    if not any(ColumnMapping().field_of(name) for name in sheet.headings):
        lines.append("none of its headings is a field's name; is the first line one of headings?")
    kept = f", kept in {place}" if place else ""
    lines.append(
        "say what each is by --column HEADING=FIELD or --ignore HEADING, once"
        f"{kept}; fields are {', '.join(FIELDS)}"
    )
    return "\n".join(lines)


def _asked(mapping: ColumnMapping, sheet: Sheet, unknown: Sequence[str]) -> ColumnMapping:
    columns, ignored = dict(mapping.columns), list(mapping.ignore)
    tell(f"Which field is each column? One of {', '.join(FIELDS)}; nothing leaves it out.")
    for name in unknown:
        field = _answer(name, next((one for one in sheet.column(name) if one), ""))
        if field:
            columns[name] = field
        else:
            ignored.append(name)
    return _checked(columns, ignored, mapping, mapping.dates)


def _answer(name: str, sample: str) -> str:
    such_as = f" (such as {sample[:_LONGEST_SAMPLE]})" if sample else ""
    while True:
        answer: str = typer.prompt(
            escaped(f"{name}{such_as}"), default="", show_default=False, err=True
        )
        if not answer or answer in FIELDS:
            return answer
        tell(f"there is no field {answer}")


def _keep(place: Path, mapping: ColumnMapping) -> None:
    try:
        place.write_text(written(mapping), encoding="utf-8")
    except OSError as problem:
        tell(f"{place} cannot be written, so it has to be said again: {problem.strerror}")
    else:
        tell(f"what the columns are is kept in {place}")
