"""Describe SSPR: whom it is switched on for, and what to do where that is wrong."""

from collections.abc import Mapping

from shared.contracts.api.sspr_views import SsprView
from shared.domain.rollout.sspr_finding import SsprFinding
from shared.domain.rollout.sspr_sight import SsprSight
from shared.ports.world import World

_PLACE = "Entra admin center, Password reset, Properties"
_ADVICE: Mapping[SsprFinding, str] = {
    SsprFinding.ON_FOR_ALL: f"{_PLACE}: select the scope group again. Whoever is outside of it "
    "loses the reset by that.",
    SsprFinding.OFF: f"{_PLACE}: select the scope group again. Until then nobody can reset.",
    SsprFinding.OTHER_GROUP: f"{_PLACE}: select the scope group again. Until then nobody in it "
    "can reset by it.",
    SsprFinding.CHANGED: f"{_PLACE}: is the scope group selected still? The audit log tells of a "
    "change and not to what; the registration report may show it within a day.",
}


async def describe_sspr(world: World) -> SsprView:
    """Describes what is known of whom SSPR is on for."""
    sight, stored = await world.sspr_watch.sight(), await world.rollouts.current()
    is_meant = stored is not None and stored.rollout.expects(sight.finding, sight.since)
    return sspr_view(sight, is_meant=is_meant)


def sspr_view(sight: SsprSight, *, is_meant: bool = False) -> SsprView:
    """Describes it by what has been read already; what a move of SSPR's scope means is right."""
    return SsprView(
        finding=sight.finding,
        text=f"{sight.finding.text}.",
        wrong=sight.finding.is_wrong and not is_meant,
        advice="" if is_meant else _ADVICE.get(sight.finding, ""),
        since=sight.since,
        as_of=sight.as_of,
        source=sight.source,
        log_read_until=sight.log_read_until,
        trouble=sight.trouble,
    )
