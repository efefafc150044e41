"""The rollout: see it, wait for it, and control it."""

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from cli import goals
from cli.exits import Failure, Status
from cli.follow import follow
from cli.goals import WaveGoal
from cli.options import Actor, Out, Output, Reason, app_of, panel, signed
from cli.plain import phase_text
from cli.tables import gates_table, rollout_table, standing_table
from cli.terminal import Form, console, printing_to, show, show_text, tell
from shared.contracts.api.words import RolloutPhase

if TYPE_CHECKING:
    from cli.standing import Standing
    from shared.contracts.api.rollout_views import RolloutView

_INTERVAL = 2.0
_NONE_YET = "there is no rollout yet; sspr plan FILE makes a plan of one"

Timeout = Annotated[
    float | None,
    typer.Option("--timeout", min=0, help="Stop after this many seconds.", show_default="no end"),
]

app = typer.Typer()
_SEE = panel("See how it stands")
_CONTROL = panel("Control the rollout")


@app.command("status", **_SEE)
def show_status(
    ctx: typer.Context,
    watching: Annotated[
        bool, typer.Option("--watch", help="Refresh every two seconds until Ctrl-C.")
    ] = False,
    timeout: Timeout = None,
    output: Output = Form.TABLE,
) -> None:
    """Show the rollout, the totals, who needs attention, and what was refused.

    In JSON the rollout is under `rollout`, beside the API's status.
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
        typer.Option(help="Wait for this phase; repeat it for several.", show_default="completed"),
    ] = None,
    wave: Annotated[
        str | None, typer.Option(help="Wait until this wave is done.", show_default=False)
    ] = None,
    until: Annotated[
        WaveGoal | None, typer.Option(help="With --wave, wait for this state or a later one.")
    ] = None,
    timeout: Timeout = None,
    output: Output = Form.TABLE,
) -> None:
    """Wait until the rollout reaches a phase, or a wave is done.

    Exits with 1 if the rollout stops somewhere else, where only an operator can move it on.
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
        int, typer.Option("-n", "--number", min=1, max=100, help="Show this many, newest first.")
    ] = 5,
    output: Output = Form.TABLE,
) -> None:
    """Show the latest evaluations of the gates, with every value and the decision."""
    with app_of(ctx) as api:
        found = api.gates(number)
    show(found, gates_table, output)


@app.command(**_SEE)
def document(
    ctx: typer.Context,
    version: Annotated[
        int | None,
        typer.Option(
            min=1, help="Print this version instead of the current one.", show_default=False
        ),
    ] = None,
    out: Out = "-",
) -> None:
    """Print the rollout document as its author wrote it."""
    with app_of(ctx) as api:
        text = api.document(version)
    if text is None:
        problem = _NONE_YET if version is None else f"the document has no version {version}"
        raise Failure(Status.NOT_FOUND, problem)
    with printing_to(out) as stream:
        if out == "-":
            show_text(text)
        else:
            stream.write(text)


@app.command(**_CONTROL)
def pause(
    ctx: typer.Context, reason: Reason, actor: Actor = None, output: Output = Form.TABLE
) -> None:
    """Pause the rollout until you resume it; keeps everybody who is in."""
    _control(ctx, "pause", actor, output, reason)


@app.command(**_CONTROL)
def resume(
    ctx: typer.Context, reason: Reason, actor: Actor = None, output: Output = Form.TABLE
) -> None:
    """Resume a paused rollout; adds the people of a wave again that was rolled back."""
    _control(ctx, "resume", actor, output, reason)


@app.command(**_CONTROL)
def promote(
    ctx: typer.Context,
    reason: Reason,
    skip_soak: Annotated[
        bool, typer.Option("--skip-soak", help="Start it even if the soak is not over.")
    ] = False,
    actor: Actor = None,
    output: Output = Form.TABLE,
) -> None:
    """Start the next wave now, without waiting for the gates."""
    _control(ctx, "promote", actor, output, reason, skip_soak=skip_soak)


@app.command(**_CONTROL)
def abort(
    ctx: typer.Context, reason: Reason, actor: Actor = None, output: Output = Form.TABLE
) -> None:
    """Abort the rollout for good: adds nobody any more, and keeps everybody who is in."""
    _control(ctx, "abort", actor, output, reason)


@app.command(**_CONTROL)
def restart(
    ctx: typer.Context, reason: Reason, actor: Actor = None, output: Output = Form.TABLE
) -> None:
    """Restart with the first wave and the same people in each wave; removes nobody."""
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

    # What draws the table is imported here, where no Ctrl-C is expected to cut an import in two.
    first = standing_table(seen)
    # Ctrl-C is how a watch is meant to end.
    with (
        Live(first, console=console(stderr=True), transient=True) as live,
        suppress(KeyboardInterrupt),
    ):
        follow(look, keep, lambda _: None, timeout=timeout, interval=_INTERVAL)
    return seen
