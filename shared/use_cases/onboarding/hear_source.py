"""Hear a source: that an HR system has sent is kept, where its silence is to be told."""

import asyncio
from contextlib import suppress
from datetime import datetime
from typing import Final

from shared.domain.errors import SsprRolloutError
from shared.domain.rollout.silence import GRAIN
from shared.ports.world import World

_PATIENCE: Final = 2.0
"""Seconds that a sender may wait for it."""


async def hear_source(source: str, world: World, now: datetime) -> None:
    """Keeps that a source has proved who it is and sent, once in a quarter of an hour.

    Whatever hinders it costs no message and is not said: the next message says it again, and
    storage that is away has alarms of its own.
    """
    if source not in world.rhythms:
        return
    with suppress(SsprRolloutError, TimeoutError):
        async with asyncio.timeout(_PATIENCE):
            newest = (await world.sources_heard.heard()).get(source)
            if newest is None or now - newest >= GRAIN:
                await world.sources_heard.hear(source, now)
