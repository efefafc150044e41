"""HR sources: check their file, and try what a message would come to, without sending it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from cli.exits import EPILOG, Failure, Status
from cli.findings import line_of, show_findings, text_of, views_of
from cli.options import Output
from cli.tables import trial_table
from cli.terminal import Form, show, tell

if TYPE_CHECKING:
    from shared.contracts.documents.hr_sources.vocabulary import Source

app = typer.Typer(
    help="Check a file of HR sources, and try a message on it.",
    no_args_is_help=True,
)
File = Annotated[str, typer.Argument(help="A file of HR sources; - for stdin.", show_default=False)]


@app.command(epilog=EPILOG)
def check(file: File, output: Output = Form.TABLE) -> None:
    """Check a file of HR sources and list what is wrong in it; does not contact the app."""
    from shared.hr.documents import findings

    show_findings(file, views_of(findings(text_of(file))), output)


@app.command(name="try", epilog=EPILOG)
def try_(
    *,
    file: File,
    source: Annotated[str, typer.Option(help="Name the source.", show_default=False)],
    body: Annotated[
        str | None,
        typer.Option(
            metavar="<file>",
            help="Read the message, as it was sent, from this file; - for stdin.",
            show_default=False,
        ),
    ] = None,
    request: Annotated[
        str | None,
        typer.Option(
            metavar="<file>",
            help="Read a recorded request from this file: POST ADDRESS, the headers, an empty "
            "line, the body (or take that from --body). Its proof is checked.",
            show_default=False,
        ),
    ] = None,
    secrets: Annotated[
        str | None,
        typer.Option(
            metavar="<file>",
            help="Read the secrets from this file, NAME=secret a line, to check the proof with.",
            show_default=False,
        ),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="<time>",
            help="When the request came, such as 2026-12-01T08:00:00Z; by default now.",
            show_default=False,
        ),
    ] = None,
    output: Output = Form.TABLE,
) -> None:
    """Translate a message into events and show them; sends nothing.

    The proof is checked of a recorded request alone.
    """
    from cli.hr_trial import recorded, secrets_in, time_of, tried

    chosen, now = _chosen(file, source), time_of(at)
    sent = recorded(request, body)
    known = secrets_in(secrets) if secrets else {}
    trial = tried(chosen, sent, known, now, with_proof=request is not None)
    tell(trial.proof)
    show(trial, trial_table, output)
    if trial.refused:
        raise typer.Exit(Status.NOT_FOUND)


def _chosen(file: str, name: str) -> "Source":
    from shared.contracts.documents.finding import InvalidDocument
    from shared.hr.documents import read

    try:
        sources: Sequence[Source] = read(text_of(file))
    except InvalidDocument as error:
        lines = [line_of(file, one) for one in views_of(error.findings)]
        raise Failure(Status.NOT_FOUND, "\n".join(lines)) from None
    found = next((one for one in sources if one.name == name), None)
    if found is None:
        known = ", ".join(one.name for one in sources) or "none"
        raise Failure(Status.USAGE, f"{file} has no source {name}; there are {known}")
    return found
