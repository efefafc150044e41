"""Onboarding events: send them, and see what became of one."""

from datetime import datetime
from typing import Annotated

import typer

from cli.exits import Failure, Status
from cli.hr_export.dates import DateOrder
from cli.options import Actor, Output, app_of, panel, signed
from cli.tables import event_table, foreseen_table
from cli.terminal import Form, show

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
            help="Read events from .jsonl or .json, or an HR export from .csv; - for stdin.",
        ),
    ] = None,
    mapping: Annotated[
        str | None,
        typer.Option(
            metavar="<file>",
            help="Keep what the columns are here, not beside the export; for one with a date in "
            "its name.",
            show_default=False,
        ),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="<heading>=<field>", help="Say which field a column is.", show_default=False
        ),
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option(metavar="<heading>", help="Leave a column out.", show_default=False),
    ] = None,
    dates: Annotated[
        DateOrder | None,
        typer.Option(help="Say what dates such as 01/02/2027 or 46419 mean.", show_default=False),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what each line comes to, and send nothing.")
    ] = False,
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
    from cli.delivery import check_whole, deliver, event_for, events_of
    from cli.events_file import EventsRead
    from cli.hr_export.ask import Said

    if file is not None and (person or offboard or effective_date or reason):
        raise typer.BadParameter("with --file, leave out PERSON and all that is said of one")
    if file is None and (mapping or column or ignore or dates):
        raise typer.BadParameter("what columns are is said of a --file")
    if file is not None:
        found = events_of(file, Said(mapping, column or (), ignore or (), dates))
    elif person is not None:
        found = EventsRead([event_for(person, offboard, effective_date, reason)], [])
    else:
        raise typer.BadParameter("give a PERSON or a --file")
    if dry_run:
        show(found, foreseen_table, output)
    else:
        asker = signed(actor)
        with app_of(ctx) as api:
            deliver(api, found.entries, asker, output)
    check_whole(found, sent=not dry_run)


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
