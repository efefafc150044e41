"""Forecast: who can reset a password today, who on a day ahead, and who loses it and why."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from cli.csv_rows import write_rows
from cli.method_query import methods_asked
from cli.options import Methods, OnlyMethods, Out, Patience, app_of, panel
from cli.tables import forecast_markdown, forecast_table
from cli.terminal import draw, printing_to, progress, show_as_json, show_text, tell, written
from shared.contracts.api.words import ForecastBy

if TYPE_CHECKING:
    from shared.contracts.api.forecast_views import ForecastPerson, ResetForecastView

_COLUMNS = (
    "objectId",
    "userPrincipalName",
    "employeeId",
    "wave",
    "methods",
    "today",
    "then",
    "change",
    "ended",
)


class ForecastForm(StrEnum):
    """How a forecast is shown: for people, as the API's JSON, as Markdown, or its groups as CSV."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"
    CSV = "csv"


app = typer.Typer()


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("write a day as year, month and day, such as 2027-02-01") from None
    today = datetime.now(UTC).date()
    if day < today:
        raise typer.BadParameter(f"write {today}, which is today in UTC, or a later day")
    return day


@app.command(**panel("People", "For example: sspr forecast --on 2027-02-01 --people losing.csv"))
def forecast(
    *,
    ctx: typer.Context,
    on: Annotated[
        date,
        typer.Option(
            parser=_day, metavar="<date>", help="The day to predict, in UTC.", show_default=False
        ),
    ],
    group_by: Annotated[
        ForecastBy, typer.Option(help="Count by method, wave or department.")
    ] = ForecastBy.METHOD,
    method: Methods = None,
    only_method: OnlyMethods = None,
    people_to: Annotated[
        str | None,
        typer.Option(
            "--people",
            metavar="<file>",
            help="Write everybody in scope to this CSV file, one by one; - writes to stdout, and "
            "the forecast to stderr.",
        ),
    ] = None,
    out: Out = "-",
    timeout: Patience = 200,
    output: Annotated[
        ForecastForm,
        typer.Option("--output", "-o", help="Print a table, the API's JSON, Markdown or CSV."),
    ] = ForecastForm.TABLE,
) -> None:
    """Forecast who can reset a password today and on a day ahead, who loses it and why.

    It says what comes if nobody registers or takes away a method until then.
    """
    asked = methods_asked(method, only_method)
    with app_of(ctx) as api:
        with progress("counting everybody in scope"):
            found = api.forecast(on.isoformat(), group_by, timeout=timeout, **asked)
        with printing_to(out):
            _show(found, output, stderr=people_to == out == "-")
        if people_to:
            with written(people_to) as stream:
                rows = map(_row, api.forecast_people(on.isoformat(), **asked))
                number = write_rows(stream, _COLUMNS, rows)
            tell(f"{number:,} lines written to {people_to}")


def _show(found: "ResetForecastView", output: ForecastForm, *, stderr: bool) -> None:
    match output:
        case ForecastForm.JSON:
            show_as_json(found, stderr=stderr)
        case ForecastForm.MARKDOWN:
            if stderr:
                tell(forecast_markdown(found))
            else:
                show_text(forecast_markdown(found))
        case ForecastForm.CSV:
            with written("-") as stream:
                write_rows(stream, _GROUP_COLUMNS, _groups(found))
        case ForecastForm.TABLE:
            draw(forecast_table(found), stderr=stderr)


_GROUP_COLUMNS = ("group", "people", "canToday", "canThen", "notKnownThen", "lose", "gain")


def _groups(found: "ResetForecastView") -> Iterator[tuple[object, ...]]:
    for one in (*found.groups, found.whole.model_copy(update={"group": "all"})):
        yield (
            one.group,
            one.people,
            one.can_today,
            one.can_then,
            one.not_known_then,
            one.lose,
            one.gain,
        )


def _row(person: "ForecastPerson") -> tuple[object, ...]:
    return (
        person.object_id,
        person.user_principal_name or "",
        person.employee_id or "",
        person.wave or "",
        " ".join(person.methods),
        person.today,
        person.then,
        person.change,
        " ".join(person.ended),
    )
