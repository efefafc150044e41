"""Onboarding events that were taken: forget them, and undo what they did."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from cli.exits import EPILOG, Failure, Status
from cli.findings import names_in
from cli.options import Actor, Apply, Output, Patience, Reason, Yes, app_of, signed
from cli.plain import count, people
from cli.tables import forget_table
from cli.terminal import Form, confirm, draw, show_as_json
from cli.until import read_since

if TYPE_CHECKING:
    from shared.contracts.api.forget_views import ForgetView

app = typer.Typer(help="Forget events, and undo what they did.", no_args_is_help=True)
Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[KEY_OR_PERSON]...",
        help="Keys of events, or people whose events are meant: UPN, employee id or object id.",
        show_default=False,
    ),
]
_KEY = r"[0-9a-f]{32}"
_LATER = "sspr events forget with the same --apply goes on with it"


@app.callback()
def events() -> None:
    """Stay a group of commands, of which there is but one so far."""


@app.command(epilog=EPILOG)
def forget(
    *,
    ctx: typer.Context,
    names: Names = None,
    file: Annotated[
        str | None,
        typer.Option(
            metavar="<file>",
            help="Read more of them from this file, one a line; - for stdin.",
            show_default=False,
        ),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(help="Only events of this HR source, or CloudEvents source."),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="Only events taken since then: a moment, a date, or 90m, 12h, 7d, 2w ago.",
            show_default=False,
        ),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option("--to", help="Only events taken before then.", show_default=False),
    ] = None,
    reason: Reason,
    apply: Apply = None,
    yes: Yes = False,
    actor: Actor = None,
    timeout: Patience = 600,
    output: Output = Form.TABLE,
) -> None:
    """Show what becomes of whom if events are forgotten; with --apply, forget them."""
    from cli.operations import finished

    asked = _asked([*(names or ()), *(names_in(file) if file else ())], source, since, until)
    if not apply:
        doing, otherwise = "finding out what becomes of whom", "nothing was done; try again"
    else:
        confirm("Forget exactly the events that were shown?", yes=yes)
        doing, otherwise = "forgetting events", _LATER
    with app_of(ctx, signed(actor)) as api:
        operation = api.forget(asked | {"reason": reason} | ({"plan": apply} if apply else {}))
        done, shown = finished(api, operation, doing, timeout=timeout, otherwise=otherwise)
    if output is Form.JSON:
        show_as_json(done)
    else:
        draw(forget_table(shown))
    _complain(shown)


def _asked(
    names: Sequence[str], source: str | None, since: str | None, until: str | None
) -> dict[str, object]:
    import re

    now = datetime.now(UTC)
    keys = [one for one in names if re.fullmatch(_KEY, one)]
    told: dict[str, object] = {
        "keys": keys,
        "people": [one for one in names if one not in set(keys)],
        "source": source,
        "since": read_since("--from", since, now) if since else None,
        "until": read_since("--to", until, now) if until else None,
    }
    if not (names or source or since):
        raise typer.BadParameter("name events or people, or give --file, --source or --from")
    return {name: value for name, value in told.items() if value}


def _complain(shown: "ForgetView") -> None:
    if not shown.events and shown.unknown:
        unknown = count(len(shown.unknown), "name")
        raise Failure(Status.NOT_FOUND, f"nothing is known of {unknown}; {people(0)} concerned")
