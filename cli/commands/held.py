"""Held events: list whom a sender moves beyond its brake, let them through, or drop them."""

from collections.abc import Iterable, Sequence
from itertools import batched
from typing import TYPE_CHECKING, Annotated

import typer

from cli.exits import EPILOG, Failure, Status
from cli.options import Actor, Output, Yes, app_of, signed
from cli.plain import count
from cli.tables import decided_table, held_table
from cli.terminal import Form, confirm, draw, show, tell

if TYPE_CHECKING:
    from cli.client import OperatorApi
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
_MOST_AT_ONCE = 100
"""That the app takes in one request."""


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
        if _agreed(chosen, "Let {} through?", dry_run=dry_run, yes=yes, output=output):
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
    question = "Drop {}? sspr refused --bodies keeps what they said."
    with app_of(ctx, signed(actor)) as api:
        chosen = _chosen(api, keys, all_=all_, source=source, direction=direction)
        if _agreed(chosen, question, dry_run=dry_run, yes=yes, output=output):
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
) -> "list[HeldEventView]":
    if bool(keys) == all_:
        raise typer.BadParameter("give keys of events, or --all")
    if keys and (source or direction):
        raise typer.BadParameter("--source and --direction go with --all")
    found = _of(api.held_events(), source, direction)
    if not keys:
        return found
    known = {one.key for one in found}
    if missing := [key for key in keys if key not in known]:
        raise Failure(Status.NOT_FOUND, f"not held: {', '.join(missing)}")
    return [one for one in found if one.key in keys]


def _agreed(
    chosen: "Sequence[HeldEventView]", question: str, *, dry_run: bool, yes: bool, output: Form
) -> bool:
    """Shows what was chosen, and tells whether to go on.

    Raises:
        Failure: the answer is no, or there is nobody to ask.
    """
    from cli.held import HeldFound

    found = HeldFound(chosen)
    if dry_run:
        show(found, held_table, output)
        return False
    if not chosen:
        tell("no such event is held")
        return False
    if not yes:
        draw(held_table(found), stderr=True)
    confirm(question.format(count(len(chosen), "held event")), yes=yes)
    return True


def _decide(
    api: "OperatorApi", verb: str, chosen: "Sequence[HeldEventView]", *, why: str, output: Form
) -> None:
    from cli.held import HeldDecided

    done: list[str] = []
    left: list[str] = []
    try:
        for some in batched([one.key for one in chosen], _MOST_AT_ONCE, strict=False):
            answer = api.decide_held_events(verb, some, why)
            done += answer.done
            left += answer.left
            tell(f"{len(done)} of {len(chosen)} done")
    finally:
        # What was done is told, even where something went wrong behind it.
        if done or left:
            show(HeldDecided(verb, done, left), decided_table, output)
    if left:
        raise Failure(Status.NOT_POSSIBLE, f"{count(len(left), 'held event')} not there any more")
