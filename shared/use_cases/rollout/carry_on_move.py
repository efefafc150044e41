"""Carry on with the move of SSPR's scope: notice what an operator selected, let go, come to an end.

It holds no state of its own: each minute it is decided again where the move is, so that a process
that dies at any step, a pause or a stop costs nothing but time.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime

from shared.domain.errors import InvalidMessage
from shared.domain.person.amendment import OUT
from shared.domain.person.enrolment import Enrolment, Provenance, State
from shared.domain.person.membership import is_let_go, let_go
from shared.domain.person.reasons import Reason
from shared.domain.person.summary import EnrolmentSummary
from shared.domain.plan.losses import covered_by
from shared.domain.plan.scope_plan import ScopePlan, repairs_of
from shared.domain.rollout.document import Document
from shared.domain.rollout.scope_move import (
    MoveFacts,
    MoveKind,
    MoveLook,
    MoveStage,
    MoveStep,
    ScopeMove,
    all_is_seen,
    decide,
)
from shared.domain.rollout.sspr_policy import SsprScope
from shared.domain.rollout.state import Rollout
from shared.ports.ledger import Totals
from shared.ports.rollouts import StoredRollout
from shared.ports.world import World
from shared.use_cases.move_facts import facts_of_move
from shared.use_cases.recording import save_people, save_rollout
from shared.use_cases.rollout.adopt import LOSES
from shared.use_cases.rollout.call_off import call_off_if_aborted
from shared.use_cases.rollout.carry_out import ACTOR
from shared.use_cases.rollout.find_losses import covered_ids
from shared.use_cases.rollout.take_snapshot import Snapshot
from shared.use_cases.until_kept import until_kept
from shared.use_cases.write_control import is_stopped
from shared.use_cases.writing_word import keep_stop

MOST_AT_ONCE = 300
"""People asked out in one minute; the next one goes on. Whom a writer has been told of may be out
before anybody notices that SSPR is no longer on for all."""
MOST_NAMED = 100
"""Object ids kept of those who are not in the group yet."""
DENIED = "SSPR is no longer seen as on for all while the group is emptied; select All again first"
"""Why everything that writes is stopped in between."""
LEFT = "SSPR is on for all, and the group is let go"
"""Why everything that writes is stopped at the end."""


async def carry_on_move(world: World, now: datetime) -> None:
    """Takes the next step of the move that is under way, if it is the product's to take.

    Raises:
        LedgerConflict: somebody else has changed the rollout; the next tick looks again.
    """
    stored = await world.rollouts.current()
    if stored is None or (move := stored.rollout.move) is None or not move.is_under_way:
        return
    facts = await facts_of_move(stored.rollout, world)
    if move.let_go_at is not None and move.empties and facts.is_aborted:
        look = await _empty(move, facts, world, now)
        await world.rollouts.keep_move_look(look)
        facts = replace(facts, look=look)
        await _hold_if_denied(move, facts, world, now)
    step = decide(move, facts, now)
    if step.stage is not MoveStage.DONE:
        return
    if move.kind is MoveKind.LEAVE:
        await call_off_if_aborted(world, now)
        # Before the move has ended: whoever dies in between does it again.
        await keep_stop(world, now, actor=move.actor, reason=LEFT)
    await _end(stored, move, step, world, now)


async def _end(
    stored: StoredRollout, move: ScopeMove, step: MoveStep, world: World, now: datetime
) -> None:
    """Ends the move; the gates may have been looked at since its step was decided."""
    before = stored.rollout
    async for attempt in until_kept():
        with attempt:
            current = await world.rollouts.current()
            if current is None or _bearing(current.rollout) != (move, before.phase, before.aim):
                # The next minute decides where the move is by now.
                return
            ended = replace(current.rollout, move=move.ended(now), actor=ACTOR, reason=step.text)
            await save_rollout(world, current, ended, action=f"{move.kind}-ended", now=now)


def _bearing(rollout: Rollout) -> tuple[object, ...]:
    """Returns what a step depends on; a look at the gates changes none of it."""
    return (rollout.move, rollout.phase, rollout.aim)


async def _hold_if_denied(move: ScopeMove, facts: MoveFacts, world: World, now: datetime) -> None:
    """Stops everything that writes where SSPR is no longer seen as on for all.

    Whoever was asked out before is with the writers, and would lose SSPR by being taken out.
    """
    if all_is_seen(move, facts):
        return
    control = await world.write_control.current()
    if control is None or not control.writing.is_stopped:
        left = facts.look.unwritten if facts.look else 0
        why = f"{DENIED}; {left:,} people are on the way out"
        await keep_stop(world, now, actor=ACTOR, reason=why)


async def look_at_move(  # noqa: PLR0917 - no two of them are of one type
    stored: StoredRollout,
    snapshot: Snapshot,
    plan: ScopePlan,
    before: Totals,
    world: World,
    now: datetime,
) -> MoveLook | None:
    """Looks who of those whom SSPR was on for before is not in the group to stay, and keeps it.

    Whoever is on the way out does not stay, nor does whom the plan takes out. Whoever loses by what
    was shown and accepted does not count.

    Args:
        stored: The rollout that the snapshot was taken for.
        snapshot: Everybody.
        plan: What is to be done by that snapshot.
        before: The ledger's totals of before the snapshot: who goes out meanwhile is not in them.
        world: Where it is kept.
        now: When the snapshot was begun: nothing of it need be newer.

    Returns:
        What was seen; None where no group is being adopted.
    """
    move = stored.rollout.move
    if move is None or not move.is_under_way or move.kind is not MoveKind.ADOPT:
        return None
    document = stored.rollout.document
    try:
        outside = await _outside(move, _staying(snapshot, plan, document), snapshot, world)
    except InvalidMessage as error:
        look = MoveLook(at=now, outside=0, unwritten=0, trouble=str(error), of=move.began)
    else:
        unwritten = sum(not _is_written(snapshot.summaries.get(one)) for one in outside)
        named = tuple(sorted(outside)[:MOST_NAMED])
        look = MoveLook(
            at=now, outside=len(outside), unwritten=unwritten, named=named, of=move.began
        )
    look = replace(look, aim=stored.rollout.aim, departed=before.departed)
    await world.rollouts.keep_move_look(look)
    return look


async def keep_taken_out(look: MoveLook | None, plan: ScopePlan, world: World) -> None:
    """Keeps that those were taken out who by the plan were to be: the look has judged them."""
    if look is None:
        return
    strangers = sum(one.reason is Reason.ADDED_BY_HAND for one in plan.drift)
    departed = look.departed + len(plan.removals) + strangers
    await world.rollouts.keep_move_look(replace(look, departed=departed))


def _staying(snapshot: Snapshot, plan: ScopePlan, document: Document) -> frozenset[str]:
    """Returns who is in the group, and is taken out neither by the ledger nor by the plan.

    Whom others hold in stays, and so does whom others put in where the document leaves them.
    """
    strangers = {one.object_id for one in plan.drift if one.reason is Reason.ADDED_BY_HAND}
    repaired = {one.object_id for one in repairs_of(plan, document)} & strangers
    leaving = {
        key
        for key, one in snapshot.summaries.items()
        if one.state in OUT and one.provenance is not Provenance.PREEXISTING
    }
    planned = {one.object_id for one in plan.removals}
    return snapshot.members - (leaving - strangers) - planned - repaired


async def _outside(
    move: ScopeMove, staying: frozenset[str], snapshot: Snapshot, world: World
) -> frozenset[str]:
    came_from = move.came_from or SsprScope.ALL
    before = await covered_ids(came_from, move.old_group, world)
    outside = covered_by(snapshot.candidates, before) - staying
    if not outside or move.accepted is None:
        return outside
    return outside - {one async for one in _accepted(move.accepted, world)}


async def _accepted(fingerprint: str, world: World) -> AsyncIterator[str]:
    """Yields who was shown as losing, and accepted; they come first among the plan's lines."""
    page = 0
    while lines := await world.plans.people(fingerprint, page):
        for line in lines:
            if line.action != LOSES:
                return
            yield line.object_id
        page += 1


