"""The `Preflights` port on Azure Tables: a row for each question, and one for each person."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from shared.adapters.tables.concurrency import all_of
from shared.adapters.tables.json_columns import JsonColumns
from shared.adapters.tables.keys import RowKind, row_key, rows_of
from shared.adapters.tables.table import Row, Table, Verb, Write
from shared.adapters.tables.transactions import packed
from shared.domain.person.partitions import BUCKETS, bucket
from shared.domain.person.preflight import Preflight
from shared.ports.preflights import PreflightQuestion

_PREFLIGHT = JsonColumns(Preflight, "Preflight", omits_defaults=True)
QUESTION = JsonColumns(PreflightQuestion, "Question", omits_defaults=True)
_WORTH_SCANNING = 500
"""People from whom on reading all rows takes fewer requests than one for each."""


class TablePreflights:
    """Questions lie with their check, findings with the person, spread over the partitions."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def ask(self, questions: Collection[PreflightQuestion]) -> None:
        """Remembers the questions; all of one check.

        Raises:
            InvalidMessage: one is larger than the ledger takes.
        """
        await self._submit(_question_write(one) for one in questions)

    async def question(self, key: str) -> PreflightQuestion | None:
        """Returns the question of that key, or None where none was asked."""
        check, _, part = key.rpartition(".")
        row = await self._table.get(bucket(check), row_key(RowKind.QUESTION, check, _part(part)))
        return QUESTION.read(row) if row else None

    async def questions(self, check: str) -> Sequence[PreflightQuestion]:
        """Returns all questions of a check, in their order; none where there is no such check."""
        rows = await self._table.scan(bucket(check), rows_of(RowKind.QUESTION, check))
        return [QUESTION.read(row) for row in rows]

    async def answered(
        self, question: PreflightQuestion, found: Collection[Preflight], now: datetime
    ) -> None:
        """Remembers what was found, in the place of what was before, and that it was answered."""
        writes: dict[str, list[Write]] = defaultdict(list)
        for one in found:
            writes[bucket(one.key)].append(_write(one))
        await all_of(map(self._submit, writes.values()))
        # Last: who sees it answered finds what was found.
        await self._submit([_question_write(question.answered_by(found, now))])

    async def find(self, person_keys: Collection[str]) -> Mapping[str, Preflight]:
        """Returns of these people what was found last; leaves out whom nobody has looked at."""
        wanted: dict[str, set[str]] = defaultdict(set)
        for key in person_keys:
            wanted[bucket(key)].add(key)
        scans = len(person_keys) >= _WORTH_SCANNING
        rows = await all_of(
            self._table.scan(place, rows_of(RowKind.PREFLIGHT))
            if scans
            else self._table.get_many(place, [_row_key(key) for key in wanted[place]])
            for place in BUCKETS
            if wanted[place]
        )
        found = (_PREFLIGHT.read(row) for part in rows for row in part)
        return {one.key: one for one in found if one.key in wanted[bucket(one.key)]}

    async def _submit(self, writes: Iterable[Write]) -> None:
        for batch in packed((write, [write]) for write in writes):
            await self._table.submit(write for write, _ in batch)


def _write(found: Preflight) -> Write:
    place: Row = {"PartitionKey": bucket(found.key), "RowKey": _row_key(found.key)}
    return Write(Verb.PUT, {**place, **_PREFLIGHT.of(found)})


def _row_key(person_key: str) -> str:
    return row_key(RowKind.PREFLIGHT, person_key)


def _question_write(question: PreflightQuestion) -> Write:
    place = {
        "PartitionKey": bucket(question.check),
        "RowKey": row_key(RowKind.QUESTION, question.check, _part(str(question.part))),
    }
    return Write(Verb.PUT, place | QUESTION.of(question))


def _part(part: str) -> str:
    """Returns a part's number so that it sorts."""
    return part.rjust(6, "0")
