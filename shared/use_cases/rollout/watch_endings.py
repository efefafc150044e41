"""Watch the endings: what ends within the days of the settings is told for as long as it does."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from shared.domain.noticing import signals_of_endings
from shared.ports.world import World
from shared.use_cases.known_endings import known_endings, notice_of
from shared.use_cases.signalling import emit

EVERY: Final = timedelta(hours=1)
"""An alarm on it looks back three times as far."""


async def watch_endings(world: World, now: datetime) -> None:
    """Tells what ends soon or has ended, where a look is due."""
    watch = await world.rollouts.watch()
    if watch is None or (watch.endings_at and now - watch.endings_at < EVERY):
        return
    endings = await known_endings(world)
    await world.rollouts.keep_watch(replace(watch, endings_at=now))
    emit(signals_of_endings(endings, notice_of(world), now))
