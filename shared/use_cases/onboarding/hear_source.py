"""Hear a source: that an HR system has sent is kept, where its silence is to be told."""

from datetime import datetime

from shared.domain.rollout.silence import GRAIN
from shared.ports.world import World
from shared.use_cases.onboarding.beside_message import beside_message


async def hear_source(source: str, world: World, now: datetime) -> None:
    """Keeps that a source has proved who it is and sent, once in a quarter of an hour.

    Whatever hinders it costs no message and is not said: the next message says it again.
    """
    if source not in world.rhythms:
        return
    async with beside_message():
        newest = (await world.sources_heard.heard()).get(source)
        if newest is None or now - newest >= GRAIN:
            await world.sources_heard.hear(source, now)
