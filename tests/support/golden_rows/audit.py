"""The audit that a change leaves beside its row."""

from shared.adapters.tables.tables import Tables
from shared.domain.audit import broken_at


async def expect_audit(tables: Tables, *, changes: int) -> None:
    """Assert that the audit has as many changes, and that none of its chains is broken."""
    found = 0
    for end in await tables.audit.ends():
        records = await tables.audit.records(end.partition, 0, 99)
        assert broken_at(records, end) is None
        found += len(records)
    assert found == changes
