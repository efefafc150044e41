"""The rollout: see it, wait for it, and control it."""

from collections.abc import Callable
from contextlib import suppress
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.live import Live
from rich.text import Text

from cli import goals
from cli.control import control
from cli.exits import Failure, Status
from cli.follow import follow
from cli.goals import WaveState
from cli.options import Actor, Output, Reason, panel, signed
from cli.render.rollout import gates_view, phase_text, rollout_view
from cli.render.totals import totals_view
from cli.terminal import Form, console, show, show_text, tell
from shared.domain.rollout.state import Phase

_INTERVAL = 2.0
_NONE_YET = "there is no rollout yet; sspr plan FILE draws one up"

Timeout = Annotated[
    float | None,
    typer.Option("--timeout", min=0, help="At most so many seconds.", show_default="no end"),
]

app = typer.Typer()
_SEE = panel("See how it stands")
_STEER = panel("Steer the rollout")


@app.command("status", **_SEE)
def show_status(
    ctx: typer.Context,
    watching: Annotated[
        bool, typer.Option("--watch", help="Look again every two seconds until Ctrl-C.")
    ] = False,
    timeout: Timeout = None,
    output: Output = Form.TABLE,
) -> None:
    """Show the rollout, the totals, whoever needs a look, and what was refused.

    As JSON: the API's status with its rollout under `rollout`.
    """
    with ctx.obj() as api:

        def look() -> dict[str, Any]:
            return {**api.status(), "rollout": api.rollout()}

        seen = look()
        if watching:
            seen = _watched(seen, look, timeout)
    show(seen, _status_view(seen), output)


@app.command(**_SEE)
def wait(
    *,
    ctx: typer.Context,
    phase: Annotated[
        list[Phase] | None,
        typer.Option(help="Until this phase; may be given again.", show_default="completed"),
    ] = None,
    wave: Annotated[
        str | None, typer.Option(help="Until this wave is done.", show_default=False)
    ] = None,
    until: Annotated[
        WaveState | None, typer.Option(help="With --wave: until this state or a later one.")
    ] = None,
    timeout: Timeout = None,
    output: Output = Form.TABLE,
) -> None:
    """Wait until the rollout is in a phase, or one wave is done.

    Exits with 1 where the rollout comes to rest elsewhere: nothing moves then before an operator
    says so.
    """
    if wave and phase:
        raise typer.BadParameter("give --phase or --wave, not both")
    if until and not wave:
        raise typer.BadParameter("name a --wave", param_hint="--until")
    judge = goals.of_wave(wave, until or WaveState.DONE) if wave else None
    with ctx.obj() as api:

        def look() -> dict[str, Any]:
            found: dict[str, Any] | None = api.rollout()
            if found is None:
                raise Failure(Status.NOT_FOUND, _NONE_YET)
            return found

        seen, status = follow(
            look,
            _telling_changes(),
            judge or goals.of_phase(phase or [Phase.COMPLETED]),
            timeout=timeout,
            interval=_INTERVAL,
        )
    show(seen, rollout_view(seen), output)
    if status is Status.TIMEOUT:
        raise Failure(status, f"the rollout is {phase_text(seen)} after {timeout:g} s")
    if status is not Status.OK:
        raise Failure(status, f"the rollout is {phase_text(seen)}")


@app.command(**_SEE)
def gates(
    ctx: typer.Context,
    number: Annotated[
        int, typer.Option("-n", "--number", min=1, max=100, help="The newest so many looks.")
    ] = 5,
    output: Output = Form.TABLE,
) -> None:
    """Show the newest looks at the gates: every value, and what was made of it."""
    with ctx.obj() as api:
        found = api.gates(number)
    show(found, gates_view(found["evaluations"]), output)


@app.command(**_SEE)
def document(
    ctx: typer.Context,
    version: Annotated[
        int | None, typer.Option(min=1, help="Else the one in force.", show_default=False)
    ] = None,
) -> None:
    """Print the rollout document as it was written."""
    with ctx.obj() as api:
        text = api.document(version)
    if text is None:
        problem = _NONE_YET if version is None else f"the document has no version {version}"
        raise Failure(Status.NOT_FOUND, problem)
    show_text(text)


@app.command(**_STEER)
def pause(
    ctx: typer.Context, reason: Reason, actor: Actor = None, output: Output = Form.TABLE
) -> None:
    """Stop the rollout until it is resumed; whoever is in stays in."""
    _steer(ctx, "pause", actor, output, reason=reason)


@app.command(**_STEER)
def resume(
    ctx: typer.Context, reason: Reason, actor: Actor = None, output: Output = Form.TABLE
) -> None:
    """Go on where the rollout was paused; a wave that was rolled back is put in again."""
    _steer(ctx, "resume", actor, output, reason=reason)


@app.command(**_STEER)
def promote(
    ctx: typer.Context,
    reason: Reason,
    skip_soak: Annotated[
        bool, typer.Option("--skip-soak", help="Although the soak is not over.")
    ] = False,
    actor: Actor = None,
    output: Output = Form.TABLE,
) -> None:
    """Let the next wave begin on your word instead of the gates'."""
    _steer(ctx, "promote", actor, output, reason=reason, skipSoak=skip_soak)


@app.command(**_STEER)
def abort(
    ctx: typer.Context, reason: Reason, actor: Actor = None, output: Output = Form.TABLE
) -> None:
    """End the rollout for good: nobody is added any more, and whoever is in stays in."""
    _steer(ctx, "abort", actor, output, reason=reason)


@app.command(**_STEER)
def restart(
    ctx: typer.Context, reason: Reason, actor: Actor = None, output: Output = Form.TABLE
) -> None:
    """Begin anew with the first wave and the same people in each; nobody is taken out."""
    _steer(ctx, "restart", actor, output, reason=reason)


def _steer(ctx: typer.Context, verb: str, actor: str | None, output: Form, **said: Any) -> None:
    with ctx.obj(signed(actor)) as api:
        rollout = control(api, verb, **said)
    show(rollout, rollout_view(rollout), output)


def _telling_changes() -> Callable[[dict[str, Any]], None]:
    """Says where the rollout is, once it is somewhere else."""
    said = ""

    def say(seen: dict[str, Any]) -> None:
        nonlocal said
        if (text := phase_text(seen)) != said:
            tell(text)
        said = text

    return say


def _watched(
    seen: dict[str, Any], look: Callable[[], dict[str, Any]], timeout: float | None
) -> dict[str, Any]:
    """The last look of many, each of them shown."""

    def keep(latest: dict[str, Any]) -> None:
        nonlocal seen
        seen = latest
        live.update(_status_view(latest))

    # Ctrl-C is how a watch is meant to end.
    with Live(console=console(stderr=True), transient=True) as live, suppress(KeyboardInterrupt):
        follow(look, keep, lambda _: None, timeout=timeout, interval=_INTERVAL)
    return seen


def _status_view(seen: dict[str, Any]) -> RenderableType:
    without = [{**one, "body": None} for one in seen["refused"]]
    return Group(rollout_view(seen["rollout"]), Text(), totals_view({**seen, "refused": without}))
