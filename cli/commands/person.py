"""One person's data: all that is kept about them, for the person themselves."""

from typing import TYPE_CHECKING, Annotated

import typer

from cli.exits import EPILOG
from cli.options import Actor, Patience, Person, Reason, app_of, signed
from cli.person_data import gathered
from cli.plain import count
from cli.tables import kept_table
from cli.terminal import Form, draw, progress, tell, written

if TYPE_CHECKING:
    from cli.person_data import PersonData

app = typer.Typer(
    help="Take out all that is kept about one person, for the person themselves.",
    no_args_is_help=True,
)


@app.callback()
def one_person() -> None:
    """Take out all that is kept about one person, for the person themselves."""


@app.command(epilog=EPILOG)
def export(
    *,
    ctx: typer.Context,
    identity: Person,
    reason: Reason,
    out: Annotated[
        str, typer.Option(metavar="<file>", help="Write to this file; - for stdout.")
    ] = "-",
    output: Annotated[
        Form, typer.Option("--output", "-o", help="Write JSON, or a text for people.")
    ] = Form.JSON,
    timeout: Patience = 200,
    actor: Actor = None,
) -> None:
    """Export all rows that name one person, with what each is, and where else to look.

    Do not name the person in the reason: the audit keeps it.
    """
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


def _write(found: "PersonData", out: str, output: Form) -> None:
    with written(out) as stream:
        if output is Form.JSON:
            stream.write(found.model_dump_json(by_alias=True, indent=2) + "\n")
        else:
            from rich.console import Console

            Console(file=stream, width=120, color_system=None).print(kept_table(found))
