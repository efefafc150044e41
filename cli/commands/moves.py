"""Moves of SSPR's scope: adopt the group, and leave it for All, with nobody losing in between."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from cli.exits import Failure, RefusedInput, Status
from cli.findings import of_file, text_of
from cli.options import Actor, Output, Patience, Reason, Yes, app_of, panel, signed
from cli.plain import people
from cli.plan_people import write_people
from cli.tables import adopt_table, leave_table, rollout_table
from cli.terminal import Form, confirm, draw, show_as_json

if TYPE_CHECKING:
    from shared.contracts.api.move_views import AdoptView

_LATER = "sspr status shows what comes of it"


class Origin(StrEnum):
    """Whom SSPR is on for before the group is adopted."""

    ALL = "all"
    NONE = "none"
    GROUP = "group"


app = typer.Typer()
_PANEL = panel("Come from something else, and leave")


@app.command(**_PANEL)
def adopt(
    *,
    ctx: typer.Context,
    file: Annotated[
        str | None, typer.Argument(help="A rollout document; - for stdin.", show_default=False)
    ] = None,
    came_from: Annotated[
        Origin | None, typer.Option("--from", help="Whom SSPR is on for now.", show_default=False)
    ] = None,
    selected: Annotated[
        bool,
        typer.Option(
            "--selected",
            help="Say at select-now that you have selected the group, where nothing tells of it; "
            "with --reason.",
        ),
    ] = False,
    group: Annotated[
        str | None,
        typer.Option(
            help="The object id of the group that is selected now, if it is another than the "
            "document's; dynamic or not.",
            show_default=False,
        ),
    ] = None,
    accept_losing: Annotated[
        int, typer.Option(min=0, help="Accept that so many people lose SSPR by it.")
    ] = 0,
    people_to: Annotated[
        str | None,
        typer.Option(
            "--people",
            metavar="<file>",
            help="Write everybody concerned to this CSV file, whoever loses first; - for stdout.",
        ),
    ] = None,
    reason: Annotated[str, typer.Option(help="Say why, for the audit.", show_default=False)] = "",
    yes: Yes = False,
    actor: Actor = None,
    timeout: Patience = 600,
    output: Output = Form.TABLE,
) -> None:
    """Adopt the group: show who would lose SSPR, ask, and fill it; you select it afterwards.

    Exits with 5 if more people would lose SSPR than --accept-losing says, after showing them.
    """
    from cli.operations import finished

    if selected:
        _say_selected(ctx, actor, reason, output)
        return
    if file is None or came_from is None:
        raise typer.BadParameter("name a document, and whom SSPR is on for with --from")
    asked: dict[str, object] = {
        "document": text_of(file),
        "cameFrom": came_from.value,
        "acceptLosing": accept_losing,
        "reason": reason,
    }
    if group:
        asked["group"] = group
    with app_of(ctx, signed(actor)) as api:
        try:
            operation = api.adopt(asked)
        except RefusedInput as refused:
            raise of_file(file, refused) from None
        otherwise = "nothing was done; try again"
        _, shown = finished(
            api, operation, "finding out who loses", timeout=timeout, otherwise=otherwise
        )
        draw(adopt_table(shown), stderr=True)
        if people_to:
            write_people(api, shown.fingerprint, people_to)
        _refuse_losses(shown, accept_losing)
        confirm("Fill the group by this plan?", yes=yes)
        operation = api.adopt(asked | {"plan": shown.fingerprint})
        done, _ = finished(api, operation, "beginning", timeout=timeout, otherwise=_LATER)
        if output is Form.JSON:
            show_as_json(done)
        else:
            draw(rollout_table(api.rollout()))


@app.command(**_PANEL)
def leave(
    *,
    ctx: typer.Context,
    reason: Reason,
    empty_group: Annotated[
        bool,
        typer.Option(
            "--empty-group", help="Take out whom the product put in, once SSPR is on for all."
        ),
    ] = False,
    all_selected: Annotated[
        bool,
        typer.Option(
            "--all-selected",
            help="Say that you have selected All, where nothing tells of it for an hour.",
        ),
    ] = False,
    cancel: Annotated[
        bool, typer.Option("--cancel", help="Cancel the leaving that is under way.")
    ] = False,
    yes: Yes = False,
    actor: Actor = None,
    timeout: Patience = 600,
    output: Output = Form.TABLE,
) -> None:
    """Leave for All: show the next step, ask, and take it; call it again for the one after.

    The group is let go only once SSPR is seen to be on for all. Exits with 5 where the next step
    is yours.
    """
    from cli.operations import finished

    asked: dict[str, object] = {
        "reason": reason,
        "emptyGroup": empty_group,
        "allSelected": all_selected,
    }
    if cancel:
        asked["cancel"] = True
    with app_of(ctx, signed(actor)) as api:
        _, shown = finished(
            api,
            api.leave(asked),
            "finding out what is next",
            timeout=timeout,
            otherwise="nothing was done; try again",
        )
        draw(leave_table(shown), stderr=True)
        question = (
            f"End the rollout, and take {people(shown.removals)} out of the group?"
            if shown.stage == "noticed"
            else ("Cancel the leaving?" if cancel else "Leave for All?")
        )
        confirm(question, yes=yes)
        operation = api.leave(asked | {"plan": shown.fingerprint})
        done, result = finished(api, operation, "leaving", timeout=timeout, otherwise=_LATER)
        if output is Form.JSON:
            show_as_json(done)
        else:
            draw(rollout_table(api.rollout()))
    if result.stage == "select-all-now":
        raise Failure(Status.NOT_POSSIBLE, result.next_step)


def _say_selected(ctx: typer.Context, actor: str | None, reason: str, output: Form) -> None:
    if not reason:
        raise typer.BadParameter("say why, for the audit", param_hint="--reason")
    with app_of(ctx, signed(actor)) as api:
        standing = api.control("selected", reason=reason)
    if output is Form.JSON:
        show_as_json(standing)
    else:
        draw(rollout_table(standing))


def _refuse_losses(shown: "AdoptView", accepted: int) -> None:
    if shown.losing > accepted:
        raise Failure(
            Status.NOT_POSSIBLE,
            f"{people(shown.losing)} would lose SSPR; put them in, or --accept-losing "
            f"{shown.losing}",
        )
