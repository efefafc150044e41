"""A plan's people as CSV, for whoever looks through them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cli.csv_rows import write_rows
from cli.terminal import tell, written

if TYPE_CHECKING:
    from cli.client import OperatorApi
    from shared.contracts.api.plan_views import PlanPeople

_COLUMNS = ("objectId", "action", "wave", "reason", "userPrincipalName")
"""A new one comes last: whoever reads a line by position goes on reading it."""


def write_people(api: "OperatorApi", fingerprint: str, to: str) -> None:
    """Writes everybody in the plan to that file, or to stdout for `-`."""
    missing: set[str] = set()
    with written(to) as stream:
        number = write_rows(stream, _COLUMNS, _rows(api.plan_people(fingerprint), missing))
    tell(f"{number:,} lines written to {to}")
    for why in sorted(missing):
        tell(why)


def _rows(pages: "Iterator[PlanPeople]", missing: set[str]) -> Iterator[tuple[object, ...]]:
    """Yields everybody's row, and adds to `missing` why names are."""
    for page in pages:
        missing |= {page.names_missing} if page.names_missing else set()
        for one in page.people:
            yield one.object_id, one.action, one.wave, one.reason, one.user_principal_name or ""
