"""`sspr`: the operator's commands, thin over the operator API.

Data goes to stdout, progress and complaints to stderr.
"""

import getpass
import io
import json
import sys
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from itertools import batched
from pathlib import Path
from typing import Annotated, Any, override

import typer
from rich.console import Console, RenderableType
from rich.live import Live
from typer.core import TyperGroup

from cli import render
from cli.client import MOST_EVENTS, OperatorApi, RefusedEvent
from cli.events_file import Entry, InvalidEvents, check, enveloped, read_events
from cli.exits import Failure, Status
from cli.settings import read_settings
from cli.watch import People, watch
from shared.domain.enrolment import State
from shared.domain.errors import InvalidMessage
from shared.domain.people import Identifier, IdentifierKind

_EPILOG = (
    "Set SSPR_URL to the app's address with its /api, and SSPR_KEY to a function key. "
    "Exit status: 0 done; 1 not found, refused, or another end than --until; "
    "2 wrong usage, settings or events, nothing was sent; 3 timeout of --watch; "
    "4 the app is unreachable, or did not answer as it should."
)
_REPLAY = (
    "To send mended messages again: sspr refused --bodies --output json "
    "| jq -c '.[] | select(.queue == \"onboarding-events\") | .body | fromjson | MEND' "
    "| sspr inject --file -"
)
_FIELDS = {
    IdentifierKind.OBJECT_ID: "objectId",
    IdentifierKind.USER_PRINCIPAL_NAME: "userPrincipalName",
    IdentifierKind.EMPLOYEE_ID: "employeeId",
}
_WIDTH_OF_A_FILE = 200


class Form(StrEnum):
    """How data is shown: for people, or as the API's JSON."""

    TABLE = "table"
    JSON = "json"


class _Commands(TyperGroup):
    """Turns a failure into its text on stderr and its exit status."""

    @override
    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except Failure as failure:
            _tell(str(failure))
            raise typer.Exit(failure.status) from None


Output = Annotated[Form, typer.Option("--output", "-o", help="A table, or the API's JSON.")]
app = typer.Typer(
    cls=_Commands,
    help="Onboard people to self-service password reset, and see what became of them.",
    epilog=_EPILOG,
    no_args_is_help=True,
    add_completion=False,
    # A traceback with local variables would show the key.
    pretty_exceptions_enable=False,
)


