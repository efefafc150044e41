"""A person who is erased: what goes, what stays and why, and what is left to do elsewhere."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from cli.plain import count
from cli.render.layout import facts, heading
from cli.render.plan import Report, Section, report_view
from cli.render.shown_first import shown_first
from shared.contracts.api.personal_data_views import ErasedRowsView, EraseView


def erase_view(erased: EraseView) -> RenderableType:
    """Renders the rows by what becomes of them, and the places that this product cannot reach."""
    return Group(report_view(erase_report(erased)), *_elsewhere(erased))


def erase_report(erased: EraseView) -> Report:
    """Reports what is erased and kept, and how to have it done."""
    going = [one for one in erased.rows if one.fate != "kept"]
    kept = [one for one in erased.rows if one.fate == "kept"]
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
    return shown_first(
        "Erased" if erased.done else "If this person is erased",
        f"{count(sum(one.rows for one in going), 'row')} of the person",
        sections,
        fingerprint=erased.fingerprint,
        is_open=bool(going) and not erased.done,
        warnings=erased.warnings,
        also="--with-exclusion" if erased.needs_exclusion else "",
    )


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
