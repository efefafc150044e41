"""Write control: whether anything may be written now; asked before each part of a work."""

from shared.domain.rollout.writing import Writing
from shared.ports.world import World


async def is_stopped(world: World) -> bool:
    """Tells whether nothing may be written."""
    writing = await stopped(world)
    return writing is not None


async def stopped(world: World) -> Writing | None:
    """Returns the word by which nothing may be written, or None while everything goes on."""
    stored = await world.write_control.current()
    return stored.writing if stored and stored.writing.is_stopped else None
