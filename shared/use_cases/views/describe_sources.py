"""Describe the HR sources that are expected to send."""

from datetime import datetime

from shared.contracts.api.source_views import SourceView
from shared.domain.durations import duration_text
from shared.domain.rollout.silence import sources_heard
from shared.ports.world import World


async def describe_sources(world: World, now: datetime) -> tuple[SourceView, ...]:
    """Returns each source whose file says how long it may be silent, by name."""
    heard = await world.sources_heard.heard() if world.rhythms else {}
    return tuple(
        SourceView(
            source=one.source,
            heard_at=one.heard_at,
            silent_after=duration_text(one.allowed),
            silent=one.is_silent(now),
        )
        for one in sources_heard(world.rhythms, heard)
    )
