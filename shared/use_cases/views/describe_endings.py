"""Describe what ends soon."""

from datetime import datetime

from shared.contracts.api.ending_views import EndingView
from shared.domain.rollout.endings import Ending, Notice, ending_soon
from shared.ports.world import World
from shared.use_cases.known_endings import known_endings, notice_of


async def describe_endings(world: World, now: datetime) -> tuple[EndingView, ...]:
    """Returns what ends within the days of the settings, or has ended, the next one first."""
    notice = notice_of(world)
    found = ending_soon(await known_endings(world), notice, now)
    return tuple(view for one in found if (view := ending_view(one, notice, now)))


def ending_view(one: Ending, notice: Notice, now: datetime) -> EndingView | None:
    """Describes one of them; None if it has no end."""
    days = one.days_left(now)
    if one.ends_at is None or days is None:
        return None
    return EndingView(
        what=one.what,
        of=one.of,
        whose=one.whose,
        ends_at=one.ends_at,
        days=days,
        urgent=one.is_within(notice.urgent, now),
    )
