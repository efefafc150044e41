"""Plans: check a rollout document, see what it would do, apply it, and take a wave back."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from cli.exits import Failure, RefusedInput, Status
from cli.findings import line_of, of_file, show_findings, text_of, views_of
from cli.options import Actor, Out, Output, Patience, Reason, Yes, app_of, panel, signed
from cli.plain import moment, people
from cli.plan_people import write_people
from cli.tables import (
    check_table,
    plan_markdown,
    plan_table,
    recovery_table,
    rollback_table,
    rollout_table,
)
from cli.terminal import Form, confirm, draw, printing_to, show_as_json, show_json, tell

if TYPE_CHECKING:
    from cli.client import OperatorApi
    from shared.contracts.api.error_views import FindingView
    from shared.contracts.api.plan_views import PlanView
    from shared.contracts.api.rollout_views import RolloutView

_LATER = "sspr status shows what comes of it"

File = Annotated[str, typer.Argument(help="A rollout document; - for stdin.", show_default=False)]


class PlanForm(StrEnum):
    """How a plan is shown: for people, as the API's JSON, or for a change request."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"


class SchemaOf(StrEnum):
    """The documents that operators write."""

    ROLLOUT = "rollout"
    HR_SOURCES = "hr-sources"


app = typer.Typer()
_PANEL = panel("Plan and apply")


@app.command(**_PANEL)
def lint(file: File, output: Output = Form.TABLE) -> None:
    """Check a rollout document and list what is wrong in it; does not contact the app."""
    show_findings(file, _findings(text_of(file)), output)


@app.command(**_PANEL)
def schema(
    of: Annotated[SchemaOf, typer.Option("--of", help="Choose the document.")] = SchemaOf.ROLLOUT,
    out: Out = "-",
) -> None:
    """Print a document's JSON Schema, for editors."""
    from shared.contracts.documents import rollout_document
    from shared.hr import documents

    document = rollout_document if of is SchemaOf.ROLLOUT else documents
    with printing_to(out):
        show_json(document.json_schema())


@app.command(**_PANEL)
def plan(
    *,
    ctx: typer.Context,
    file: File,
    people_to: Annotated[
        str | None,
        typer.Option(
            "--people",
            metavar="<file>",
            help="Write everybody in the plan to this CSV file; - writes to stdout, and the "
            "plan to stderr.",
        ),
    ] = None,
    preflight: Annotated[
        bool,
        typer.Option(
            "--preflight",
            help="Also have the worker look whether resets of whom it would add would be written "
            "back.",
        ),
    ] = False,
    out: Out = "-",
    actor: Actor = None,
    timeout: Patience = 600,
    output: Annotated[
        PlanForm, typer.Option("--output", "-o", help="Print a table, the API's JSON, or Markdown.")
    ] = PlanForm.TABLE,
) -> None:
    """Plan a rollout: show whom its document would add and remove; changes nothing.

    Exits with 5 if the plan is unsafe, after showing it.
    """
    text = text_of(file)
    if wrong := _findings(text):
        raise Failure(Status.NOT_FOUND, "\n".join(line_of(file, one) for one in wrong))
    from cli.operations import finished

    with app_of(ctx, signed(actor)) as api:
        try:
            operation = api.request_plan(text)
        except RefusedInput as refused:
            raise of_file(file, refused) from None
        _, plan = finished(
            api,
            operation,
            "planning",
            timeout=timeout,
            otherwise="plan again for its outcome",
        )
        with printing_to(out):
            _show_plan(plan, output, stderr=people_to == out == "-")
        if people_to:
            write_people(api, plan.fingerprint, people_to)
        if preflight:
            _show_preflight(api, plan.fingerprint, timeout, stderr=output is not PlanForm.TABLE)
    if plan.unsafe:
        raise _unsafe(plan)


