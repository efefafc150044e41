"""Moves of SSPR's scope: who would lose it, the next step of leaving, and how far a move is."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cli.plain import moment, people
from cli.render.layout import facts, heading, plain, section
from cli.render.plan import plan_report, report_view
from shared.contracts.api.move_views import AdoptView, LeaveView, MoveView

_FEW = 5
_STYLES = {"select-now": "bold green", "select-all-now": "bold green", "done": "green"}


def adopt_view(shown: AdoptView) -> RenderableType:
    """Renders the plan, and above all who would lose SSPR by the group."""
    report = plan_report(shown.plan)
    parts: list[RenderableType] = [
        report_view(report.without_command()),
        Text(),
        heading("Who has SSPR today and would lose it"),
        plain(
            f"SSPR is on for {people(shown.covered)}; {shown.losing:,} would lose it, "
            f"{shown.able:,} of whom could reset a password today"
        ),
        *section(
            "By reason",
            ("people", "could reset", "reason", "meaning"),
            [(f"{one.people:,}", f"{one.able:,}", one.reason, one.text) for one in shown.losses],
        ),
        *(plain(f"warning: {one}", "yellow") for one in shown.warnings),
        plain(f"fingerprint {shown.fingerprint}"),
        plain(shown.next_step),
    ]
    return Group(*parts)


def leave_view(shown: LeaveView) -> RenderableType:
    """Renders the next step of leaving for All, and who stays in the group."""
    return Group(
        heading("Leaving for All"),
        facts(
            ("stage", plain(shown.stage, _STYLES.get(shown.stage, ""))),
            ("next", shown.next_step),
            ("rests on", shown.rests_on),
            ("in the group", people(shown.members)),
            ("to be taken out", people(shown.removals) if shown.empties else "nobody"),
        ),
        *section(
            "Who stays in the group",
            ("people", "because"),
            [(f"{one.people:,}", one.text) for one in shown.stays],
        ),
    )


def move_lines(move: MoveView | None) -> Iterator[RenderableType]:
    """Yields how far the newest move of SSPR's scope is; nothing where there is none."""
    if move is None:
        return
    yield Text()
    yield heading("Adopting the group" if move.kind == "adopt" else "Leaving for All")
    yield _move(move)


def _move(move: MoveView) -> Table:
    since = f"since {moment(move.began)} UTC by {move.actor}"
    named = ", ".join(move.outside[:_FEW])
    more = f" and {len(move.outside) - _FEW} or more" if len(move.outside) > _FEW else ""
    style = "bold red" if move.losing else _STYLES.get(move.stage, "bold yellow")
    return facts(
        ("stage", Text.assemble(plain(move.stage, style), " ", plain(since))),
        ("from", move.came_from),
        ("losing", plain(f"{people(move.losing)} have lost SSPR", style) if move.losing else None),
        ("next step", move.next_step),
        ("not in yet", f"{named}{more}" if named else None),
        ("looked", f"{moment(move.looked_at)} UTC" if move.looked_at else None),
        ("rests on", move.rests_on),
        ("ended", f"{moment(move.ended_at)} UTC" if move.ended_at else None),
    )
