"""Describe the move of SSPR's scope: how far it has come, and what an operator does next."""

from datetime import datetime

from shared.contracts.api.move_views import MoveView
from shared.domain.rollout.scope_move import decide
from shared.domain.rollout.state import Rollout
from shared.ports.world import World
from shared.use_cases.move_facts import facts_of_move, rests_on


async def describe_move(rollout: Rollout, world: World, now: datetime) -> MoveView | None:
    """Describes the newest move, or returns None where nobody began one."""
    move = rollout.move
    if move is None:
        return None
    facts = await facts_of_move(rollout, world)
    step = decide(move, facts, now)
    look = move.own(facts.look)
    return MoveView(
        kind=move.kind,
        stage=step.stage,
        next_step=step.text,
        began=move.began,
        actor=move.actor,
        came_from=move.came_from,
        ended_at=move.ended_at,
        losing=step.losing,
        outside=look.named if look and move.is_under_way else (),
        looked_at=look.at if look else None,
        rests_on=rests_on(await world.sspr_watch.sight(), move),
    )
