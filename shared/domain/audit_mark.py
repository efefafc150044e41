"""The audit's mark: how far its audit had come, kept outside of its tables.

A ledger that was restored from a copy, or lost, does not know of what was written since. Its audit
is a chain in each partition: a ledger that goes on from the mark has, at the mark's numbers, the
records with the mark's digests. Any other is another one, or an older one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from shared.domain.audit import AuditEnd


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditMark:
    """Where each chain of the ledger ended; the time is UTC."""

    at: datetime
    ends: tuple[AuditEnd, ...]

    def is_at(self, ends: Iterable[AuditEnd]) -> bool:
        """Tells whether the ledger has recorded nothing since."""
        return set(self.ends) == set(ends)


def lost(mark: AuditMark, ends: Iterable[AuditEnd]) -> list[str]:
    """Returns the partitions whose chain does not come as far as the mark, or ends otherwise."""
    known = {end.partition: end for end in ends}
    return [
        then.partition
        for then in mark.ends
        if _is_lost(then, known.get(then.partition, AuditEnd(then.partition, 0, "")))
    ]


def gone_on(mark: AuditMark, ends: Iterable[AuditEnd]) -> list[AuditEnd]:
    """Returns the mark's ends that the ledger has passed: each must be a record of its chain."""
    known = {end.partition: end.number for end in ends}
    return [end for end in mark.ends if end.number and known.get(end.partition, 0) > end.number]


def _is_lost(then: AuditEnd, now: AuditEnd) -> bool:
    same = now.number == then.number
    return now.number < then.number or (same and now.digest != then.digest)