@app.command(**_PANEL)
def apply(
    *,
    ctx: typer.Context,
    fingerprint: Annotated[
        str, typer.Option("--plan", help="Name the plan by its fingerprint.", show_default=False)
    ],
    force: Annotated[
        bool, typer.Option("--force", help="Apply the plan even if it is unsafe; needs a --reason.")
    ] = False,
    reason: Annotated[str, typer.Option(help="Say why, for the audit.", show_default=False)] = "",
    yes: Yes = False,
    actor: Actor = None,
    timeout: Patience = 600,
    output: Output = Form.TABLE,
) -> None:
    """Apply a plan you have seen; refuses if anything changed since."""
    if force and not reason.strip():
        raise typer.BadParameter("say why by --reason", param_hint="--force")
    from cli.operations import finished

    with app_of(ctx, signed(actor)) as api:
        shown = api.plan(fingerprint)
        draw(plan_table(shown), stderr=True)
        if shown.unsafe and not force:
            raise _unsafe(shown)
        confirm(f"Apply this plan of {shown.name}?", yes=yes)
        try:
            operation = api.apply(fingerprint, force=force, reason=reason)
            done, _ = finished(
                api, operation, "applying the plan", timeout=timeout, otherwise=_LATER
            )
        except Failure as failure:
            if failure.status is Status.NOT_POSSIBLE:
                raise _with_what_is_in_force(failure, shown, api.rollout()) from None
            raise
        if output is Form.JSON:
            show_as_json(done)
        else:
            draw(rollout_table(api.rollout()))


@app.command(**_PANEL)
def rollback(
    *,
    ctx: typer.Context,
    wave: Annotated[str, typer.Argument(help="The wave's name.", show_default=False)],
    reason: Reason,
    yes: Yes = False,
    actor: Actor = None,
    timeout: Patience = 600,
    output: Output = Form.TABLE,
) -> None:
    """Roll a wave back: show whom it added, ask, and remove exactly them."""
    from cli.operations import finished

    with app_of(ctx, signed(actor)) as api:
        _, shown = finished(
            api,
            api.roll_back(wave, reason),
            f"finding out who leaves with {wave}",
            timeout=timeout,
            otherwise="nothing was done; try again",
        )
        draw(rollback_table(shown), stderr=True)
        confirm(f"Take {people(shown.removals)} out and pause the rollout?", yes=yes)
        operation = api.roll_back(wave, reason, shown.fingerprint)
        done, result = finished(
            api, operation, f"rolling {wave} back", timeout=timeout, otherwise=_LATER
        )
    if output is Form.JSON:
        show_as_json(done)
    else:
        draw(rollback_table(result))


@app.command(**_PANEL)
def recover(
    *,
    ctx: typer.Context,
    reason: Reason,
    yes: Yes = False,
    actor: Actor = None,
    timeout: Patience = 600,
    output: Output = Form.TABLE,
) -> None:
    """Go on with a ledger that is older than the world: show what differs, ask, and take it up.

    Nobody is put in or taken out by it; whoever is gone stays out until you release them.
    """
    from cli.operations import finished

    with app_of(ctx, signed(actor)) as api:
        _, shown = finished(
            api,
            api.recover(reason),
            "finding out what differs",
            timeout=timeout,
            otherwise="nothing was done; try again",
        )
        draw(recovery_table(shown), stderr=True)
        confirm("Take the world as it is, and go on?", yes=yes)
        operation = api.recover(reason, shown.fingerprint)
        done, result = finished(api, operation, "recovering", timeout=timeout, otherwise=_LATER)
    if output is Form.JSON:
        show_as_json(done)
    else:
        draw(recovery_table(result))


def _findings(text: str) -> "list[FindingView]":
    from shared.contracts.documents.rollout_document import findings

    return views_of(findings(text))


def _unsafe(shown: "PlanView") -> Failure:
    text = "; ".join(shown.unsafe)
    return Failure(Status.NOT_POSSIBLE, f"unsafe: {text}; only --force and a --reason apply it")


def _with_what_is_in_force(
    refused: Failure, shown: "PlanView", rollout: "RolloutView | None"
) -> Failure:
    """The refusal; a plan that was applied before is refused for what it has changed itself."""
    if rollout is None or rollout.digest != shown.digest:
        return refused
    since = f"since {moment(rollout.since)} UTC by {rollout.actor}"
    return Failure(refused.status, f"{refused}; its document is the current one already, {since}")


def _show_preflight(api: "OperatorApi", fingerprint: str, timeout: float, *, stderr: bool) -> None:
    """Shows what is in the way of resets; whatever is printed for programs stays one document."""
    from cli.checks import answered

    check = answered(api, api.check_plan(fingerprint), timeout=timeout)
    if check is None:
        tell("preflight: the plan adds nobody whose password is written back")
    else:
        draw(check_table(check), stderr=stderr)


def _show_plan(plan: "PlanView", form: PlanForm, *, stderr: bool) -> None:
    match form:
        case PlanForm.JSON:
            show_as_json(plan, stderr=stderr)
        case PlanForm.MARKDOWN:
            typer.echo(plan_markdown(plan), nl=False, err=stderr)
        case PlanForm.TABLE:
            draw(plan_table(plan), stderr=stderr)
