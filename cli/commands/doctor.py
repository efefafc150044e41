"""The doctor: would a reset work, by the settings of the tenant and of the host?"""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from cli.exits import EPILOG, Failure, Status
from cli.options import Output, Patience, app_of
from cli.tables import doctor_table
from cli.terminal import Form, show
from shared.contracts.api.words import CheckVerdict

app = typer.Typer(epilog=EPILOG)


@app.callback(invoke_without_command=True)
def examine(
    ctx: typer.Context,
    days: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=30,
            help="Tell changes and resets of so many days. By default changes since the doctor's "
            "last look, whoever had it look, and resets of 7 days.",
        ),
    ] = None,
    timeout: Patience = 200,
    output: Output = Form.TABLE,
) -> None:
    """Check the tenant and the host: would a reset work?

    Exits with 1 if anything is wrong; what could not be asked is no such thing, and is named.
    """
    if ctx.invoked_subcommand:
        return
    with app_of(ctx) as api:
        seen = api.doctor(_since(days), timeout=timeout)
    show(seen, doctor_table, output)
    if seen.verdict == CheckVerdict.WRONG:
        wrong = sum(one.verdict == CheckVerdict.WRONG for one in seen.findings)
        checks = "check finds" if wrong == 1 else "checks find"
        raise Failure(Status.NOT_FOUND, f"{wrong} {checks} something wrong")


def _since(days: int | None) -> str | None:
    if days is None:
        return None
    return (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="seconds")
