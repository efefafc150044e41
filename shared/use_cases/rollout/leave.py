"""Leave: go back to SSPR for all, and only then let go of the group, nobody losing it in between.

Each call shows the next step and, with that step's fingerprint, takes it: first an operator is told
to select All; once that is seen, the rollout ends and the group is let go.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from shared.contracts.api.counts import CountView
from shared.contracts.api.move_views import LeaveView
from shared.contracts.api.operation_orders import LeaveOrder
from shared.domain.errors import NotPossible, WorldChanged
from shared.domain.person.enrolment import CauseKind, State
from shared.domain.person.membership import is_let_go, is_on_the_way_by_let_go
from shared.domain.rollout.scope_move import (
    MoveFacts,
    MoveKind,
    MoveStage,
    MoveStep,
    ScopeMove,
    all_is_seen,
    decide,
    refused_word,
)
from shared.domain.rollout.state import Phase, Rollout, abort
from shared.ports.operations import Operation
from shared.ports.world import World
from shared.use_cases.move_facts import facts_of_move, rests_on
from shared.use_cases.rollout.change_rollout import change_rollout
from shared.use_cases.writing_word import keep_stop

MOST_NAMED = 200
"""Object ids shown of those who would be taken out."""


@dataclass(frozen=True, slots=True)
class _Members:
    """Whom the ledger has in the group, or on the way there."""

    ours: Sequence[str]
    there_before: int


async def leave(order: LeaveOrder, operation: Operation, world: World, now: datetime) -> LeaveView:
    """Shows the next step or, with the fingerprint of what was shown, takes it.

    Raises:
        NotPossible: there is no rollout, or the operator's word does not count yet.
        WorldChanged: another step is next than was shown.
        LedgerConflict: others kept changing the rollout.
    """
    if order.plan and isinstance(operation.result, LeaveView):
        # Delivered again after a crash: the step was taken, or is taken now.
        if not await _is_taken(operation, world):
            await _take(operation.result, order, operation, world, now)
        return operation.result.model_copy(update={"done": True})
    view = await _look(order, operation, world, now)
    if order.plan is None:
        return view
    if order.plan != view.fingerprint:
        raise WorldChanged(f"the next step is another one than was shown: {view.next_step}")
    await world.operations.keep(replace(operation, result=view))
    await _take(view, order, operation, world, now)
    return view.model_copy(update={"done": True})


async def _is_taken(operation: Operation, world: World) -> bool:
    """Tells whether the group was let go, or the leaving has ended, since the step was asked for.

    What is seen since is of no matter to a step that was taken.
    """
    stored = await world.rollouts.current()
    move = stored.rollout.move if stored else None
    if move is None or move.kind is not MoveKind.LEAVE:
        return False
    taken = max(filter(None, (move.let_go_at, move.ended_at)), default=None)
    return taken is not None and taken >= operation.requested_at


async def _look(order: LeaveOrder, operation: Operation, world: World, now: datetime) -> LeaveView:
    stored = await world.rollouts.current()
    if stored is None:
        raise NotPossible("there is no rollout to leave; select All, and sspr stop ends all writes")
    facts = await facts_of_move(stored.rollout, world)
    move = _move_of(stored.rollout, order, facts, now, actor=operation.actor)
    step = await _cancelled(move, world) if order.cancel else decide(move, facts, now)
    members = await _members(world)
    removals = members.ours if order.empty_group and not order.cancel else ()
    stays = Counter({CauseKind.FOUND: members.there_before})
    if not order.empty_group:
        stays[CauseKind.WAVE] = len(members.ours)
    return LeaveView(
        fingerprint=_fingerprint(step, move, removals),
        stage=step.stage,
        next_step=step.text,
        rests_on=rests_on(await world.sspr_watch.sight(), move),
        members=len(members.ours) + members.there_before,
        removals=len(removals),
        departing=tuple(removals[:MOST_NAMED]),
        stays=tuple(
            CountView(reason=kind, text=_TEXTS[kind], people=number)
            for kind, number in stays.items()
            if number
        ),
        empties=order.empty_group,
        done=False,
    )


_CANCELLED = (
    "The leaving is cancelled, and nobody else is asked out. An aborted rollout stays so: "
    "sspr restart begins it again."
)
_ON_THE_WAY = (
    "{:,} people are on the way out, and lose SSPR if the group is selected. So everything that "
    "writes stays stopped, or is stopped by this. A start takes them out, unless sspr include is "
    "said of each before it."
)
CANCELLED = "the leaving was cancelled; {:,} people are on the way out, and a start takes them out"
"""Why everything that writes is stopped."""
_TEXTS = {
    CauseKind.FOUND: "They were in the group before the rollout.",
    CauseKind.WAVE: "The product put them in; --empty-group takes them out.",
}


def _move_of(
    rollout: Rollout, order: LeaveOrder, facts: MoveFacts, now: datetime, *, actor: str
) -> ScopeMove:
    """Returns the leaving that is under way, or the one that begins now."""
    move = rollout.move
    is_begun = move is not None and move.kind is MoveKind.LEAVE and move.is_under_way
    if move is None or not is_begun:
        move = ScopeMove(kind=MoveKind.LEAVE, began=now, actor=actor)
    if order.cancel:
        if not is_begun:
            raise NotPossible("nobody is leaving; there is nothing to cancel")
        return move.ended(now)
    if order.all_selected and not all_is_seen(move, facts):
        if not is_begun:
            raise NotPossible("first say that you leave: sspr leave without --all-selected")
        if why := refused_word(move, facts, now):
            raise NotPossible(why)
        move = replace(move, by_word=True, actor=actor)
    return move


async def _cancelled(move: ScopeMove, world: World) -> MoveStep:
    left = await _on_the_way(world) if move.empties else 0
    held = f" {_ON_THE_WAY.format(left)}" if left else ""
    return MoveStep(MoveStage.DONE, f"{_CANCELLED}{held}")


async def _on_the_way(world: World) -> int:
    """Counts whom letting go has asked out, and whom a writer may still take out."""
    leaving = await world.ledger.in_state({State.WITHDRAWING})
    return sum(map(is_on_the_way_by_let_go, leaving))


async def _hold_those_leaving(world: World, now: datetime, *, actor: str, held: int = 0) -> int:
    """Stops everything that writes while anybody is on the way out: nobody watches them now.

    It is said anew of a stop that is there: nothing but an operator's start is to end it.

    Args:
        world: Where.
        now: The time, in UTC.
        actor: Who cancels.
        held: For how many it was said already.

    Returns:
        How many are on the way out.
    """
    left = await _on_the_way(world)
    if left > held:
        await keep_stop(world, now, actor=actor, reason=CANCELLED.format(left))
    return left


async def _members(world: World) -> _Members:
    ours: list[str] = []
    there_before = 0
    async for page in world.ledger.summaries():
        for one in page:
            if is_let_go(one.state, one.provenance):
                ours.append(one.key)
            elif one.is_in:
                there_before += 1
    return _Members(sorted(ours), there_before)


def _fingerprint(step: MoveStep, move: ScopeMove, removals: Sequence[str]) -> str:
    # Nobody leaves by an earlier step: who comes and goes meanwhile is no reason to refuse it.
    leaving = removals if step.stage is MoveStage.NOTICED else ()
    said = [step.stage, "word" if move.by_word else "seen", str(move.empties), *leaving]
    return hashlib.sha256("\n".join(["leave", *said]).encode()).hexdigest()


async def _take(
    view: LeaveView, order: LeaveOrder, operation: Operation, world: World, now: datetime
) -> None:
    """Takes the step that was shown, on the rollout as it is by now."""
    stored = await world.rollouts.current()
    if stored is None:
        return
    facts = await facts_of_move(stored.rollout, world)

    def change(current: Rollout) -> Rollout:
        move = _move_of(current, order, facts, now, actor=operation.actor)
        is_let_go_already = move.let_go_at is not None and current.phase is Phase.ABORTED
        if view.stage != MoveStage.NOTICED or is_let_go_already:
            return replace(current, move=move, actor=operation.actor, reason=order.reason)
        if not all_is_seen(move, facts):
            raise NotPossible("SSPR is no longer seen as on for all; nothing was let go")
        ended = abort(current, now, actor=operation.actor, reason=order.reason)
        return replace(ended, move=replace(move, let_go_at=now, empties=order.empty_group))

    empties = order.cancel and (move := stored.rollout.move) is not None and move.empties
    held = 0
    if empties:
        # Before the move has ended: whoever dies in between does it again.
        held = await _hold_those_leaving(world, now, actor=operation.actor)
    await change_rollout(world, change, action="leave", now=now)
    if empties:
        # Whom the clock has asked out meanwhile; nobody is asked out any more from here on.
        await _hold_those_leaving(world, now, actor=operation.actor, held=held)
