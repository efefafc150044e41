"""The audit in files: JSON lines with the records as they are chained, CSV for reading."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, TextIO

from cli.exits import Failure, Status
from shared.domain.audit import AuditEnd, AuditRecord

CHANGED = ("action", "key", "objectId", "from", "to", "reason", "detail")
COLUMNS = ("partition", "number", "at", "actor", *CHANGED, "more", "digest")
_OF_THE_RECORD = ("partition", "number", "at", "actor", "changes")


def write_lines(stream: TextIO, records: Iterable[dict[str, Any]]) -> int:
    """Write each record as a line of JSON; how many these were."""
    written = 0
    for record in records:
        stream.write(f"{json.dumps(record, separators=(',', ':'))}\n")
        written += 1
    return written


def rows_of(record: dict[str, Any]) -> Iterator[tuple[object, ...]]:
    """A row for each change that the record tells; `more` is what has no column, as JSON.

    A record that is no longer the JSON it was is one row with its text under `more`.
    """
    try:
        content = json.loads(record["content"])
        changes = content.get("changes", [content])
        rows = [_row(record, content, change) for change in changes]
    except (ValueError, AttributeError, TypeError):
        rows = [_row(record, {}, {"": record["content"]})]
    yield from rows


def record_of(fields: dict[str, Any]) -> AuditRecord:
    """The record as its digest is checked."""
    return AuditRecord(
        partition=fields["partition"],
        number=fields["number"],
        previous=fields["previous"],
        digest=fields["digest"],
        content=fields["content"],
    )


def read_export(lines: Iterable[str], name: str) -> Iterator[AuditRecord]:
    """The records of an export in JSON lines called `name`.

    Raises:
        Failure: a line is no such record.
    """
    from shared.contracts.api.audit_views import AuditRecordView

    for number, line in enumerate(lines, start=1):
        try:
            yield record_of(AuditRecordView.model_validate_json(line).model_dump())
        except ValueError:
            text = f"{name}:{number}: not an audit record; export with --format jsonl"
            raise Failure(Status.USAGE, text) from None


def ends_of(records: Iterable[AuditRecord]) -> dict[str, AuditEnd]:
    """Where each partition ends as far as these records go."""
    return {one.partition: AuditEnd(one.partition, one.number, one.digest) for one in records}


def _row(
    record: dict[str, Any], content: dict[str, Any], change: dict[str, Any]
) -> tuple[object, ...]:
    known = (*CHANGED, *_OF_THE_RECORD)
    more = {name: value for name, value in change.items() if name not in known}
    return (
        record["partition"],
        record["number"],
        content.get("at"),
        content.get("actor"),
        *(change.get(name) for name in CHANGED),
        json.dumps(more, ensure_ascii=False) if more else "",
        record["digest"],
    )
