"""A person who is erased: what goes, what stays and why, and what is left to do elsewhere."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from cli.plain import count
from cli.render.layout import facts, heading
from cli.render.plan import Report, Section, report_view
from shared.contracts.api.personal_data_views import ErasedRowsView, EraseView


def erase_view(erased: EraseView) -> RenderableType:
    """Renders the rows by what becomes of them, and the places that this product cannot reach."""
    return Group(report_view(erase_report(erased)), *_elsewhere(erased))


def erase_report(erased: EraseView) -> Report:
    """Reports what is erased and kept, and how to have it done."""
    going = [one for one in erased.rows if one.fate != "kept"]
    kept = [one for one in erased.rows if one.fate == "kept"]
    is_open = bool(going) and not erased.done
    sections = (
        Section(
            "What is erased" if erased.done else "What would be erased",
            ("table", "rows", "kind", "what becomes of it"),
            tuple((one.table, _rows(one), one.meaning, one.fate) for one in going),
        ),
        Section(
            "What is kept",
            ("table", "rows", "kind", "why"),
            tuple((one.table, _rows(one), one.meaning, one.why) for one in kept),
        ),
    )
    return Report(
        title="Erased" if erased.done else "If this person is erased",
        lines=(
            f"{count(sum(one.rows for one in going), 'row')} of the person",
            f"fingerprint {erased.fingerprint}",
        ),
        sections=tuple(one for one in sections if one.rows),
        alarms=(),
        warnings=erased.warnings,
        next_step="To do exactly this, say the same again with:" if is_open else "",
        command=_command(erased) if is_open else "",
    )


def _command(erased: EraseView) -> str:
    exclusion = " --with-exclusion" if erased.needs_exclusion else ""
    return f"--apply {erased.fingerprint}{exclusion}"


def _rows(one: ErasedRowsView) -> str:
    return f"{one.rows:,}" + (" or more" if one.more else "")


def _elsewhere(erased: EraseView) -> Iterator[RenderableType]:
    yield Text()
    yield heading("Where this product cannot erase")
    for place in erased.elsewhere:
        yield facts(
            ("place", place.place),
            ("holds", place.holds),
            ("ends", place.ends),
            ("do", place.do),
        )
