"""Watch the sources: an HR system that is silent for too long is told for as long as it is."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from shared.domain.noticing import signals_of_silence
from shared.domain.rollout.silence import sources_heard
from shared.ports.world import World
from shared.use_cases.signalling import emit

EVERY: Final = timedelta(minutes=30)
"""An alarm on it looks back three times as far."""


async def watch_sources(world: World, now: datetime) -> None:
    """Tells which sources are silent for longer than their file allows, where a look is due."""
    watch = await world.rollouts.watch()
    if not world.rhythms or watch is None or (watch.sources_at and now - watch.sources_at < EVERY):
        return
    heard = await world.sources_heard.heard()
    await world.rollouts.keep_watch(replace(watch, sources_at=now))
    emit(signals_of_silence(sources_heard(world.rhythms, heard), now))
