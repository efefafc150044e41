"""Dead letters: list them, show one whole, send some again, or discard them."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from cli.exits import EPILOG, Failure, Status
from cli.many import Many
from cli.options import Actor, Output, Yes, app_of, signed
from cli.tables import dead_letter_table, dead_letters_table, dealt_table
from cli.terminal import Form, show

if TYPE_CHECKING:
    from cli.client import OperatorApi
    from cli.letters import LettersFound

app = typer.Typer(
    help="Look at messages that were set aside, send them again, or discard them.",
    no_args_is_help=True,
)
Queue = Annotated[str, typer.Argument(help="Name the queue.", show_default=False)]
Numbers = Annotated[
    list[int] | None, typer.Argument(help="Sequence numbers, as list shows them.", min=0)
]
All = Annotated[bool, typer.Option("--all", help="Take all of the queue, or all with --reason.")]
Filter = Annotated[
    str | None,
    typer.Option(
        "--reason", help="With --all, take those set aside for this reason.", show_default=False
    ),
]
Why = Annotated[str, typer.Option("--why", help="Say why, for the audit.", show_default=False)]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show which these would be, and do nothing.")
]


@app.command("list", epilog=EPILOG)
def list_(
    ctx: typer.Context,
    queue: Annotated[
        str | None, typer.Argument(help="Show one queue's only.", show_default=False)
    ] = None,
    output: Output = Form.TABLE,
) -> None:
    """List dead letters of every queue, or of one, oldest first."""
    from cli.letters import LettersFound

    with app_of(ctx) as api:
        if queue is None:
            counted = api.dead_letter_counts().queues
            names = [one.queue for one in counted if one.number]
            unseen = [one for one in counted if one.number is None]
        else:
            names, unseen = [queue], []
        letters = [letter for name in names for letter in api.dead_letters(name)]
    show(LettersFound(letters, unseen), dead_letters_table, output)
    if unseen:
        problem = f"could not be seen: {', '.join(one.queue for one in unseen)}; try sspr health"
        raise Failure(Status.UNREACHABLE, problem)


@app.command("show", epilog=EPILOG)
def show_(
    ctx: typer.Context,
    queue: Queue,
    number: Annotated[int, typer.Argument(help="Its sequence number.", min=0, show_default=False)],
    output: Output = Form.TABLE,
) -> None:
    """Show a dead letter with its whole body."""
    with app_of(ctx) as api:
        letter = api.dead_letter(queue, number)
    if letter is None:
        raise Failure(Status.NOT_FOUND, f"{queue} has no dead letter {number}")
    show(letter, dead_letter_table, output)


@app.command(epilog=EPILOG)
def resubmit(
    *,
    ctx: typer.Context,
    queue: Queue,
    numbers: Numbers = None,
    why: Why,
    all_: All = False,
    reason: Filter = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    actor: Actor = None,
    output: Output = Form.TABLE,
) -> None:
    """Send dead letters to their queue again, unchanged; shows them first, and asks."""
    with app_of(ctx, signed(actor)) as api:
        chosen = _chosen(api, queue, numbers, all_=all_, reason=reason)
        question = partial("Send {1} to {0} again?".format, queue)
        if chosen.agreed(question, dry_run=dry_run, yes=yes, output=output):
            _deal(api, "resubmit", queue, chosen, why=why, output=output)


@app.command(epilog=EPILOG)
def discard(
    *,
    ctx: typer.Context,
    queue: Queue,
    numbers: Numbers = None,
    why: Why,
    all_: All = False,
    reason: Filter = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    actor: Actor = None,
    output: Output = Form.TABLE,
) -> None:
    """Take dead letters off, and keep each whole among the refused; shows them first, and asks."""
    with app_of(ctx, signed(actor)) as api:
        chosen = _chosen(api, queue, numbers, all_=all_, reason=reason)
        text = "Discard {1} of {0}? sspr refused --bodies keeps what they said."
        if chosen.agreed(partial(text.format, queue), dry_run=dry_run, yes=yes, output=output):
            _deal(api, "discard", queue, chosen, why=why, output=output)


def _chosen(
    api: "OperatorApi", queue: str, numbers: Sequence[int] | None, *, all_: bool, reason: str | None
) -> "Many[int, LettersFound]":
    from cli.letters import LettersFound

    if bool(numbers) == all_:
        raise typer.BadParameter("give sequence numbers, or --all")
    if reason is not None and not all_:
        raise typer.BadParameter("--reason goes with --all")
    letters = list(api.dead_letters(queue))
    known = {one.sequence_number for one in letters}
    if missing := [str(number) for number in numbers or () if number not in known]:
        raise Failure(Status.NOT_FOUND, f"{queue} has no dead letter {', '.join(missing)}")
    chosen = [
        one
        for one in letters
        if (one.sequence_number in numbers if numbers else reason in {None, one.reason})
    ]
    return Many(
        [one.sequence_number for one in chosen],
        LettersFound(chosen),
        dead_letters_table,
        noun="dead letter",
        none=f"{queue} has no such dead letter",
    )


def _deal(
    api: "OperatorApi",
    verb: str,
    queue: str,
    chosen: "Many[int, LettersFound]",
    *,
    why: str,
    output: Form,
) -> None:
    from cli.letters import LettersDealtWith

    chosen.deal(
        lambda some: api.deal_with_dead_letters(verb, queue, some, why),
        lambda done, left: show(LettersDealtWith(verb, queue, done, left), dealt_table, output),
        "left where they are",
    )
