"""Onboarding events: send them, see what became of one, and which were refused."""

from __future__ import annotations

from datetime import datetime
from itertools import batched
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.exits import EPILOG, Failure, RefusedInput, Status
from cli.options import Actor, Output, signed
from cli.render.people import accepted_view, event_view
from cli.render.totals import refused_view
from cli.terminal import Form, contents, show, tell
from shared.domain.errors import InvalidMessage
from shared.domain.people import Identifier, IdentifierKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cli.client import OperatorApi
    from cli.events_file import Entry

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

app = typer.Typer(rich_help_panel="Onboarding events")


@app.command(epilog=EPILOG)
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
    actor: Actor = None,
    output: Output = Form.TABLE,
) -> None:
    """Send onboarding events: for one PERSON, or all those of a file."""
    from cli.events_file import Entry, enveloped

    if file is not None and (person or offboard or effective_date or reason):
        raise typer.BadParameter("with --file, leave out PERSON and all that is said of one")
    if file is not None:
        entries = _events_of(file)
    elif person is not None:
        entries = [_event_for(person, offboard, effective_date, reason)]
    else:
        raise typer.BadParameter("give a PERSON or a --file")
    asker = signed(actor)
    ready = [Entry(entry.place, enveloped(entry.value, asker)) for entry in entries]
    with ctx.obj() as api:
        _deliver(api, ready, output)


@app.command(epilog=EPILOG)
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
    show(found, event_view(found), output)


@app.command(epilog=f"{_REPLAY}\n\n{EPILOG}")
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
        tell(f"the newest {len(messages)} of {status['refusedMessages']} refused messages")
    show(messages, refused_view(messages), output)


def _event_for(
    person: str, offboard: bool, effective_date: datetime | None, reason: str | None
) -> Entry:
    from cli.events_file import Entry, check

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
    from cli.events_file import InvalidEvents, read_events

    try:
        return read_events(contents(file), file)
    except InvalidEvents as problem:
        raise Failure(Status.USAGE, f"nothing was sent of {file}:\n{problem}") from None


def _deliver(api: OperatorApi, ready: Sequence[Entry], output: Form) -> None:
    keys: list[str] = []
    try:
        for some in batched(ready, api.most_events, strict=False):
            keys += _send(api, some, len(keys))
            tell(f"{len(keys)} of {len(ready)} accepted")
    finally:
        # What was accepted has its keys, even where something went wrong behind it.
        if keys:
            whom = [(_whom(entry.value), key) for entry, key in zip(ready, keys, strict=False)]
            show({"keys": keys}, accepted_view(whom), output)


def _send(api: OperatorApi, entries: Sequence[Entry], accepted: int) -> list[str]:
    try:
        return api.send([entry.value for entry in entries])
    except Failure as problem:
        text = str(problem)
        if isinstance(problem, RefusedInput):
            text = _refusal(problem, entries)
        if accepted:
            text += f"\n{accepted} events were accepted before; send on from {entries[0].place}"
        raise Failure(problem.status, text) from None


def _refusal(problem: RefusedInput, entries: Sequence[Entry]) -> str:
    number, bracket, field = problem.field.removeprefix("[").partition("].")
    place = entries[int(number)].place if bracket and number.isdigit() else problem.field
    return f"the app refused {place}, {field or '(body)'}: {problem.reason}"


def _whom(event: dict[str, Any]) -> str:
    data = event["data"]
    named = (data.get(field) for field in ("userPrincipalName", "employeeId", "objectId"))
    return str(next(filter(None, named), event["id"]))
