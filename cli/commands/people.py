"""People: show somebody's way, and include or exclude them by hand."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from cli import goals
from cli.exits import Failure, Status
from cli.follow import follow
from cli.options import Actor, Output, Person, Reason, app_of, panel, signed
from cli.tables import people_table
from cli.terminal import Form, console, show
from cli.until import read_until
from shared.contracts.api.words import PersonState

if TYPE_CHECKING:
    from cli.client import OperatorApi
    from shared.contracts.api.people_views import PeopleView

Until = Annotated[
    str | None,
    typer.Option(
        help="Hold until the end of a date (2026-04-01), until a moment, or for a duration (90m, "
        "12h, 7d, 2w); without it, for good.",
        show_default=False,
    ),
]

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
    identity: Person,
    reason: Reason,
    until: Until = None,
    actor: Actor = None,
    output: Output = Form.TABLE,
) -> None:
    """Exclude one person, whatever the waves say; removes them if they are in."""
    with app_of(ctx, signed(actor)) as api:
        show(api.override("exclude", identity, reason, _moment(until)), people_table, output)


@app.command(**_PANEL)
def release(
    ctx: typer.Context,
    identity: Person,
    reason: Reason,
    actor: Actor = None,
    output: Output = Form.TABLE,
) -> None:
    """Release one person from include and exclude; lets the waves decide again."""
    with app_of(ctx, signed(actor)) as api:
        answer = api.override("release", identity, reason)
    if not answer.people:
        raise Failure(Status.NOT_FOUND, f"nothing was ever said or done of {identity}")
    show(answer, people_table, output)


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
