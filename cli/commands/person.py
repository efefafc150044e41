"""One person's data: export all that is kept about them, and erase it."""

from typing import TYPE_CHECKING, Annotated

import typer

from cli.exits import EPILOG
from cli.options import Actor, Apply, Out, Output, Patience, Person, Reason, Yes, app_of, signed
from cli.plain import count
from cli.tables import erase_table, kept_table
from cli.terminal import Form, confirm, draw, progress, show_as_json, tell, written

if TYPE_CHECKING:
    from cli.person_data import PersonData

app = typer.Typer(
    help="Export or erase all that is kept about one person, as they asked.",
    no_args_is_help=True,
)


@app.command(epilog=EPILOG)
def export(
    *,
    ctx: typer.Context,
    identity: Person,
    reason: Reason,
    out: Out = "-",
    output: Annotated[
        Form, typer.Option("--output", "-o", help="Write JSON, or a text for people.")
    ] = Form.JSON,
    timeout: Patience = 200,
    actor: Actor = None,
) -> None:
    """Export all rows that name one person, with what each is, and where else to look.

    Do not name the person in the reason: the audit keeps it.
    """
    # Views and the domain that they name are read where they are used: help waits for none.
    from cli.person_data import gathered

    with app_of(ctx, signed(actor)) as api, progress("looking through the ledger") as update:
        pages = api.export_person(identity, reason, timeout=timeout)
        found = gathered(pages, lambda place: update(f"looked through {place}"))
    if output is Form.TABLE and out == "-":
        draw(kept_table(found))
    else:
        _write(found, out, output)
    records = count(len(found.records), "row")
    tell(f"{records} of the person in {count(found.places, 'place')} of the ledger")
    for place in found.cut_off:
        tell(f"{place} has more rows than are shown: the person has worked with this product")


@app.command(epilog=EPILOG)
def erase(
    *,
    ctx: typer.Context,
    identity: Person,
    reason: Reason,
    with_exclusion: Annotated[
        bool,
        typer.Option(
            "--with-exclusion",
            help="Also end an exclusion for good (sspr exclude --never); nobody remembers it then.",
        ),
    ] = False,
    apply: Apply = None,
    yes: Yes = False,
    actor: Actor = None,
    timeout: Patience = 600,
    output: Output = Form.TABLE,
) -> None:
    """Show what is kept about one person and what would be erased; with --apply, erase it.

    Exclude the person first, and wait until they are out. The audit is kept. Do not name the
    person in the reason.
    """
    from cli.operations import finished

    if not apply:
        doing, otherwise = "looking through the ledger", "nothing was done; try again"
    else:
        confirm("Erase exactly the rows that were shown? There is no way back.", yes=yes)
        doing = "erasing"
        otherwise = "sspr person erase with the same --apply goes on with it"
    with app_of(ctx, signed(actor)) as api:
        operation = api.erase_person(identity, reason, with_exclusion=with_exclusion, plan=apply)
        done, shown = finished(api, operation, doing, timeout=timeout, otherwise=otherwise)
    if output is Form.JSON:
        show_as_json(done)
    else:
        draw(erase_table(shown))


def _write(found: "PersonData", out: str, output: Form) -> None:
    with written(out) as stream:
        if output is Form.JSON:
            stream.write(found.model_dump_json(by_alias=True, indent=2) + "\n")
        else:
            from rich.console import Console

            Console(file=stream, width=120, color_system=None).print(kept_table(found))
