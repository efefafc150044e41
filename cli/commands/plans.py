"""Plans: check a rollout document, see what it would do, do it, and take a wave back."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any

import typer

from cli.csv_rows import write_rows
from cli.exits import Failure, RefusedInput, Status
from cli.findings import line_of, plain_findings, show_findings, text_of
from cli.operations import finished
from cli.options import Actor, Output, Patience, Reason, Yes, panel, signed
from cli.render.layout import moment, people
from cli.render.plan import plan_report, report_markdown, report_view, rollback_report
from cli.render.rollout import rollout_view
from cli.terminal import Form, confirm, draw, show, show_json, tell, written

_PEOPLE = ("objectId", "action", "wave", "reason")
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
    """Say what is wrong with a rollout document, and where; the app is not asked."""
    show_findings(file, _findings(text_of(file)), output)


@app.command(**_PANEL)
def schema(
    of: Annotated[SchemaOf, typer.Option("--of", help="Of which document.")] = SchemaOf.ROLLOUT,
) -> None:
    """Print a document's JSON Schema, for editors."""
    from shared.contracts.documents import rollout_document, sources_document

    document = rollout_document if of is SchemaOf.ROLLOUT else sources_document
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
            help="Write everybody concerned there, as CSV; with - to stdout, and the plan to "
            "stderr.",
        ),
    ] = None,
    actor: Actor = None,
    timeout: Patience = 600,
    output: Annotated[
        PlanForm, typer.Option("--output", "-o", help="A table, the API's JSON, or Markdown.")
    ] = PlanForm.TABLE,
) -> None:
    """Show whom a rollout document would put in and take out; nothing is written.

    Exits with 5 where the plan is unsafe, once it is shown.
    """
    text = text_of(file)
    if wrong := _findings(text):
        raise Failure(Status.NOT_FOUND, "\n".join(line_of(file, one) for one in wrong))
    with ctx.obj(signed(actor)) as api:
        try:
            operation = api.plan_scope(text)
        except RefusedInput as refused:
            raise _of_file(file, refused) from None
        fresh = finished(
            api,
            operation,
            "drawing up the plan",
            timeout=timeout,
            otherwise="plan again for its outcome",
        )["result"]
        _show_plan(fresh, output, stderr=people_to == "-")
        if people_to:
            with written(people_to) as stream:
                rows = _rows(api.plan_people(fresh["fingerprint"]))
                number = write_rows(stream, _PEOPLE, rows)
            tell(f"{number:,} lines written to {people_to}")
    if fresh["unsafe"]:
        raise _unsafe(fresh)


@app.command(**_PANEL)
def apply(
    *,
    ctx: typer.Context,
    fingerprint: Annotated[
        str, typer.Option("--plan", help="The plan's fingerprint.", show_default=False)
    ],
    force: Annotated[
        bool, typer.Option("--force", help="Apply it although it is unsafe; give a --reason.")
    ] = False,
    reason: Annotated[str, typer.Option(help="Why, for the audit.", show_default=False)] = "",
    yes: Yes = False,
    actor: Actor = None,
    timeout: Patience = 600,
    output: Output = Form.TABLE,
) -> None:
    """Do a plan that was shown; refused where the world has changed since."""
    if force and not reason.strip():
        raise typer.BadParameter("say why by --reason", param_hint="--force")
    with ctx.obj(signed(actor)) as api:
        shown = api.plan(fingerprint)
        draw(report_view(plan_report(shown)), stderr=True)
        if shown["unsafe"] and not force:
            raise _unsafe(shown)
        confirm(f"Apply this plan of {shown['name']}?", yes=yes)
        try:
            operation = api.apply(fingerprint, force=force, reason=reason)
            done = finished(api, operation, "applying the plan", timeout=timeout, otherwise=_LATER)
        except Failure as failure:
            if failure.status is Status.NOT_POSSIBLE:
                raise _with_what_is_in_force(failure, shown, api.rollout()) from None
            raise
        show(done, rollout_view(api.rollout()), output)


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
    """Take out exactly whom a wave put in, once it was shown who that is."""
    with ctx.obj(signed(actor)) as api:
        shown = finished(
            api,
            api.roll_back(wave, reason),
            f"finding out who leaves with {wave}",
            timeout=timeout,
            otherwise="nothing was done; try again",
        )["result"]
        draw(report_view(rollback_report(shown)), stderr=True)
        confirm(f"Take {people(shown['removals'])} out and pause the rollout?", yes=yes)
        operation = api.roll_back(wave, reason, shown["fingerprint"])
        done = finished(api, operation, f"rolling {wave} back", timeout=timeout, otherwise=_LATER)
    show(done, report_view(rollback_report(done["result"])), output)


def _findings(text: str) -> list[dict[str, Any]]:
    from shared.contracts.documents.rollout_document import findings

    return plain_findings(findings(text))


def _of_file(file: str, refused: RefusedInput) -> Failure:
    """What the app finds in a document that this version of sspr does not."""
    if not refused.findings:
        return refused
    return Failure(refused.status, "\n".join(line_of(file, one) for one in refused.findings))


def _unsafe(shown: dict[str, Any]) -> Failure:
    text = "; ".join(shown["unsafe"])
    return Failure(Status.NOT_POSSIBLE, f"unsafe: {text}; only --force and a --reason apply it")


def _with_what_is_in_force(
    refused: Failure, shown: dict[str, Any], rollout: dict[str, Any] | None
) -> Failure:
    """The refusal; a plan that was applied before is refused for what it has changed itself."""
    if rollout is None or rollout["digest"] != shown["digest"]:
        return refused
    since = f"since {moment(rollout['since'])} UTC by {rollout['actor']}"
    return Failure(refused.status, f"{refused}; its document is in force already, {since}")


def _show_plan(fresh: dict[str, Any], form: PlanForm, *, stderr: bool) -> None:
    report = plan_report(fresh)
    match form:
        case PlanForm.JSON:
            show_json(fresh, stderr=stderr)
        case PlanForm.MARKDOWN:
            typer.echo(report_markdown(report), nl=False, err=stderr)
        case PlanForm.TABLE:
            draw(report_view(report), stderr=stderr)


def _rows(concerned: Iterator[dict[str, Any]]) -> Iterator[tuple[object, ...]]:
    for one in concerned:
        yield tuple(one[name] for name in _PEOPLE)
