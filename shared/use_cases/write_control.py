"""Write control: whether anything may be written now; asked before each part of a work."""

from datetime import datetime

from shared.domain.rollout.writing import StopReason, Writing, fills_anew, other_group
from shared.ports.world import World
from shared.use_cases.ledger_age import why_older_at_first


async def is_stopped(world: World) -> bool:
    """Tells whether nothing may be written."""
    return await stopped(world) is not None


async def stopped(world: World) -> str | None:
    """Says why nothing may be written, in a line, or returns None while everything goes on.

    A group that is not the one of before is never written, whether or not the clock has stopped
    everything because of it already; neither is any by a ledger that is older than the world.
    """
    stored = await world.write_control.current()
    if stored and stored.writing.is_stopped:
        return stop_text(stored.writing)
    if why := await why_older_at_first(world):
        return f"{why}; sspr recover shows what differs"
    return await group_conflict(world, stored.writing if stored else None)


async def is_held_up(world: World, now: datetime) -> bool:
    """Tells whether nobody can be late: nothing is written, or it has only just begun again."""
    stored = await world.write_control.current()
    if stored and now - stored.writing.since < world.tenant_rules.written_within:
        return True
    return await is_stopped(world)


async def group_conflict(world: World, writing: Writing | None) -> str | None:
    """Says why the group of the settings is not the one to be written; None if it is."""
    rollout = await world.rollouts.current()
    return other_group(
        world.tenant_rules.scope_group_id,
        named=rollout.rollout.document.scope_group_id if rollout else None,
        written=writing.group_id if writing else None,
    )


async def is_refilled(world: World) -> bool:
    """Tells whether whoever was seen in the group of before is owed a membership in this one."""
    stored = await world.write_control.current()
    return fills_anew(stored.writing if stored else None, world.tenant_rules.scope_group_id)


def stop_text(writing: Writing) -> str:
    """Says in a line that nothing is written, and what to do about it."""
    why = writing.reason or (writing.stop.text if writing.stop else "")
    onward = "sspr recover" if writing.stop is StopReason.LEDGER_OLDER else "sspr start"
    if also := writing.also:
        why = f"{why}; and by {also.actor}: {also.reason or also.stop.text}"
        onward = f"{onward}, and then sspr start,"
    return f"everything that writes is stopped, by {writing.actor}: {why}; {onward} goes on"
