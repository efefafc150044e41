"""The operator API's answers about the audit: chained records, and how to check them."""

from collections.abc import Iterable

from shared.contracts.api.view import View
from shared.domain.audit import AuditEnd, AuditRecord, broken_at


class AuditEndView(View):
    """Where a partition's chain of audit records ends."""

    partition: str
    number: int
    digest: str


class AuditEnds(View):
    """All partitions of the audit."""

    partitions: tuple[AuditEndView, ...]


class AuditRecordView(View):
    """A record as it is chained; `content` is the JSON text that the digest covers."""

    partition: str
    number: int
    previous: str
    digest: str
    content: str


class AuditPage(View):
    """Records of one partition, oldest first; empty after the last."""

    records: tuple[AuditRecordView, ...]


def problem_of(records: Iterable[AuditRecordView], end: AuditEndView) -> str | None:
    """Tells what is wrong with a partition's chain, oldest record first; None where nothing is."""
    chain = (
        AuditRecord(
            partition=one.partition,
            number=one.number,
            previous=one.previous,
            digest=one.digest,
            content=one.content,
        )
        for one in records
    )
    return broken_at(chain, AuditEnd(end.partition, end.number, end.digest))
