"""Onboarding events: send them, see what became of one, and which were refused."""

from datetime import datetime
from typing import Annotated

import typer

from cli.exits import Failure, Status
from cli.options import Actor, Output, app_of, panel, signed
from cli.tables import event_table, refused_table
from cli.terminal import Form, draw, show, show_json, tell

_REPLAY = (
    "To send mended messages again: sspr refused --bodies --output json "
    "| jq -c '.[] | select(.queue == \"onboarding-events\") | .body | fromjson | MEND' "
    "| sspr inject --file -"
)
app = typer.Typer()
_PANEL = panel("Onboarding events")


@app.command(**_PANEL)
def inject(
    *,
    ctx: typer.Context,
    person: Annotated[
        str | None, typer.Argument(help="UPN, employee id or object id of one person.")
    ] = None,
    file: Annotated[
        str | None,
        typer.Option(
            metavar="<file>",
            help="Read events from .jsonl, .json or .csv (columns: field names); - for stdin.",
        ),
    ] = None,
    offboard: Annotated[
        bool, typer.Option("--offboard", help="Offboard PERSON instead of onboarding them.")
    ] = False,
    effective_date: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Set PERSON's first or last day."),
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Say why, for the record.")] = None,
    actor: Actor = None,
    output: Output = Form.TABLE,
) -> None:
    """Send onboarding events, for one PERSON or for everybody in a file."""
    from cli.delivery import deliver, event_for, events_of

    if file is not None and (person or offboard or effective_date or reason):
        raise typer.BadParameter("with --file, leave out PERSON and all that is said of one")
    if file is not None:
        entries = events_of(file)
    elif person is not None:
        entries = [event_for(person, offboard, effective_date, reason)]
    else:
        raise typer.BadParameter("give a PERSON or a --file")
    asker = signed(actor)
    with app_of(ctx) as api:
        deliver(api, entries, asker, output)


@app.command(**_PANEL)
def event(
    ctx: typer.Context,
    key: Annotated[str, typer.Argument(help="A key that inject printed.")],
    output: Output = Form.TABLE,
) -> None:
    """Show what became of an event, and of whom it concerns."""
    with app_of(ctx) as api:
        found = api.event(key)
    if found is None:
        problem = f"no event is known by {key}; one just sent may still be in the queue"
        raise Failure(Status.NOT_FOUND, problem)
    show(found, event_table, output)


@app.command(**panel("Onboarding events", _REPLAY))
def refused(
    ctx: typer.Context,
    bodies: Annotated[
        bool, typer.Option("--bodies", help="Include what the sender wrote.")
    ] = False,
    output: Output = Form.TABLE,
) -> None:
    """Show the latest refused messages, and why they were refused."""
    with app_of(ctx) as api:
        status = api.status()
    messages = status.refused
    if len(messages) < status.refused_messages:
        tell(f"the newest {len(messages)} of {status.refused_messages} refused messages")
    if output is Form.TABLE:
        draw(refused_table(messages, bodies=bodies))
    else:
        left_out = set() if bodies else {"body"}
        show_json(
            [one.model_dump(mode="json", by_alias=True, exclude=left_out) for one in messages]
        )
