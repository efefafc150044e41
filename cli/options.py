"""What several commands take, said once; and who is asking."""

import getpass
from typing import TYPE_CHECKING, Annotated, TypedDict

import typer

from cli.exits import EPILOG, Failure, Status
from cli.terminal import Form

if TYPE_CHECKING:
    from cli.client import OperatorApi

Output = Annotated[Form, typer.Option("--output", "-o", help="Print a table, or the API's JSON.")]
Out = Annotated[
    str, typer.Option("--out", metavar="<file>", help="Write to this file, as UTF-8; - for stdout.")
]
Actor = Annotated[
    str | None,
    typer.Option(help="Say who asks, for the audit, instead of the OS user.", show_default=False),
]
Reason = Annotated[str, typer.Option(help="Say why, for the audit.", show_default=False)]
Apply = Annotated[
    str | None,
    typer.Option(
        "--apply",
        metavar="<fingerprint>",
        help="Do what was shown under this fingerprint; without it nothing is done.",
        show_default=False,
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]
Patience = Annotated[
    float, typer.Option("--timeout", min=0, help="Wait for the app at most this many seconds.")
]
Methods = Annotated[
    list[str] | None,
    typer.Option(
        "--method",
        metavar="<method>",
        help="Only people who have registered this: sms, voice, passkey, authenticator, oath, "
        "questions, or a name of the registration report. Give it again for one or the other.",
        show_default=False,
    ),
]
OnlyMethods = Annotated[
    list[str] | None,
    typer.Option(
        "--only-method",
        metavar="<method>",
        help="Only people of whom nothing else counts for a reset today. Give it again for "
        "several together.",
        show_default=False,
    ),
]
Person = Annotated[str, typer.Argument(help="UPN, employee id or object id.", show_default=False)]


class Panel(TypedDict):
    """How a command stands in the help."""

    rich_help_panel: str
    epilog: str


def panel(name: str, hint: str = "") -> Panel:
    """Places a command in the help: among its like, with a hint and the exit statuses below."""
    return {"rich_help_panel": name, "epilog": f"{hint}\n\n{EPILOG}" if hint else EPILOG}


def app_of(ctx: typer.Context, actor: str | None = None) -> "OperatorApi":
    """Returns the app that the options or the environment name, for whoever asks.

    Raises:
        Failure: a setting is missing or wrong.
    """
    api: OperatorApi = ctx.obj(actor)
    return api


def signed(actor: str | None) -> str:
    """Returns who asks: the actor given, else the OS user.

    Raises:
        Failure: the OS user has no name.
    """
    try:
        return actor or getpass.getuser()
    except OSError:
        raise Failure(Status.USAGE, "this account has no name; say who asks by --actor") from None
