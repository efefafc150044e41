"""`sspr`: the operator's commands, thin over the operator API.

Data goes to stdout, progress, questions and complaints to stderr.
"""

import io
import sys
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, override

import typer
from typer.core import TyperGroup

from cli.commands import (
    alarms,
    audit,
    dead_letters,
    doctor,
    events,
    forecast,
    health,
    held,
    hr,
    list_people,
    moves,
    onboarding,
    people,
    person,
    plans,
    preflight,
    refused,
    rollout,
    writing,
)
from cli.exits import EPILOG, Failure
from cli.terminal import tell

if TYPE_CHECKING:
    from cli.client import OperatorApi


class _Commands(TyperGroup):
    """Turns a failure into its text on stderr and its exit status."""

    @override
    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except Failure as failure:
            tell(str(failure))
            raise typer.Exit(failure.status) from None


app = typer.Typer(
    cls=_Commands,
    help="Roll out self-service password reset in waves, onboard people, and follow what becomes "
    "of them.",
    epilog=EPILOG,
    no_args_is_help=True,
    # A traceback with local variables would show the key.
    pretty_exceptions_enable=False,
)
app.add_typer(plans.app)
app.add_typer(moves.app)
app.add_typer(rollout.app)
app.add_typer(writing.app)
app.add_typer(people.app)
app.add_typer(list_people.app)
app.add_typer(person.app, name="person", rich_help_panel="People")
app.add_typer(forecast.app)
app.add_typer(health.app)
doctor.app.add_typer(preflight.app)
app.add_typer(doctor.app, name="doctor", rich_help_panel="See how it stands")
app.add_typer(onboarding.app)
app.add_typer(refused.app, name="refused", rich_help_panel="Onboarding events")
app.add_typer(events.app, name="events", rich_help_panel="Onboarding events")
app.add_typer(hr.app, name="hr", rich_help_panel="Onboarding events")
app.add_typer(dead_letters.app, name="dead-letters", rich_help_panel="Onboarding events")
app.add_typer(held.app, name="held", rich_help_panel="Onboarding events")
app.add_typer(alarms.app, name="alarms", rich_help_panel="See how it stands")
app.add_typer(audit.app, name="audit", rich_help_panel="See how it stands")


def _show_version(wanted: bool) -> None:
    from importlib.metadata import version

    if wanted:
        typer.echo(f"sspr {version('sspr-rollout')}")
        raise typer.Exit


@app.callback()
def connect(
    ctx: typer.Context,
    url: Annotated[
        str | None, typer.Option(help="Use this address instead of SSPR_URL.", show_default=False)
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(
            help="Use this key instead of SSPR_KEY; others can see it in the process list.",
            show_default=False,
        ),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(
            help="Use this token instead of SSPR_TOKEN; others can see it as well.",
            show_default=False,
        ),
    ] = None,
    version: Annotated[  # noqa: ARG001  # its callback acts on it
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Remember where the app is; it is called only once a command needs it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A name that the terminal's code page lacks is no reason to show nothing. Whatever is
            # no terminal gets UTF-8, in which nothing is lost, and not the machine's code page.
            encoding = None if stream.isatty() else "utf-8"
            stream.reconfigure(encoding=encoding, errors="replace")
    ctx.obj = partial(_open, url, key, token)


def _open(
    url: str | None, key: str | None, token: str | None, actor: str | None = None
) -> "OperatorApi":
    from cli.client import OperatorApi
    from cli.connection import Connection
    from cli.settings import read_settings

    return OperatorApi(Connection(read_settings(url, key, token), actor))
