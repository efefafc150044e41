"""The audit: records that cannot be changed, left out or put in without its showing."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """What one transaction changed.

    `content` is canonical JSON: partition, number, at, actor and the changes. `digest` is the
    SHA-256 of the previous record's digest followed by the content, in hexadecimal; the first
    record of a partition, number 1, has an empty `previous`.
    """

    partition: str
    number: int
    previous: str
    digest: str
    content: str


@dataclass(frozen=True, slots=True)
class AuditEnd:
    """Where a partition's chain ends; number 0 and no digest where there is none yet."""

    partition: str
    number: int
    digest: str


def chained(previous: str, content: str) -> str:
    """Returns the digest of a record with this content that follows on the previous digest."""
    return sha256((previous + content).encode()).hexdigest()


def record_after(
    end: AuditEnd, said: Mapping[str, Any], *, actor: str, now: datetime
) -> AuditRecord:
    """Returns the record of what is said, as the next in the chain."""
    first = {
        "partition": end.partition,
        "number": end.number + 1,
        "at": now.isoformat(),
        "actor": actor,
    }
    content = _canonical({**first, **said})
    return AuditRecord(
        partition=end.partition,
        number=end.number + 1,
        previous=end.digest,
        digest=chained(end.digest, content),
        content=content,
    )


def broken_at(records: Iterable[AuditRecord], end: AuditEnd) -> str | None:
    """Says what is wrong with a partition's chain, or returns None if nothing is.

    The records are read from the oldest on.
    """
    number, digest = 0, ""
    for record in records:
        number += 1
        if record.number != number:
            return f"{record.partition}: record {number} is missing"
        whole = record.previous == digest and record.digest == chained(digest, record.content)
        if not whole or not _is_of(record):
            return f"{record.partition}: record {number} has been changed"
        digest = record.digest
    if number != end.number:
        return f"{end.partition}: ends at record {number}, not at {end.number} as the ledger says"
    if digest != end.digest:
        return f"{end.partition}: record {number} has another digest than the ledger says"
    return None


def _is_of(record: AuditRecord) -> bool:
    """Tells whether the content is of the partition and number at which the record was found.

    The digest covers what the content says, and not where the record was found.
    """
    said = json.loads(record.content)
    return (said.get("partition"), said.get("number")) == (record.partition, record.number)


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
