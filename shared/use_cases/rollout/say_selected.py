"""Say selected: an operator's word that the group is selected, where the log cannot be read."""

from dataclasses import replace
from datetime import datetime

from shared.domain.errors import NotPossible
from shared.domain.rollout.scope_move import MoveKind, MoveStage, decide, denies_selected
from shared.domain.rollout.state import Rollout
from shared.ports.world import World
from shared.use_cases.move_facts import facts_of_move
from shared.use_cases.rollout.change_rollout import change_rollout


async def say_selected(world: World, now: datetime, *, actor: str, reason: str) -> None:
    """Takes the word for it; the adoption ends by it if everybody is in.

    Raises:
        NotPossible: nobody adopts, it is not yet time to select, or the log shows another choice.
        LedgerConflict: others kept changing the rollout.
    """
    stored = await world.rollouts.current()
    if stored is None:
        raise NotPossible("there is no rollout; apply a plan first")
    facts = await facts_of_move(stored.rollout, world)

    def change(current: Rollout) -> Rollout:
        move = current.move
        if move is None or move.kind is not MoveKind.ADOPT or not move.is_under_way:
            raise NotPossible("no group is being adopted; there is nothing to select")
        step = decide(move, replace(facts, aim=current.aim), now)
        if step.stage is not MoveStage.SELECT_NOW:
            raise NotPossible(f"your word counts at the stage select-now: {step.text}")
        if denies_selected(move, facts):
            raise NotPossible(f"the audit log says: {facts.finding.text}")
        said = replace(move, by_word=True, actor=actor)
        return replace(current, move=said, actor=actor, reason=reason)

    await change_rollout(world, change, action="say-selected", now=now)
