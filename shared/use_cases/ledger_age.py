"""Ledger age: whether the ledger is the one that was written last, or an older one, or another.

The newest mark is kept outside of the ledger. A process holds the ledger against it before it
writes for the first time, and the clock does every minute; so a ledger that was restored is
recognised before anybody's membership is changed by what it has forgotten.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from shared.domain.audit import AuditEnd
from shared.domain.audit_mark import AuditMark, gone_on, lost
from shared.ports.world import World


async def why_older(world: World) -> str | None:
    """Says what the ledger has lost since the mark; None where it is the same, gone on.

    Raises:
        ServiceUnavailable: the mark or the audit cannot be read.
    """
    mark = await world.audit_mark.read()
    return await _held_against(mark, await world.audit.ends(), world) if mark else None


async def why_older_at_first(world: World) -> str | None:
    """Says the same until this process has found nothing once; then it costs nothing any more."""
    if world.ledger_check.has_passed:
        return None
    why = await why_older(world)
    world.ledger_check.has_passed = why is None
    return why


async def compare(world: World, now: datetime) -> str | None:
    """Says the same; where nothing is lost the mark is moved to where the ledger is now."""
    mark, ends = await world.audit_mark.read(), await world.audit.ends()
    why = await _held_against(mark, ends, world) if mark else None
    if why is None and not (mark and mark.is_at(ends)):
        await accept(world, now, ends)
    return why


async def accept(world: World, now: datetime, ends: Sequence[AuditEnd] | None = None) -> None:
    """Takes the ledger as it is for the one that was written last."""
    known = ends if ends is not None else await world.audit.ends()
    if any(end.number for end in known):
        await world.audit_mark.keep(AuditMark(at=now, ends=tuple(known)))


async def _held_against(mark: AuditMark, ends: Sequence[AuditEnd], world: World) -> str | None:
    passed = gone_on(mark, ends)
    kept = await asyncio.gather(*(_is_kept(end, world) for end in passed))
    others = [end.partition for end, same in zip(passed, kept, strict=True) if not same]
    partitions = [*lost(mark, ends), *others]
    if not partitions:
        return None
    named = ", ".join(sorted(partitions))
    at = mark.at.isoformat(timespec="minutes")
    return f"the ledger does not know what it recorded until {at} ({named}): an older one, or lost"


async def _is_kept(end: AuditEnd, world: World) -> bool:
    records = await world.audit.records(end.partition, end.number - 1, 1)
    return [(one.number, one.digest) for one in records] == [(end.number, end.digest)]
