"""The audit in files: JSON lines with the records as they are chained, CSV for reading."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TextIO

from cli.exits import Failure, Status
from shared.contracts.api.audit_views import AuditEndView, AuditRecordView

CHANGED = ("action", "key", "objectId", "from", "to", "reason", "detail")
COLUMNS = ("partition", "number", "at", "actor", *CHANGED, "more", "digest")
_OF_THE_RECORD = ("partition", "number", "at", "actor", "changes")


def write_lines(stream: TextIO, records: Iterable[AuditRecordView]) -> int:
    """Writes each record as a line of JSON; returns how many these were."""
    written = 0
    for record in records:
        fields = record.model_dump(by_alias=True)
        stream.write(f"{json.dumps(fields, separators=(',', ':'))}\n")
        written += 1
    return written


def rows_of(record: AuditRecordView) -> Iterator[tuple[object, ...]]:
    """Yields a row for each change that the record tells.

    The column `more` holds, as JSON, what has no column of its own.

    A record that is no longer the JSON it was is one row with its text under `more`.
    """
    try:
        content = json.loads(record.content)
        changes = content.get("changes", [content])
        rows = [_row(record, content, change) for change in changes]
    except (ValueError, AttributeError, TypeError):
        rows = [_row(record, {}, {"": record.content})]
    yield from rows


def read_export(lines: Iterable[str], name: str) -> Iterator[AuditRecordView]:
    """Reads the records of an export in JSON lines called `name`.

    Raises:
        Failure: a line is no such record.
    """
    for number, line in enumerate(lines, start=1):
        try:
            yield AuditRecordView.model_validate_json(line)
        except ValueError:
            text = f"{name}:{number}: not an audit record; export with --format jsonl"
            raise Failure(Status.USAGE, text) from None


def ends_of(records: Iterable[AuditRecordView]) -> dict[str, AuditEndView]:
    """Returns where each partition ends as far as these records go."""
    return {
        one.partition: AuditEndView(partition=one.partition, number=one.number, digest=one.digest)
        for one in records
    }


def _row(
    record: AuditRecordView, content: Mapping[str, object], change: Mapping[str, object]
) -> tuple[object, ...]:
    known = (*CHANGED, *_OF_THE_RECORD)
    more = {name: value for name, value in change.items() if name not in known}
    return (
        record.partition,
        record.number,
        content.get("at"),
        content.get("actor"),
        *(change.get(name) for name in CHANGED),
        json.dumps(more, ensure_ascii=False) if more else "",
        record.digest,
    )
