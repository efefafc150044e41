"""Held events: list whom a sender moves beyond its brake, let them through, or drop them."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from cli.exits import EPILOG, Failure, Status
from cli.many import Many
from cli.options import Actor, Output, Yes, app_of, signed
from cli.tables import decided_table, held_table
from cli.terminal import Form, show

if TYPE_CHECKING:
    from cli.client import OperatorApi
    from cli.held import HeldFound
    from shared.contracts.api.held_views import HeldEventView

app = typer.Typer(
    help="Look at events that a brake holds, let them through, or drop them.",
    no_args_is_help=True,
)
Keys = Annotated[
    list[str] | None, typer.Argument(help="Keys of events, as list shows them.", show_default=False)
]
All = Annotated[bool, typer.Option("--all", help="Take all, or all of --source and --direction.")]
OfSource = Annotated[
    str | None,
    typer.Option("--source", help="Take those of this HR source, or of queue.", show_default=False),
]
OfDirection = Annotated[
    str | None,
    typer.Option("--direction", help="Take those joining, or leaving.", show_default=False),
]
Why = Annotated[str, typer.Option("--why", help="Say why, for the audit.", show_default=False)]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show which these would be, and do nothing.")
]
_DIRECTIONS = ("joining", "leaving")


@app.command("list", epilog=EPILOG)
def list_(
    ctx: typer.Context,
    source: OfSource = None,
    direction: OfDirection = None,
    output: Output = Form.TABLE,
) -> None:
    """List the events that a brake holds, by source and direction."""
    from cli.held import HeldFound

    with app_of(ctx) as api:
        found = _of(api.held_events(), source, direction)
    show(HeldFound(found), held_table, output)


@app.command("let-through", epilog=EPILOG)
def let_through(
    *,
    ctx: typer.Context,
    keys: Keys = None,
    why: Why,
    all_: All = False,
    source: OfSource = None,
    direction: OfDirection = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    actor: Actor = None,
    output: Output = Form.TABLE,
) -> None:
    """Let held events through, whatever the brake says; shows them first, and asks."""
    with app_of(ctx, signed(actor)) as api:
        chosen = _chosen(api, keys, all_=all_, source=source, direction=direction)
        question = "Let {} through?".format
        if chosen.agreed(question, dry_run=dry_run, yes=yes, output=output):
            _decide(api, "let-through", chosen, why=why, output=output)


@app.command(epilog=EPILOG)
def drop(
    *,
    ctx: typer.Context,
    keys: Keys = None,
    why: Why,
    all_: All = False,
    source: OfSource = None,
    direction: OfDirection = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    actor: Actor = None,
    output: Output = Form.TABLE,
) -> None:
    """Drop held events, and keep each whole among the refused; shows them first, and asks."""
    question = "Drop {}? sspr refused --bodies keeps what they said.".format
    with app_of(ctx, signed(actor)) as api:
        chosen = _chosen(api, keys, all_=all_, source=source, direction=direction)
        if chosen.agreed(question, dry_run=dry_run, yes=yes, output=output):
            _decide(api, "drop", chosen, why=why, output=output)


def _of(
    events: "Iterable[HeldEventView]", source: str | None, direction: str | None
) -> "list[HeldEventView]":
    if direction is not None and direction not in _DIRECTIONS:
        raise typer.BadParameter(f"--direction: write {' or '.join(_DIRECTIONS)}")
    return [
        one for one in events if source in {None, one.source} and direction in {None, one.direction}
    ]


def _chosen(
    api: "OperatorApi",
    keys: Sequence[str] | None,
    *,
    all_: bool,
    source: str | None,
    direction: str | None,
) -> "Many[str, HeldFound]":
    from cli.held import HeldFound

    if bool(keys) == all_:
        raise typer.BadParameter("give keys of events, or --all")
    if keys and (source or direction):
        raise typer.BadParameter("--source and --direction go with --all")
    found = _of(api.held_events(), source, direction)
    known = [one.key for one in found]
    if missing := [key for key in keys or () if key not in known]:
        raise Failure(Status.NOT_FOUND, f"not held: {', '.join(missing)}")
    chosen = [one for one in found if not keys or one.key in keys]
    return Many(
        [one.key for one in chosen],
        HeldFound(chosen),
        held_table,
        noun="held event",
        none="no such event is held",
    )


def _decide(
    api: "OperatorApi", verb: str, chosen: "Many[str, HeldFound]", *, why: str, output: Form
) -> None:
    from cli.held import HeldDecided

    chosen.deal(
        lambda some: api.decide_held_events(verb, some, why),
        lambda done, left: show(HeldDecided(verb, done, left), decided_table, output),
        "not there any more",
    )
