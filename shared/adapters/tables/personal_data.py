"""The `PersonalData` port on Azure Tables: every row of every table, looked through as it is."""

import re
from collections.abc import AsyncGenerator, Collection, Iterator, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Any

from shared.adapters.tables.erasures import ERASURES
from shared.adapters.tables.long_text import gathered
from shared.adapters.tables.table import Row, Table
from shared.domain.errors import UnreadableRow
from shared.domain.person.erasure import Subject
from shared.domain.person.mentions import Names, opened
from shared.domain.person.partitions import BUCKETS, PARTITIONS
from shared.ports.personal_data import KINDS, MOST_RECORDS, KeptRecord

_PARTITIONS: Mapping[str, Sequence[str]] = {"enrolments": PARTITIONS, "receipts": BUCKETS}
"""Of the large tables, each a place of its own; of the others the table is one place."""
_PIECE = re.compile(r"(\D+)\d+")


class TablePersonalData:
    """Looks through rows, not through what the other ports make of them: so none is left out."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self._tables = tables
        self._places = {
            f"{name}/{partition}" if partition else name: (name, partition)
            for name in tables
            for partition in _PARTITIONS.get(name, (None,))
        }

    @property
    def places(self) -> Sequence[str]:
        """The places, in an order that stays."""
        return tuple(self._places)

    async def find(
        self, place: str, names: Names, kinds: Collection[str] | None = None
    ) -> Sequence[KeptRecord]:
        """Returns the rows of a place that name the person, at most one more than is told.

        With kinds, those of these kinds alone.

        Raises:
            UnreadableRow: a row is of no kind that is known.
        """
        found: list[KeptRecord] = []
        async with aclosing(self._records(place)) as records:
            async for record in records:
                wanted = kinds is None or record.kind in kinds
                if wanted and names.are_in([record.key, record.content]):
                    found.append(record)
                    if len(found) > MOST_RECORDS:
                        break
        return found

    async def erase(self, record: KeptRecord, subject: Subject) -> None:
        """Erases the row with its index, or writes it again without the person; twice is as once.

        Raises:
            LedgerConflict: somebody else changed the row meanwhile.
        """
        table = self._tables[record.table]
        partition, _, key = record.key.partition("/")
        row = await table.get(partition, key)
        if row is not None:
            await table.submit(ERASURES[record.kind](row, subject))

    async def _records(self, place: str) -> AsyncGenerator[KeptRecord]:
        name, partition = self._places[place]
        async for rows in self._tables[name].everything(partition):
            for row in rows:
                yield _record_of(name, row)


def _record_of(table: str, row: Row) -> KeptRecord:
    kind = str(row["RowKey"]).partition("|")[0]
    if kind not in KINDS:
        raise UnreadableRow(f"a row of the table {table}", f"the kind {kind}")
    key = f"{row['PartitionKey']}/{row['RowKey']}"
    return KeptRecord(kind=kind, table=table, key=key, content=dict(_columns(row)))


def _columns(row: Row) -> Iterator[tuple[str, Any]]:
    """Yields the columns; a text that was spread over several is one again."""
    for name, value in row.items():
        if name in {"PartitionKey", "RowKey"}:
            continue
        piece = _PIECE.fullmatch(name)
        if piece is None:
            yield name, _plain(value)
        elif name.endswith("0") and name == f"{piece[1]}0":
            yield piece[1], _plain(gathered(piece[1], row))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return datetime.fromisoformat(value.isoformat()).isoformat()
    return opened(value) if isinstance(value, str) else value
