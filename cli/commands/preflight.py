"""The doctor, people: would a reset of theirs be written back?"""

from typing import Annotated

import typer

from cli.exits import EPILOG, Failure, Status
from cli.options import Actor, Output, Patience, app_of, signed
from cli.tables import checked_table
from cli.terminal import Form, show

app = typer.Typer()


@app.command(epilog=EPILOG)
def person(
    *,
    ctx: typer.Context,
    identities: Annotated[
        list[str],
        typer.Argument(
            metavar="IDENTITY...", help="UPNs, employee ids or object ids.", show_default=False
        ),
    ],
    actor: Actor = None,
    timeout: Patience = 120,
    output: Output = Form.TABLE,
) -> None:
    """Check people in Active Directory: would a reset be written back?

    The worker only reads. Exits with 1 if a reset of anybody would be refused, or nobody is known.
    """
    from cli.checks import checked

    with app_of(ctx, signed(actor)) as api:
        seen = checked(api, identities, timeout=timeout)
    show(seen, checked_table, output)
    if seen.check and seen.check.unanswered:
        raise Failure(Status.TIMEOUT, "no worker has answered yet; ask again later")
    refused = seen.check.refused if seen.check else 0
    if refused:
        raise Failure(Status.NOT_FOUND, f"a reset of {refused} would be refused")
    if not any(one.key for one in seen.named):
        raise Failure(Status.NOT_FOUND, "nobody is known by these names")
