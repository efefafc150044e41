"""The operator API's answers about the audit: records as they are chained."""

from shared.contracts.api.view import View


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
