"""Everything that writes: stop it without stopping the app, and start it again."""

from typing import TYPE_CHECKING, Annotated

import typer

from cli.exits import Failure, Status, Unanswered
from cli.options import Actor, Output, Reason, app_of, panel, signed
from cli.tables import writing_table
from cli.terminal import Form, show, tell

if TYPE_CHECKING:
    from cli.client import OperatorApi
    from shared.contracts.api.writing_views import WritingView

app = typer.Typer()
_CONTROL = panel("Control everything that writes")


@app.command(**_CONTROL)
def stop(
    ctx: typer.Context, reason: Reason, actor: Actor = None, output: Output = Form.TABLE
) -> None:
    """Stop everything that writes: waves, repairs, events, withdrawals and the worker.

    The app stays up. What comes in meanwhile is kept, in order, and done after sspr start.
    """
    with app_of(ctx, signed(actor)) as api:
        stopped = api.stop(reason)
    show(stopped, writing_table, output)


@app.command(**_CONTROL)
def start(
    ctx: typer.Context,
    reason: Reason,
    group: Annotated[
        str | None,
        typer.Option(
            help="Write this scope group from now on, in the place of another one. Whoever was "
            "seen in that is put in.",
            show_default=False,
        ),
    ] = None,
    actor: Actor = None,
    output: Output = Form.TABLE,
) -> None:
    """Let everything that writes go on, beginning with what was kept."""
    with app_of(ctx, signed(actor)) as api:
        started = _started(api, reason, group)
    show(started, writing_table, output)


def _started(api: "OperatorApi", reason: str, group: str | None) -> "WritingView":
    """Starts it once: where no answer comes, the app tells whether it was heard."""
    try:
        return api.start(reason, group)
    except Unanswered as problem:
        seen = api.writing()
        if seen.stopped:
            text = f"{problem}; everything that writes is still stopped: say it again"
            raise Failure(Status.UNREACHABLE, text) from None
        tell(f"{problem}; but everything goes on")
        return seen
