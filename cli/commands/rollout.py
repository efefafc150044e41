"""The rollout: see it, wait for it, and control it."""

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from cli import goals
from cli.exits import Failure, Status
from cli.follow import follow
from cli.goals import WaveGoal
from cli.options import Actor, Output, Reason, app_of, panel, signed
from cli.plain import phase_text
from cli.tables import gates_table, rollout_table, standing_table
from cli.terminal import Form, console, show, show_text, tell
from shared.contracts.api.words import RolloutPhase

if TYPE_CHECKING:
    from cli.standing import Standing
    from shared.contracts.api.rollout_views import RolloutView

_INTERVAL = 2.0
_NONE_YET = "there is no rollout yet; sspr plan FILE makes a plan of one"

Timeout = Annotated[
    float | None,
    typer.Option("--timeout", min=0, help="At most so many seconds.", show_default="no end"),
]

app = typer.Typer()
_SEE = panel("See how it stands")
_CONTROL = panel("Control the rollout")


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
    from cli.standing import Standing

    with app_of(ctx) as api:

        def look() -> Standing:
            return Standing(api.status(), api.rollout())

        seen = look()
        if watching:
            seen = _watched(seen, look, timeout)
    show(seen, standing_table, output)


@app.command(**_SEE)
def wait(
    *,
    ctx: typer.Context,
    phase: Annotated[
        list[RolloutPhase] | None,
        typer.Option(help="Until this phase; may be given again.", show_default="completed"),
    ] = None,
    wave: Annotated[
        str | None, typer.Option(help="Until this wave is done.", show_default=False)
    ] = None,
    until: Annotated[
        WaveGoal | None, typer.Option(help="With --wave: until this state or a later one.")
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
    judge = goals.of_wave(wave, until or WaveGoal.DONE) if wave else None
    with app_of(ctx) as api:

        def look() -> "RolloutView":
            found = api.rollout()
            if found is None:
                raise Failure(Status.NOT_FOUND, _NONE_YET)
            return found

        seen, status = follow(
            look,
            _telling_changes(),
            judge or goals.of_phase(phase or [RolloutPhase.COMPLETED]),
            timeout=timeout,
            interval=_INTERVAL,
        )
    show(seen, rollout_table, output)
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
    with app_of(ctx) as api:
        found = api.gates(number)
    show(found, gates_table, output)


@app.command(**_SEE)
def document(
    ctx: typer.Context,
    version: Annotated[
        int | None, typer.Option(min=1, help="Else the one in force.", show_default=False)
    ] = None,
) -> None:
    """Print the rollout document as it was written."""
    with app_of(ctx) as api:
        text = api.document(version)
    if text is None:
        problem = _NONE_YET if version is None else f"the document has no version {version}"
        raise Failure(Status.NOT_FOUND, problem)
    show_text(text)


@app.command(**_CONTROL)
def pause(
    ctx: typer.Context, reason: Reason, actor: Actor = None, output: Output = Form.TABLE
) -> None:
    """Stop the rollout until it is resumed; whoever is in stays in."""
    _control(ctx, "pause", actor, output, reason)


@app.command(**_CONTROL)
def resume(
    ctx: typer.Context, reason: Reason, actor: Actor = None, output: Output = Form.TABLE
) -> None:
    """Go on where the rollout was paused; a wave that was rolled back is put in again."""
    _control(ctx, "resume", actor, output, reason)


@app.command(**_CONTROL)
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
    _control(ctx, "promote", actor, output, reason, skip_soak=skip_soak)


@app.command(**_CONTROL)
def abort(
    ctx: typer.Context, reason: Reason, actor: Actor = None, output: Output = Form.TABLE
) -> None:
    """End the rollout for good: nobody is added any more, and whoever is in stays in."""
    _control(ctx, "abort", actor, output, reason)


@app.command(**_CONTROL)
def restart(
    ctx: typer.Context, reason: Reason, actor: Actor = None, output: Output = Form.TABLE
) -> None:
    """Begin anew with the first wave and the same people in each; nobody is taken out."""
    _control(ctx, "restart", actor, output, reason)


def _control(
    ctx: typer.Context,
    verb: str,
    actor: str | None,
    output: Form,
    reason: str,
    *,
    skip_soak: bool | None = None,
) -> None:
    from cli.control import control

    with app_of(ctx, signed(actor)) as api:
        rollout = control(api, verb, reason, skip_soak=skip_soak)
    show(rollout, rollout_table, output)


def _telling_changes() -> "Callable[[RolloutView], None]":
    """Says where the rollout is, once it is somewhere else."""
    said = ""

    def say(seen: "RolloutView") -> None:
        nonlocal said
        if (text := phase_text(seen)) != said:
            tell(text)
        said = text

    return say


def _watched(seen: "Standing", look: "Callable[[], Standing]", timeout: float | None) -> "Standing":
    """The last look of many, each of them shown."""
    from rich.live import Live

    def keep(latest: "Standing") -> None:
        nonlocal seen
        seen = latest
        live.update(standing_table(latest))

    # Ctrl-C is how a watch is meant to end.
    with Live(console=console(stderr=True), transient=True) as live, suppress(KeyboardInterrupt):
        follow(look, keep, lambda _: None, timeout=timeout, interval=_INTERVAL)
    return seen