@app.callback()
def connect(
    ctx: typer.Context,
    url: Annotated[str | None, typer.Option(help="Instead of SSPR_URL.")] = None,
    key: Annotated[
        str | None, typer.Option(help="Instead of SSPR_KEY; others may see it in the process list.")
    ] = None,
) -> None:
    """Remember where the app is; it is called only once a command needs it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A name that the terminal's code page lacks is no reason to show nothing.
            stream.reconfigure(errors="replace")
    ctx.obj = lambda: OperatorApi(read_settings(url, key))


@app.command(epilog=_EPILOG)
def inject(
    *,
    ctx: typer.Context,
    person: Annotated[
        str | None, typer.Argument(help="UPN, employee id or object id of one person.")
    ] = None,
    file: Annotated[
        str | None,
        typer.Option(
            metavar="<file>",
            help="Events as .jsonl, .json or .csv (columns: the fields' names); - for stdin.",
        ),
    ] = None,
    offboard: Annotated[bool, typer.Option("--offboard", help="PERSON leaves.")] = False,
    effective_date: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="PERSON's first or last day."),
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Why, for the record.")] = None,
    actor: Annotated[
        str | None, typer.Option(help="Who asks, where an event names nobody; else the OS user.")
    ] = None,
    output: Output = Form.TABLE,
) -> None:
    """Send onboarding events: for one PERSON, or all those of a file."""
    if file is not None and (person or offboard or effective_date or reason):
        raise typer.BadParameter("with --file, leave out PERSON and all that is said of one")
    if file is not None:
        entries = _events_of(file)
    elif person is not None:
        entries = [_event_for(person, offboard, effective_date, reason)]
    else:
        raise typer.BadParameter("give a PERSON or a --file")
    asker = actor or _os_user()
    ready = [Entry(entry.place, enveloped(entry.value, asker)) for entry in entries]
    with ctx.obj() as api:
        _deliver(api, ready, output)


@app.command(epilog=_EPILOG)
def user(
    *,
    ctx: typer.Context,
    identity: Annotated[str, typer.Argument(help="UPN, employee id or object id.")],
    watching: Annotated[
        bool, typer.Option("--watch", help="Look again each second until the way has ended.")
    ] = False,
    until: Annotated[
        State | None, typer.Option(help="With --watch: until this state or a later one.")
    ] = None,
    timeout: Annotated[
        float, typer.Option(min=0, help="With --watch: at most this many seconds.")
    ] = 600,
    output: Output = Form.TABLE,
) -> None:
    """Show somebody's way into scope, step by step; everybody's whom IDENTITY means."""
    with ctx.obj() as api:

        def look() -> People:
            return list((api.user(identity) or {"people": []})["people"])

        if not watching:
            people, status = look(), Status.OK
        else:
            with Live(console=_console(stderr=True), transient=True) as live:
                watched = watch(
                    look,
                    lambda seen: live.update(render.people_view(seen)),
                    goal=until,
                    timeout=timeout,
                )
            people, status = watched.people, watched.status
    if people:
        _show({"people": people}, render.people_view(people), output)
    if status is Status.TIMEOUT:
        raise Failure(status, f"{_where(identity, people)} after {timeout:g} s")
    if status is not Status.OK or not people:
        raise Failure(Status.NOT_FOUND, _where(identity, people))


@app.command(epilog=_EPILOG)
def event(
    ctx: typer.Context,
    key: Annotated[str, typer.Argument(help="A key that inject printed.")],
    output: Output = Form.TABLE,
) -> None:
    """Show what became of an event."""
    with ctx.obj() as api:
        found = api.event(key)
    if found is None:
        problem = f"no event is known by {key}; one just sent may still be in the queue"
        raise Failure(Status.NOT_FOUND, problem)
    _show(found, render.event_view(found), output)


@app.command("status", epilog=_EPILOG)
def show_status(ctx: typer.Context, output: Output = Form.TABLE) -> None:
    """Show the totals, whoever needs a look, and what was refused."""
    with ctx.obj() as api:
        found = api.status()
    without = [{**one, "body": None} for one in found["refused"]]
    _show(found, render.status_view({**found, "refused": without}), output)


@app.command(epilog=f"{_REPLAY}\n\n{_EPILOG}")
def refused(
    ctx: typer.Context,
    bodies: Annotated[bool, typer.Option("--bodies", help="With what the sender wrote.")] = False,
    output: Output = Form.TABLE,
) -> None:
    """Show the newest messages that were refused, and why."""
    with ctx.obj() as api:
        status = api.status()
    messages = [
        {name: value for name, value in one.items() if bodies or name != "body"}
        for one in status["refused"]
    ]
    if len(messages) < status["refusedMessages"]:
        _tell(f"the newest {len(messages)} of {status['refusedMessages']} refused messages")
    _show(messages, render.refused_view(messages), output)


def _event_for(
    person: str, offboard: bool, effective_date: datetime | None, reason: str | None
) -> Entry:
    identifier = Identifier.parse(person)
    event = {
        _FIELDS[identifier.kind]: identifier.value,
        **({"action": "offboard"} if offboard else {}),
        **({"effectiveDate": effective_date.date().isoformat()} if effective_date else {}),
        **({"reason": reason} if reason else {}),
    }
    try:
        check(event)
    except InvalidMessage as problem:
        raise Failure(Status.USAGE, f"{problem.field}: {problem.reason}") from None
    return Entry("event 1", event)


def _events_of(file: str) -> list[Entry]:
    try:
        content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return read_events(content, file)
    except OSError as problem:
        raise Failure(Status.USAGE, f"{file} cannot be read: {problem.strerror}") from None
    except InvalidEvents as problem:
        raise Failure(Status.USAGE, f"nothing was sent of {file}:\n{problem}") from None


def _deliver(api: OperatorApi, ready: Sequence[Entry], output: Form) -> None:
    keys: list[str] = []
    try:
        for some in batched(ready, MOST_EVENTS, strict=False):
            keys += _send(api, some, len(keys))
            _tell(f"{len(keys)} of {len(ready)} accepted")
    finally:
        # What was accepted has its keys, even where something went wrong behind it.
        if keys:
            whom = [(_whom(entry.value), key) for entry, key in zip(ready, keys, strict=False)]
            _show({"keys": keys}, render.accepted_view(whom), output)


def _send(api: OperatorApi, entries: Sequence[Entry], accepted: int) -> list[str]:
    try:
        return api.send([entry.value for entry in entries])
    except Failure as problem:
        text = str(problem)
        if isinstance(problem, RefusedEvent):
            text = _refusal(problem, entries)
        if accepted:
            text += f"\n{accepted} events were accepted before; send on from {entries[0].place}"
        raise Failure(problem.status, text) from None


def _refusal(problem: RefusedEvent, entries: Sequence[Entry]) -> str:
    number, bracket, field = problem.field.removeprefix("[").partition("].")
    place = entries[int(number)].place if bracket and number.isdigit() else problem.field
    return f"the app refused {place}, {field or '(body)'}: {problem.reason}"


def _whom(event: dict[str, Any]) -> str:
    data = event["data"]
    named = (data.get(field) for field in ("userPrincipalName", "employeeId", "objectId"))
    return str(next(filter(None, named), event["id"]))


def _where(identity: str, people: People) -> str:
    if not people:
        return f"nobody is known by {identity}"
    return f"{identity} is {', '.join(sorted({one['state'] for one in people}))}"


def _os_user() -> str:
    try:
        return getpass.getuser()
    except OSError:
        raise Failure(Status.USAGE, "this account has no name; say who asks by --actor") from None


def _show(value: Any, view: RenderableType, form: Form) -> None:
    if form is Form.JSON:
        typer.echo(json.dumps(value, indent=2))
    else:
        _console().print(view)


def _tell(text: str) -> None:
    typer.echo(render.plain(text).plain, err=True)


def _console(*, stderr: bool = False) -> Console:
    console = Console(stderr=stderr, highlight=False)
    if not console.is_terminal:
        console.width = _WIDTH_OF_A_FILE
    return console
