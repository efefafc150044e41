"""People: show somebody's way, and include or exclude them by hand."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.live import Live

from cli import goals
from cli.exits import Failure, Status
from cli.follow import follow
from cli.options import Actor, Output, Person, Reason, panel, signed
from cli.render.people import forecast_view, people_view
from cli.terminal import Form, console, show
from cli.until import read_until
from shared.domain.person.enrolment import State

Until = Annotated[
    str | None,
    typer.Option(
        help="Until the end of a date (2026-04-01), a moment, or for a time (90m, 12h, 7d, 2w); "
        "else for good.",
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
    """Show somebody's way into scope, step by step; everybody's whom IDENTITY means.

    Of whom nothing has asked for yet it tells what the rollout would make of them.
    """
    with ctx.obj() as api:

        def look() -> dict[str, Any]:
            return api.user(identity) or {"people": [], "forecast": []}

        if not watching:
            answer, status = look(), Status.OK
        else:
            judge = goals.of_people(until)
            with Live(console=console(stderr=True), transient=True) as live:
                answer, status = follow(
                    look,
                    lambda seen: live.update(_view(seen)),
                    lambda seen: judge(seen["people"]),
                    timeout=timeout,
                )
    is_known = bool(answer["people"] or answer["forecast"])
    if is_known:
        show(answer, _view(answer), output)
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
    """Put one person in, whatever the waves say; whoever is not eligible stays out."""
    with ctx.obj(signed(actor)) as api:
        _show(api.by_hand("include", identity, reason, _moment(until)), output)


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
    """Keep one person out, and take them out where they are in, whatever the waves say."""
    with ctx.obj(signed(actor)) as api:
        _show(api.by_hand("exclude", identity, reason, _moment(until)), output)


@app.command(**_PANEL)
def release(
    ctx: typer.Context,
    identity: Person,
    reason: Reason,
    actor: Actor = None,
    output: Output = Form.TABLE,
) -> None:
    """Forget what include or exclude said of a person; the waves decide again."""
    with ctx.obj(signed(actor)) as api:
        answer = api.by_hand("release", identity, reason)
    if not answer["people"]:
        raise Failure(Status.NOT_FOUND, f"nothing was ever said or done of {identity}")
    _show(answer, output)


def _moment(until: str | None) -> str | None:
    return read_until(until, datetime.now(UTC)) if until else None


def _show(answer: dict[str, Any], output: Form) -> None:
    show(answer, people_view(answer["people"]), output)


def _view(answer: dict[str, Any]) -> RenderableType:
    return Group(people_view(answer["people"]), forecast_view(answer["forecast"]))


def _where(identity: str, answer: dict[str, Any]) -> str:
    states = {one["state"] for one in answer["people"]}
    if answer["forecast"]:
        states.add("not enrolled")
    if not states:
        return f"nobody is known by {identity}"
    return f"{identity} is {', '.join(sorted(states))}"
