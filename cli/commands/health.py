"""Health: whether the app is set up rightly and reaches all that it depends on."""

import typer

from cli.exits import Failure, Status
from cli.options import Output, app_of, panel
from cli.tables import health_table
from cli.terminal import Form, show
from shared.contracts.api.words import Health

app = typer.Typer()


@app.command("health", **panel("See how it stands"))
def show_health(ctx: typer.Context, output: Output = Form.TABLE) -> None:
    """Check that the app is set up correctly and reaches every queue, table and identity.

    Exits with 1 if anything is wrong.
    """
    with app_of(ctx) as api:
        seen = api.health()
    show(seen, health_table, output)
    if seen.health != Health.OK:
        raise Failure(Status.NOT_FOUND, f"the app is {seen.health}")
