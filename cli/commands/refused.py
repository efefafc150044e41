"""Refused messages: show the latest, and send some again once what is wrong is fixed."""

from collections.abc import Sequence
from typing import Annotated

import typer

from cli.exits import EPILOG, Failure, Status
from cli.findings import names_in
from cli.options import Actor, Output, Yes, app_of, signed
from cli.plain import count
from cli.tables import refused_table, resend_table
from cli.terminal import Form, confirm, draw, show, show_json, tell

app = typer.Typer(epilog=EPILOG)
Keys = Annotated[
    list[str] | None,
    typer.Argument(
        help="Keys that they are kept under, as sspr refused shows.", show_default=False
    ),
]
Rename = Annotated[
    list[str] | None,
    typer.Option(
        metavar="<field>=<field>",
        help="Call a field what it is called here, such as employeeID=employeeId.",
        show_default=False,
    ),
]
Give = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="<field>=<text>",
        help="Say what a field says that is missing, or was not understood.",
        show_default=False,
    ),
]


@app.callback(invoke_without_command=True)
def refused(
    ctx: typer.Context,
    bodies: Annotated[
        bool, typer.Option("--bodies", help="Include what the sender wrote.")
    ] = False,
    output: Output = Form.TABLE,
) -> None:
    """Show the latest refused messages, and why they were refused."""
    if ctx.invoked_subcommand:
        return
    with app_of(ctx) as api:
        status = api.status()
    messages = status.refused
    if len(messages) < status.refused_messages:
        tell(f"the newest {len(messages)} of {status.refused_messages} refused messages")
    if output is Form.TABLE:
        draw(refused_table(messages, bodies=bodies))
    else:
        left_out = set() if bodies else {"body"}
        show_json(
            [one.model_dump(mode="json", by_alias=True, exclude=left_out) for one in messages]
        )


@app.command(epilog=EPILOG)
def resend(
    *,
    ctx: typer.Context,
    keys: Keys = None,
    file: Annotated[
        str | None,
        typer.Option(
            metavar="<file>",
            help="Read more keys from this file, one a line; - for stdin.",
            show_default=False,
        ),
    ] = None,
    reason: Annotated[
        str | None,
        typer.Option(
            help="Take those kept for this reason: invalid, not-done or discarded.",
            show_default=False,
        ),
    ] = None,
    field: Annotated[
        str | None,
        typer.Option(help="Take those refused for this field.", show_default=False),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(help="Take those of this CloudEvents source.", show_default=False),
    ] = None,
    rename: Rename = None,
    give: Give = None,
    drop: Annotated[
        list[str] | None,
        typer.Option(metavar="<field>", help="Leave a field out.", show_default=False),
    ] = None,
    why: Annotated[str, typer.Option("--why", help="Say why, for the audit.", show_default=False)],
    apply: Annotated[
        str | None,
        typer.Option(
            "--apply",
            metavar="<fingerprint>",
            help="Send what was shown under this fingerprint; without it nothing is sent.",
            show_default=False,
        ),
    ] = None,
    yes: Yes = False,
    actor: Actor = None,
    output: Output = Form.TABLE,
) -> None:
    """Show which refused messages can be sent again; with --apply, send them.

    What is sent again keeps its action, dates, time and id, so a second run changes nothing.
    """
    named = [*(keys or ()), *(names_in(file) if file else ())]
    if not (named or reason or field or source):
        raise typer.BadParameter("name messages, or give --file, --reason, --field or --source")
    asked = {"keys": named, "outcome": reason, "field": field, "source": source}
    fix = {"rename": _pairs("--rename", rename), "give": _pairs("--set", give), "drop": drop or []}
    if apply:
        confirm("Send exactly the messages that were shown?", yes=yes)
    body = {name: value for name, value in asked.items() if value} | {"fixes": fix, "reason": why}
    with app_of(ctx, signed(actor)) as api:
        found = api.resend_refused(body | ({"plan": apply} if apply else {}))
    show(found, resend_table, output)
    if not found.messages:
        unknown = count(len(found.unknown), "key")
        nothing = f"nothing is kept under {unknown}" if found.unknown else "no such message is kept"
        raise Failure(Status.NOT_FOUND, nothing)


def _pairs(option: str, given: Sequence[str] | None) -> dict[str, str]:
    """Reads `name=value` as often as it was given.

    Raises:
        typer.BadParameter: one is none, or a name is given twice.
    """
    found: dict[str, str] = {}
    for one in given or ():
        name, equals, value = one.partition("=")
        if not (name and equals and value):
            raise typer.BadParameter(f"{option}: write it as <field>=<value>, not {one}")
        if name in found:
            raise typer.BadParameter(f"{option}: {name} is given twice")
        found[name] = value
    return found
