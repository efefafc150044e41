"""What is kept of one person, as a text for the person themselves."""

import json
from collections.abc import Iterator
from itertools import groupby

from rich.console import Group, RenderableType
from rich.text import Text

from cli.person_data import PersonData
from cli.render.layout import facts, heading, plain
from shared.contracts.api.personal_data_views import KeptRecordView


def kept_view(found: PersonData) -> RenderableType:
    """Renders all rows, those of a kind together, and where else something may stand."""
    return Group(*_parts(found))


def _parts(found: PersonData) -> Iterator[RenderableType]:
    yield facts(("looked for by", ", ".join(found.known_by)))
    ordered = sorted(found.records, key=lambda one: one.kind)
    for kind, records in groupby(ordered, key=lambda one: one.kind):
        rows = list(records)
        yield Text()
        yield heading(f"{kind} ({len(rows)}): {rows[0].meaning}")
        for row in rows:
            yield plain(f"{row.table} {row.key}")
            yield facts(*((name, _shown(row, name)) for name in sorted(row.content)))
    if found.elsewhere:
        yield Text()
        yield heading("Where this product cannot look")
    for place in found.elsewhere:
        yield facts(
            ("place", place.place),
            ("holds", place.holds),
            ("ends", place.ends),
            ("do", place.do),
        )


def _shown(row: KeptRecordView, name: str) -> str:
    value = row.content[name]
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
