"""Move facts: what the stage of a move of SSPR's scope depends on, and what that rests on."""

from datetime import datetime

from shared.domain.rollout.scope_move import MoveFacts, MoveKind, ScopeMove
from shared.domain.rollout.sspr_policy import SsprScope
from shared.domain.rollout.sspr_sight import SightSource, SsprSight
from shared.domain.rollout.state import ACTIVE, Phase, Rollout
from shared.ports.world import World
from shared.use_cases.write_control import stopped

_SOURCES = {
    SightSource.AUDIT_LOG: "the audit log",
    SightSource.REPORT: "the registration report",
}


async def facts_of_move(rollout: Rollout, world: World) -> MoveFacts:
    """Gathers what is known now; nothing of it is asked of Entra."""
    sight = await world.sspr_watch.sight()
    move = rollout.move
    adopts = move is not None and move.is_under_way and move.kind is MoveKind.ADOPT
    return MoveFacts(
        finding=sight.finding,
        as_of=sight.known_for,
        logged_at=sight.logged_at,
        look=await world.rollouts.move_look(),
        has_begun=rollout.started > 0 and _goes_on(rollout) is not Phase.PROGRESSING,
        is_aborted=rollout.phase is Phase.ABORTED,
        aim=rollout.aim,
        departed=(await world.ledger.totals()).departed if adopts else 0,
        hindrance=_hindrance(rollout, await stopped(world)),
    )


def rests_on(sight: SsprSight, move: ScopeMove | None = None) -> str:
    """Says what tells whom SSPR is on for, and as of when."""
    if move and move.by_word and move.kind is MoveKind.ADOPT:
        return f"the word of {move.actor}, who says that the group is selected"
    if move and move.by_word and sight.scope is not SsprScope.ALL:
        return f"the word of {move.actor}: nothing else shows that it is on for all"
    if sight.source is None or sight.as_of is None:
        return "nothing yet: neither the audit log nor the registration report tells of it"
    return f"{_SOURCES[sight.source]}, {_at(sight.as_of)}: {sight.finding}"


def _goes_on(rollout: Rollout) -> Phase:
    return rollout.pause.goes_on if rollout.pause else rollout.phase


def _hindrance(rollout: Rollout, why_stopped: str | None) -> str:
    if why_stopped:
        return f"Nothing is written: {why_stopped}."
    if rollout.phase is Phase.PAUSED:
        return "The rollout is paused; sspr resume goes on."
    if rollout.phase in ACTIVE | {Phase.COMPLETED}:
        return ""
    return "The rollout is aborted: it puts nobody in any more."


def _at(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"
