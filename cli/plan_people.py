"""A plan's people as CSV, for whoever looks through them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cli.csv_rows import write_rows
from cli.terminal import tell, written

if TYPE_CHECKING:
    from cli.client import OperatorApi
    from shared.contracts.api.plan_views import PlannedPersonView

_COLUMNS = ("objectId", "action", "wave", "reason")


def write_people(api: "OperatorApi", fingerprint: str, to: str) -> None:
    """Writes everybody in the plan to that file, or to stdout for `-`."""
    with written(to) as stream:
        number = write_rows(stream, _COLUMNS, _rows(api.plan_people(fingerprint)))
    tell(f"{number:,} lines written to {to}")


def _rows(concerned: "Iterator[PlannedPersonView]") -> Iterator[tuple[object, ...]]:
    for one in concerned:
        yield one.object_id, one.action, one.wave, one.reason
