"""The audit: one record per transaction, each chained to the one before it in its partition."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Self

from shared.adapters.ledger.change import Change
from shared.adapters.ledger.keys import RowKind, row_key
from shared.adapters.ledger.long_text import gathered, spread
from shared.adapters.ledger.table import Row, Verb, Write
from shared.domain.enrolment import Enrolment
from shared.domain.reasons import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """What one transaction changed.

    `content` is canonical JSON: partition, number, at, actor and the changes. `digest` is the
    SHA-256 of the previous record's digest followed by the content, in hexadecimal; the first
    record of a partition has an empty `previous`.
    """

    partition: str
    number: int
    previous: str
    digest: str
    content: str

    @classmethod
    def of(
        cls,
        changes: Sequence[Change],
        *,
        partition: str,
        number: int,
        previous: str,
        actor: str,
        now: datetime,
    ) -> Self:
        """The record of these changes."""
        content = _canonical(
            {
                "partition": partition,
                "number": number,
                "at": now.isoformat(),
                "actor": actor,
                "changes": [_entry(change) for change in changes],
            }
        )
        return cls(
            partition=partition,
            number=number,
            previous=previous,
            digest=chained(previous, content),
            content=content,
        )

    @classmethod
    def read(cls, row: Row) -> Self:
        """The record that the row holds, whether or not its digest is right."""
        return cls(
            partition=row["PartitionKey"],
            number=row["Number"],
            previous=row["Previous"],
            digest=row["Digest"],
            content=gathered("Content", row) or "",
        )

    @property
    def write(self) -> Write:
        """Creates the record's row; a record that is there is never written over."""
        row = {
            "PartitionKey": self.partition,
            "RowKey": row_key(RowKind.AUDIT, f"{self.number:020d}"),
            "Number": self.number,
            "Previous": self.previous,
            "Digest": self.digest,
            **spread("Content", self.content),
        }
        return Write(Verb.CREATE, row)


def chained(previous: str, content: str) -> str:
    """The digest of a record with this content that follows one with the previous digest."""
    return sha256((previous + content).encode()).hexdigest()


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _entry(change: Change) -> dict[str, Any]:
    enrolment = change.after or change.before
    entry: dict[str, Any] = {
        "key": change.key,
        "from": change.before.state if change.before else None,
        "to": change.after.state if change.after else None,
    }
    if change.moved_to:
        entry |= {"objectId": change.moved_to, "reason": Reason.ARRIVED_IN_ENTRA}
    elif enrolment:
        reason, detail = _said(change.before, enrolment)
        entry |= {"objectId": enrolment.user.object_id, "reason": reason, "detail": detail}
    if enrolment:
        cause = {"kind": enrolment.cause.kind, "reference": enrolment.cause.reference}
        entry |= {"cause": cause, "commandKey": enrolment.command_key}
    return entry


def _said(before: Enrolment | None, after: Enrolment) -> tuple[Reason, str]:
    """The reason and the detail of the newest step, if the change added one."""
    if after.steps and (before is None or after.steps != before.steps):
        return after.steps[-1].reason, after.steps[-1].detail
    return after.reason, ""
