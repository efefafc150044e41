"""List people: who is in scope or in one state, and what each of them has registered."""

from collections.abc import Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from cli.csv_rows import write_rows
from cli.method_query import methods_asked
from cli.options import Methods, OnlyMethods, Out, app_of, panel
from cli.tables import listed_table
from cli.terminal import draw, printing_to, progress, show_each_as_json, written
from shared.contracts.api.words import PersonState

if TYPE_CHECKING:
    from shared.contracts.api.people_views import ListedPerson


class ListForm(StrEnum):
    """How a list of people is shown: for people, as the API's JSON, or as CSV."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


app = typer.Typer()
_COLUMNS = (
    "objectId",
    "userPrincipalName",
    "employeeId",
    "state",
    "reason",
    "flag",
    "since",
    "wave",
    "methods",
    "counting",
)


@app.command(
    **panel("People", "For example: sspr people --only-method sms --output csv --out sms.csv")
)
def people(
    *,
    ctx: typer.Context,
    method: Methods = None,
    only_method: OnlyMethods = None,
    state: Annotated[
        PersonState | None,
        typer.Option(help="Only in this state; without it, everybody in scope."),
    ] = None,
    out: Out = "-",
    output: Annotated[
        ListForm, typer.Option("--output", "-o", help="Print a table, the API's JSON, or CSV.")
    ] = ListForm.TABLE,
) -> None:
    """List the people in scope or in one state, with what each of them has registered."""
    asked = methods_asked(method, only_method)
    if state:
        asked["state"] = state
    with app_of(ctx) as api, printing_to(out), progress("reading the people"):
        _show(api.people(**asked), output)


def _show(found: "Iterator[ListedPerson]", output: ListForm) -> None:
    """Shows the people as they come; only a table has to have all of them before its first line."""
    match output:
        case ListForm.CSV:
            with written("-") as stream:
                write_rows(stream, _COLUMNS, map(_row, found))
        case ListForm.JSON:
            show_each_as_json(found)
        case ListForm.TABLE:
            draw(listed_table(list(found)))


def _row(person: "ListedPerson") -> tuple[object, ...]:
    held = person.held or ()
    return (
        person.key,
        person.user_principal_name or "",
        person.employee_id or "",
        person.state,
        person.reason,
        person.flag or "",
        person.since.isoformat(),
        person.wave or "",
        " ".join(one.name for one in held),
        "; ".join(f"{one.name} {one.text}" for one in held),
    )
