"""What became of every message, and the refused ones with their bodies, newest first."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from shared.adapters.tables.codec import plain
from shared.adapters.tables.concurrency import all_of
from shared.adapters.tables.keys import RowKind, countdown, row_key, rows_of
from shared.adapters.tables.long_text import gathered, spread
from shared.adapters.tables.table import Row, Table, Verb, Write, etag_of
from shared.adapters.tables.transactions import packed, until_undisturbed
from shared.domain.person.partitions import BUCKETS, bucket
from shared.domain.person.reasons import Reason
from shared.ports.ledger import Receipt


class Receipts:
    """The table of receipts. A refused one is one that keeps its body."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def record(self, receipts: Iterable[Receipt]) -> None:
        """Stores receipts not there yet; a refusal gives way to what became of a later try.

        Raises:
            LedgerConflict: others kept changing the same receipts.
        """
        partitions: dict[str, dict[str, Receipt]] = {}
        for receipt in receipts:
            partitions.setdefault(bucket(receipt.key), {}).setdefault(receipt.key, receipt)
        await all_of(self._record(name, wanted) for name, wanted in partitions.items())

    async def find(self, key: str) -> Receipt | None:
        """Returns the receipt with this key; None where there is none."""
        row = await self._table.get(bucket(key), row_key(RowKind.RECEIPT, key))
        return _receipt_of(row) if row else None

    async def newest_refused(self, limit: int) -> list[Receipt]:
        """Returns up to `limit` refused messages, newest first."""
        pages = await all_of(
            self._table.scan(name, rows_of(RowKind.REFUSED), limit=limit) for name in BUCKETS
        )
        newest = sorted((row for page in pages for row in page), key=lambda row: row["RowKey"])
        found = await all_of(self.find(row["Key"]) for row in newest[:limit])
        return [receipt for receipt in found if receipt and receipt.body is not None]

    async def count_refused(self) -> int:
        """Counts the refused messages one by one; there should be few."""
        pages = await all_of(
            self._table.scan(name, rows_of(RowKind.REFUSED), select=["RowKey"]) for name in BUCKETS
        )
        return sum(len(page) for page in pages)

    async def _record(self, partition: str, wanted: Mapping[str, Receipt]) -> None:
        known: dict[str, Row] = {}
        async for attempt in until_undisturbed():
            with attempt:
                if attempt.num > 1:
                    known = await self._known(partition, wanted)
                for batch in packed(_changes(partition, wanted.values(), known)):
                    await self._table.submit(write for _, writes in batch for write in writes)

    async def _known(self, partition: str, keys: Iterable[str]) -> dict[str, Row]:
        rows = await self._table.get_many(
            partition, [row_key(RowKind.RECEIPT, key) for key in keys]
        )
        return {row["Key"]: row for row in rows}


def index_of_receipt(row: Row) -> list[str]:
    """Returns the keys of the rows by which the receipt in a row is found: of a refused one."""
    receipt = _receipt_of(row)
    return [] if receipt.body is None else [_refused_row(receipt)]


def _changes(
    partition: str, receipts: Iterable[Receipt], known: Mapping[str, Row]
) -> Iterator[tuple[Receipt, Sequence[Write]]]:
    for receipt in receipts:
        row = known.get(receipt.key)
        if row is None:
            yield receipt, _writes(partition, receipt, Verb.CREATE)
        elif receipt.body is None and (before := _receipt_of(row)).body is not None:
            replacing = _writes(partition, receipt, Verb.REPLACE, etag_of(row))
            obsolete = {"PartitionKey": partition, "RowKey": _refused_row(before)}
            yield receipt, [*replacing, Write(Verb.DELETE, obsolete)]


def _writes(partition: str, receipt: Receipt, verb: Verb, etag: str | None = None) -> list[Write]:
    row = {"PartitionKey": partition, "RowKey": row_key(RowKind.RECEIPT, receipt.key)}
    writes = [Write(verb, row | _columns_of(receipt), etag)]
    if receipt.body is not None:
        index = {"PartitionKey": partition, "RowKey": _refused_row(receipt), "Key": receipt.key}
        writes.append(Write(Verb.PUT, index))
    return writes


def _refused_row(receipt: Receipt) -> str:
    return row_key(RowKind.REFUSED, countdown(receipt.at), receipt.key)


def _columns_of(receipt: Receipt) -> dict[str, Any]:
    columns = {
        "Key": receipt.key,
        "Queue": receipt.queue,
        "At": receipt.at,
        "Outcome": receipt.outcome.value,
        "PersonKey": receipt.person_key,
        "Field": receipt.field,
        "SaidAt": receipt.said_at,
        **spread("Detail", receipt.detail),
        **(spread("Body", receipt.body) if receipt.body is not None else {}),
    }
    return {name: value for name, value in columns.items() if value is not None}


def _receipt_of(row: Row) -> Receipt:
    return Receipt(
        key=row["Key"],
        queue=row["Queue"],
        at=plain(row["At"]),
        outcome=Reason(row["Outcome"]),
        person_key=row.get("PersonKey"),
        field=row.get("Field"),
        detail=gathered("Detail", row) or "",
        body=gathered("Body", row),
        said_at=plain(row["SaidAt"]) if "SaidAt" in row else None,
    )
