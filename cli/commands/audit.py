"""The audit: take it out, and see that nobody has changed it."""

from collections.abc import Iterator
from enum import StrEnum
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from cli.csv_rows import write_rows
from cli.exits import EPILOG, Failure, Status
from cli.options import Out, Output, app_of
from cli.plain import count
from cli.tables import verdicts_table
from cli.terminal import Form, printing_to, progress, show, tell, written

if TYPE_CHECKING:
    from cli.audit_check import Verdict
    from cli.client import OperatorApi
    from shared.contracts.api.audit_views import AuditEndView, AuditRecordView


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
            "--format", help="Write records as they are chained, or a row for each change."
        ),
    ] = AuditForm.JSONL,
    out: Out = "-",
) -> None:
    """Export every record, partition by partition, oldest first."""
    from cli.audit_file import COLUMNS, rows_of, write_lines

    with app_of(ctx) as api, written(out) as stream:
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
            help="Verify this export in JSON lines, without the app. Compare the ends printed here "
            "with those of the app: an export that was cut off is unbroken too.",
        ),
    ] = None,
    out: Out = "-",
    output: Output = Form.TABLE,
) -> None:
    """Verify every record's digest and place; exits with 1 if one was changed or is missing."""
    from cli.audit_check import Verdicts

    if file is not None:
        checked = Verdicts(partitions=tuple(_checked_export(file)))
    else:
        with app_of(ctx) as api:
            checked = Verdicts(partitions=tuple(_checked(api)))
    problems = checked.problems
    records = sum(one.number for one in checked.partitions)
    verdict = (
        f"{count(len(problems), 'broken chain')} of {len(checked.partitions)}, "
        f"{count(records, 'record')}"
    )
    with printing_to(out):
        show(checked, verdicts_table, output)
    tell(verdict)
    if problems:
        raise Failure(Status.NOT_FOUND, "\n".join(problems))


def _told(api: "OperatorApi") -> "Iterator[tuple[AuditEndView, Iterator[AuditRecordView]]]":
    """Where each chain ends, with its records, and the progress on stderr."""
    ends = [end for end in api.audit_ends() if end.number]
    with progress("reading the audit …") as update:
        for number, end in enumerate(ends, start=1):
            update(f"reading the audit: partition {number} of {len(ends)}")
            yield end, api.audit_records(end.partition, end.number)


def _checked(api: "OperatorApi") -> "Iterator[Verdict]":
    from cli.audit_check import verdict

    for end, records in _told(api):
        yield verdict(end, records)


def _checked_export(file: Path) -> "Iterator[Verdict]":
    """Read twice, so that no chain has to be held: where the chains end, then what they hold."""
    from cli.audit_check import verdict
    from cli.audit_file import ends_of, read_export

    with _lines(file) as lines:
        ends = ends_of(read_export(lines, str(file)))
    with _lines(file) as lines:
        chains = groupby(read_export(lines, str(file)), key=attrgetter("partition"))
        for partition, records in chains:
            yield verdict(ends[partition], records)


def _lines(file: Path) -> TextIO:
    try:
        return file.open(encoding="utf-8")
    except OSError as problem:
        raise Failure(Status.USAGE, f"{file} cannot be read: {problem.strerror}") from None