def _is_written(summary: EnrolmentSummary | None) -> bool:
    return summary is not None and summary.state.is_in_scope


async def _empty(move: ScopeMove, facts: MoveFacts, world: World, now: datetime) -> MoveLook:
    """Takes out whom the product put in, while SSPR is on for all, and counts who is left."""
    leaving, on_the_way, held_in = await _left(world)
    if leaving and all_is_seen(move, facts) and not await is_stopped(world):

        def release(_: str, current: Enrolment | None) -> Enrolment | None:
            return let_go(current, now) if current else None

        some = leaving[:MOST_AT_ONCE]
        await save_people(world, some, release, actor=move.actor, now=now)
        on_the_way += len(some)
        leaving = leaving[MOST_AT_ONCE:]
    left = len(leaving) + on_the_way
    return MoveLook(at=now, outside=held_in, unwritten=on_the_way, ours=left, of=move.began)


async def _left(world: World) -> tuple[list[str], int, int]:
    """Returns who is still to be asked out, how many were, and how many others hold in."""
    asked_out = held_in = 0
    leaving: list[str] = []
    async for page in world.ledger.summaries():
        for one in page:
            if is_let_go(one.state, one.provenance):
                leaving.append(one.key)
            if one.state is State.WITHDRAWING:
                is_theirs = one.provenance is Provenance.PREEXISTING
                held_in += is_theirs
                asked_out += not is_theirs
    return leaving, asked_out, held_in
