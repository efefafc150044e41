"""The audit: take it out, and see that nobody has changed it."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from cli.audit_file import COLUMNS, ends_of, read_export, record_of, rows_of, write_lines
from cli.client import OperatorApi
from cli.csv_rows import write_rows
from cli.exits import EPILOG, Failure, Status
from cli.options import Output
from cli.render.layout import count, table
from cli.terminal import Form, console, show, tell, written
from shared.domain.audit import AuditEnd, AuditRecord, broken_at


class AuditForm(StrEnum):
    """What an export is written as."""

    JSONL = "jsonl"
    CSV = "csv"


app = typer.Typer(
    help="Export the audit, or verify that nobody has changed it.", no_args_is_help=True
)


@app.command(epilog=EPILOG)
def export(
    ctx: typer.Context,
    form: Annotated[
        AuditForm,
        typer.Option(
            "--format", help="Records as they are chained, or a row for each change to read."
        ),
    ] = AuditForm.JSONL,
    out: Annotated[str, typer.Option(metavar="<file>", help="Where to; - for stdout.")] = "-",
) -> None:
    """Write out every record, partition by partition, oldest first."""
    with ctx.obj() as api, written(out) as stream:
        records = (record for _, chain in _told(api) for record in chain)
        if form is AuditForm.CSV:
            number = write_rows(stream, COLUMNS, (row for one in records for row in rows_of(one)))
        else:
            number = write_lines(stream, records)
        tell(f"{count(number, 'line')} written")


@app.command(epilog=EPILOG)
def verify(
    ctx: typer.Context,
    file: Annotated[
        Path | None,
        typer.Option(
            metavar="<file>",
            help="Verify an export in JSON lines instead, without the app: whether its end was "
            "cut off, only the ends printed here can tell.",
        ),
    ] = None,
    output: Output = Form.TABLE,
) -> None:
    """Check every record's digest and place; exits with 1 where a record was changed or is gone."""
    if file is not None:
        checked = _checked_export(file)
    else:
        with ctx.obj() as api:
            checked = _checked(api)
    problems = [one["problem"] for one in checked if one["problem"]]
    records = sum(one["number"] for one in checked)
    verdict = (
        f"{count(len(problems), 'broken chain')} of {len(checked)}, {count(records, 'record')}"
    )
    columns = ("partition", "records", "verdict", "digest of the last")
    rows = [
        (one["partition"], f"{one['number']:,}", one["problem"] or "unbroken", one["digest"])
        for one in checked
    ]
    show({"partitions": checked}, table(columns, rows), output)
    tell(verdict)
    if problems:
        raise Failure(Status.NOT_FOUND, "\n".join(problems))


def _told(api: OperatorApi) -> Iterator[tuple[dict[str, Any], Iterator[dict[str, Any]]]]:
    """Where each chain ends, with its records, and the progress on stderr."""
    ends = [end for end in api.audit_ends() if end["number"]]
    with console(stderr=True).status("reading the audit …") as progress:
        for number, end in enumerate(ends, start=1):
            progress.update(f"reading the audit: partition {number} of {len(ends)}")
            yield end, api.audit_records(end["partition"], end["number"])


def _checked(api: OperatorApi) -> list[dict[str, Any]]:
    return [
        _verdict(AuditEnd(end["partition"], end["number"], end["digest"]), map(record_of, records))
        for end, records in _told(api)
    ]


def _checked_export(file: Path) -> list[dict[str, Any]]:
    """Read twice, so that no chain has to be held: where the chains end, then what they hold."""
    with _lines(file) as lines:
        ends = ends_of(read_export(lines, str(file)))
    with _lines(file) as lines:
        chains = groupby(read_export(lines, str(file)), key=attrgetter("partition"))
        return [_verdict(ends[partition], records) for partition, records in chains]


def _lines(file: Path) -> TextIO:
    try:
        return file.open(encoding="utf-8")
    except OSError as problem:
        raise Failure(Status.USAGE, f"{file} cannot be read: {problem.strerror}") from None


def _verdict(end: AuditEnd, records: Iterable[AuditRecord]) -> dict[str, Any]:
    return {
        "partition": end.partition,
        "number": end.number,
        "digest": end.digest,
        "problem": broken_at(records, end),
    }
