"""The audit's rows: one record per transaction, each chained to the one before it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared.adapters.tables.concurrency import all_of
from shared.adapters.tables.keys import HEAD, RowKind, row_key, rows_of
from shared.adapters.tables.long_text import gathered, spread
from shared.adapters.tables.table import Row, Table, Verb, Write, etag_of
from shared.adapters.tables.transactions import until_undisturbed
from shared.domain.audit import AuditEnd, AuditRecord, record_after
from shared.domain.errors import LedgerConflict
from shared.domain.person.partitions import MESSAGES, PARTITIONS, ROLLOUT, WRITING

END_COLUMNS = ("Number", "Digest")


class TableAudit:
    """The `Audit` port: a chain for each partition: of people, the rollout, messages, stops.

    Where a chain ends is told by the row that every transaction of its partition replaces.
    """

    def __init__(self, enrolments: Table, rollouts: Table) -> None:
        self._tables = {
            **dict.fromkeys(PARTITIONS, enrolments),
            MESSAGES: rollouts,
            WRITING: rollouts,
            ROLLOUT: rollouts,
        }

    async def ends(self) -> list[AuditEnd]:
        """Returns where each partition's chain ends."""
        rows = await all_of(
            table.get(partition, HEAD, select=END_COLUMNS)
            for partition, table in self._tables.items()
        )
        return [end_of(partition, row) for partition, row in zip(self._tables, rows, strict=True)]

    async def records(self, partition: str, after: int, limit: int) -> list[AuditRecord]:
        """Returns up to `limit` records that follow number `after`, oldest first.

        A partition of another name has none.
        """
        if partition not in self._tables:
            return []
        _, end = rows_of(RowKind.AUDIT)
        between = (_row_key(after + 1), end)
        rows = await self._tables[partition].scan(partition, between, limit=limit)
        return [_record_of(row) for row in rows]

    async def append(
        self,
        said: Mapping[str, Any],
        *,
        actor: str,
        now: datetime,
        behind: AuditEnd | None = None,
    ) -> None:
        """Records what an operator does with messages, in a partition that holds nothing else.

        Raises:
            LedgerConflict: others kept appending, or the chain no longer ends behind that.
        """
        if behind:
            await self._append(said, actor, now, behind)
            return
        async for attempt in until_undisturbed():
            with attempt:
                await self._append(said, actor, now)

    async def _append(
        self, said: Mapping[str, Any], actor: str, now: datetime, behind: AuditEnd | None = None
    ) -> None:
        table = self._tables[MESSAGES]
        row = await table.get(MESSAGES, HEAD)
        end = end_of(MESSAGES, row)
        if behind and end != behind:
            raise LedgerConflict("others have appended to the audit since it was read")
        record = record_after(end, said, actor=actor, now=now)
        head = {
            "PartitionKey": MESSAGES,
            "RowKey": HEAD,
            "Number": record.number,
            "Digest": record.digest,
        }
        write = Write(Verb.REPLACE, head, etag_of(row)) if row else Write(Verb.CREATE, head)
        await table.submit([write, creation_of(record)])


def end_of(partition: str, row: Row | None) -> AuditEnd:
    """Returns where the chain ends, by the row that every transaction replaces.

    The row is None before the first transaction.
    """
    return AuditEnd(partition, row["Number"], row["Digest"]) if row else AuditEnd(partition, 0, "")


def creation_of(record: AuditRecord) -> Write:
    """Returns the write that creates the record's row.

    A record that is there is never written over.
    """
    row = {
        "PartitionKey": record.partition,
        "RowKey": _row_key(record.number),
        "Number": record.number,
        "Previous": record.previous,
        "Digest": record.digest,
        **spread("Content", record.content),
    }
    return Write(Verb.CREATE, row)


def _record_of(row: Row) -> AuditRecord:
    """Returns the record that the row holds, whether or not its digest is right."""
    return AuditRecord(
        partition=row["PartitionKey"],
        number=row["Number"],
        previous=row["Previous"],
        digest=row["Digest"],
        content=gathered("Content", row) or "",
    )


def _row_key(number: int) -> str:
    return row_key(RowKind.AUDIT, f"{number:020d}")
