"""People: show somebody's way, and include or exclude them by hand."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from cli import goals
from cli.exits import Failure, Status
from cli.findings import names_in
from cli.follow import follow
from cli.options import Actor, Output, Person, Reason, app_of, panel, signed
from cli.tables import excluded_table, people_table
from cli.terminal import Form, console, draw, progress, show, show_each_as_json, tell
from cli.until import read_until
from shared.contracts.api.words import PersonState

if TYPE_CHECKING:
    from cli.client import OperatorApi
    from shared.contracts.api.people_views import KeptOutView, PeopleView

Until = Annotated[
    str | None,
    typer.Option(
        help="Hold until the end of a date (2026-04-01), until a moment, or for a duration (90m, "
        "12h, 7d, 2w); without it, for good.",
        show_default=False,
    ),
]

SomeIdentity = Annotated[
    str | None, typer.Argument(help="UPN, employee id or object id.", show_default=False)
]
PeopleFile = Annotated[
    str | None,
    typer.Option(
        "--file",
        metavar="<file>",
        help="Say it of everybody in this file, one name a line; - for stdin.",
        show_default=False,
    ),
]
_FOR_GOOD = "excluded-for-good"

app = typer.Typer()
_PANEL = panel("People")


@app.command(**_PANEL)
def user(
    *,
    ctx: typer.Context,
    identity: Person,
    watching: Annotated[
        bool, typer.Option("--watch", help="Refresh every second until the enrolment has ended.")
    ] = False,
    until: Annotated[
        PersonState | None, typer.Option(help="With --watch, stop at this state or a later one.")
    ] = None,
    timeout: Annotated[
        float, typer.Option(min=0, help="With --watch, stop after this many seconds.")
    ] = 600,
    output: Output = Form.TABLE,
) -> None:
    """Show the enrolment, step by step, of everybody whom IDENTITY names.

    For somebody who is not enrolled it shows what the rollout would do with them.
    """
    with app_of(ctx) as api:
        if watching:
            answer, status = _watched(api, identity, until, timeout)
        else:
            answer, status = _looked(api, identity), Status.OK
    is_known = bool(answer.people or answer.forecast)
    if is_known:
        show(answer, people_table, output)
    if status is Status.TIMEOUT:
        raise Failure(status, f"{_where(identity, answer)} after {timeout:g} s")
    if status is not Status.OK or not is_known:
        raise Failure(Status.NOT_FOUND, _where(identity, answer))


@app.command(**_PANEL)
def include(
    *,
    ctx: typer.Context,
    identity: Person,
    reason: Reason,
    until: Until = None,
    actor: Actor = None,
    output: Output = Form.TABLE,
) -> None:
    """Include one person, whatever the waves say; does not add anybody who is not eligible."""
    with app_of(ctx, signed(actor)) as api:
        show(api.override("include", identity, reason, _moment(until)), people_table, output)


@app.command(**_PANEL)
def exclude(
    *,
    ctx: typer.Context,
    identity: SomeIdentity = None,
    file: PeopleFile = None,
    reason: Reason,
    until: Until = None,
    never: Annotated[
        bool,
        typer.Option(
            "--never", help="Exclude for good, whatever events, waves and documents come."
        ),
    ] = False,
    take_out: Annotated[
        bool,
        typer.Option("--take-out", help="Take them out even where somebody else put them in."),
    ] = False,
    actor: Actor = None,
    output: Output = Form.TABLE,
) -> None:
    """Exclude one person, whatever the waves say; removes them if they are in."""
    if never and until:
        raise typer.BadParameter("for good has no end; leave out --until", param_hint="--never")
    moment = _moment(until)
    with app_of(ctx, signed(actor)) as api:
        answers = [
            api.override("exclude", one, reason, moment, never=never, takeOut=take_out)
            for one in _identities(identity, file)
        ]
    show(_together(answers), people_table, output)


@app.command(**_PANEL)
def release(
    *,
    ctx: typer.Context,
    identity: SomeIdentity = None,
    file: PeopleFile = None,
    reason: Reason,
    never: Annotated[
        bool, typer.Option("--never", help="Release from an exclusion for good as well.")
    ] = False,
    actor: Actor = None,
    output: Output = Form.TABLE,
) -> None:
    """Release one person from include and exclude; lets the waves decide again."""
    identities = _identities(identity, file)
    with app_of(ctx, signed(actor)) as api:
        answers = [api.override("release", one, reason, never=never) for one in identities]
    answer = _together(answers)
    if not answer.people:
        raise Failure(Status.NOT_FOUND, f"nothing was ever said or done of {', '.join(identities)}")
    show(answer, people_table, output)


@app.command(**_PANEL)
def excluded(
    *,
    ctx: typer.Context,
    never: Annotated[
        bool, typer.Option("--never", help="Only those who are excluded for good.")
    ] = False,
    output: Output = Form.TABLE,
) -> None:
    """List the people whom operators keep out, with who said so and why."""
    found: list[KeptOutView] = []
    missing: set[str] = set()
    with app_of(ctx) as api, progress("reading the people"):
        for part in api.excluded():
            found += (one for one in part.people if not never or one.reason == _FOR_GOOD)
            missing |= {part.names_missing} if part.names_missing else set()
    if output is Form.JSON:
        show_each_as_json(found)
    else:
        draw(excluded_table(found))
    for why in sorted(missing):
        tell(why)


def _identities(identity: str | None, file: str | None) -> list[str]:
    if (identity is None) == (file is None):
        raise typer.BadParameter("give one person, or a --file of people")
    return [identity] if identity is not None else names_in(file or "")


def _together(answers: "Sequence[PeopleView]") -> "PeopleView":
    from shared.contracts.api.people_views import PeopleView

    return PeopleView(people=tuple(one for answer in answers for one in answer.people))


def _moment(until: str | None) -> str | None:
    return read_until(until, datetime.now(UTC)) if until else None


def _looked(api: "OperatorApi", identity: str) -> "PeopleView":
    from shared.contracts.api.people_views import PeopleView

    return api.user(identity) or PeopleView(people=())


def _watched(
    api: "OperatorApi", identity: str, until: PersonState | None, timeout: float
) -> "tuple[PeopleView, Status]":
    """The last look of many, each of them shown, and how it ended."""
    from rich.live import Live

    judge = goals.of_people(until)
    with Live(console=console(stderr=True), transient=True) as live:
        return follow(
            lambda: _looked(api, identity),
            lambda seen: live.update(people_table(seen)),
            lambda seen: judge(seen.people),
            timeout=timeout,
        )


def _where(identity: str, answer: "PeopleView") -> str:
    states = {one.state for one in answer.people}
    if answer.forecast:
        states.add("not enrolled")
    if not states:
        return f"nobody is known by {identity}"
    return f"{identity} is {', '.join(sorted(states))}"
