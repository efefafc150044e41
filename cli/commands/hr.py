"""HR sources: check their file, and try what a message would come to, without sending it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from cli.exits import EPILOG, Failure, Status
from cli.findings import line_of, show_findings, text_of, views_of
from cli.options import Output
from cli.tables import trial_table
from cli.terminal import Form, contents, show

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
        str,
        typer.Option(
            metavar="<file>",
            help="Read the message, as JSON, from this file; - for stdin.",
            show_default=False,
        ),
    ],
    output: Output = Form.TABLE,
) -> None:
    """Translate a message into events and show them; sends nothing and checks no signature."""
    from cli.hr_trial import Trial
    from shared.contracts.api.hr_answers import LeftAloneView
    from shared.contracts.messages.onboarding_event import decode
    from shared.domain.errors import InvalidMessage
    from shared.hr.adapters import translate

    chosen = _chosen(file, source)
    try:
        found = translate(chosen, decode(contents(body)), datetime.now(UTC))
    except InvalidMessage as error:
        raise Failure(Status.NOT_FOUND, f"{body}: {error.field}: {error.reason}") from None
    left_alone = [LeftAloneView.model_validate(one) for one in found.left_alone]
    show(Trial(found.events, left_alone), trial_table, output)


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
