"""Describe the audit: its records as they are chained, for whoever exports or verifies them."""

from shared.contracts.api.audit_views import AuditEnds, AuditEndView, AuditPage, AuditRecordView
from shared.ports.world import World

MOST_RECORDS = 500
"""Records of one page."""


async def describe_audit_ends(world: World) -> AuditEnds:
    """Returns where each partition's chain ends."""
    ends = await world.audit.ends()
    return AuditEnds(partitions=tuple(map(AuditEndView.model_validate, ends)))


async def read_audit(partition: str, after: int, world: World) -> AuditPage | None:
    """Reads up to 500 records after that number, oldest first; None if no such partition exists."""
    records = await world.audit.records(partition, after, MOST_RECORDS)
    if not records and partition not in {end.partition for end in await world.audit.ends()}:
        return None
    return AuditPage(records=tuple(map(AuditRecordView.model_validate, records)))
