"""The `Plans` port on Azure Tables: a partition for each plan."""

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import batched

from shared.adapters.tables.concurrency import all_of
from shared.adapters.tables.json_columns import JsonColumns
from shared.adapters.tables.keys import RowKind, row_key
from shared.adapters.tables.long_text import gathered, spread
from shared.adapters.tables.table import Table, Verb, Write
from shared.adapters.tables.transactions import packed
from shared.domain.errors import LedgerConflict
from shared.ports.plans import KeptPlan, PlannedPerson

_PLAN = JsonColumns(KeptPlan, "Plan")
_PLAN_ROW = "plan"
_MOST_PEOPLE = 2000
"""To a page."""
_MOST_CHARACTERS = 400_000
"""To a page, in ASCII: 800,000 bytes of UTF-16, where a row holds 1 MiB."""
_TRANSACTIONS_AT_ONCE = 4


class TablePlans:
    """The pages of a plan's people are written first: a plan that is found is whole."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def keep(self, plan: KeptPlan, people: Iterable[PlannedPerson]) -> None:
        """Keeps a plan and everybody in it; a plan kept again changes nothing.

        Raises:
            InvalidMessage: a row cannot hold the document and the summary.
        """
        partition = _partition(plan.fingerprint)
        planned_at = plan.planned_at.isoformat()
        row = {"PartitionKey": partition, "RowKey": _PLAN_ROW, "PlannedAt": planned_at}
        whole = Write(Verb.CREATE, row | _PLAN.of(plan))
        if await self._planned_at(partition) is not None:
            return
        transactions = packed(_pages(partition, planned_at, people))
        for some in batched(transactions, _TRANSACTIONS_AT_ONCE, strict=False):
            await all_of(
                self._table.submit(write for _, writes in pages for write in writes)
                for pages in some
            )
        with suppress(LedgerConflict):  # Somebody else has kept it meanwhile.
            await self._table.submit([whole])

    async def find(self, fingerprint: str) -> KeptPlan | None:
        """Returns the plan with this fingerprint; None where there is none."""
        row = await self._table.get(_partition(fingerprint), _PLAN_ROW)
        return _PLAN.read(row) if row else None

    async def people(self, fingerprint: str, page: int) -> list[PlannedPerson]:
        """Returns a page of a plan's people, counted from 0; empty after the last."""
        partition = _partition(fingerprint)
        planned_at = await self._planned_at(partition)
        row = planned_at and await self._table.get(partition, _page_row(planned_at, page))
        if not row:
            return []
        return [
            PlannedPerson(object_id=object_id, action=action, wave=wave, reason=reason)
            for object_id, action, wave, reason in json.loads(gathered("People", row) or "")
        ]

    async def _planned_at(self, partition: str) -> str | None:
        """Returns when the plan was made; None where there is none.

        A plan's pages are found by this time: what is left of another try has other pages.
        """
        row = await self._table.get(partition, _PLAN_ROW, select=["PlannedAt"])
        return row["PlannedAt"] if row else None


def _partition(fingerprint: str) -> str:
    return row_key(RowKind.PLAN, fingerprint)


def _page_row(planned_at: str, number: int) -> str:
    return row_key(RowKind.PAGE, planned_at, f"{number:06d}")


def _pages(
    partition: str, planned_at: str, people: Iterable[PlannedPerson]
) -> Iterator[tuple[int, list[Write]]]:
    for number, text in enumerate(_texts(people)):
        row = {"PartitionKey": partition, "RowKey": _page_row(planned_at, number)}
        yield number, [Write(Verb.PUT, row | spread("People", text))]


def _texts(people: Iterable[PlannedPerson]) -> Iterator[str]:
    """Yields everybody as JSON, page by page."""
    lines: list[str] = []
    size = 0
    for one in people:
        fields = [one.object_id, one.action, one.wave, one.reason]
        line = json.dumps(fields, separators=(",", ":"))
        if lines and (len(lines) == _MOST_PEOPLE or size + len(line) > _MOST_CHARACTERS):
            yield f"[{','.join(lines)}]"
            lines, size = [], 0
        lines.append(line)
        size += len(line) + 1
    if lines:
        yield f"[{','.join(lines)}]"
