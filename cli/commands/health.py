"""Health: whether the app is set up rightly and reaches all that it depends on."""

import typer

from cli.exits import Failure, Status
from cli.options import Output, panel
from cli.render.health import health_view
from cli.terminal import Form, show
from shared.domain.health import Health

app = typer.Typer()


@app.command("health", **panel("See how it stands"))
def show_health(ctx: typer.Context, output: Output = Form.TABLE) -> None:
    """Show whether the app is set up rightly, and reaches every queue, table and identity.

    Exits with 1 where anything is wrong.
    """
    with ctx.obj() as api:
        seen = api.health()
    show(seen, health_view(seen), output)
    if seen["health"] != Health.OK:
        raise Failure(Status.NOT_FOUND, f"the app is {seen['health']}")
