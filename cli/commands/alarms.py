"""Alarms: which there are, and one as a test."""

from typing import Annotated

import typer

from cli.exits import EPILOG
from cli.options import Actor, Output, Reason, app_of, signed
from cli.tables import alarm_test_table, alarms_table
from cli.terminal import Form, show

app = typer.Typer(
    help="List the alarms, or have one come as a test.",
    no_args_is_help=True,
)
Alarm = Annotated[
    str | None,
    typer.Argument(help="Whose name the message carries.", show_default="alarm-test"),
]


@app.command("list", epilog=EPILOG)
def list_(output: Output = Form.TABLE) -> None:
    """List every alarm: how severe it is, what it means, and what to do first.

    It asks nobody, and so works while the app is down.
    """
    from cli.alarms import AlarmList

    show(AlarmList(), alarms_table, output)


@app.command("test", epilog=EPILOG)
def try_(
    ctx: typer.Context,
    *,
    name: Alarm = None,
    reason: Reason,
    actor: Actor = None,
    output: Output = Form.TABLE,
) -> None:
    """Have one message come to whoever hears alarms, which says that it is a test.

    It raises no other alarm, and ends and hides none. One may be asked for in a quarter of an hour.
    """
    with app_of(ctx, signed(actor)) as api:
        tested = api.try_alarm(name, reason)
    show(tested, alarm_test_table, output)
