"""Watch SSPR: is it still switched on for the scope group, and for nobody else?"""

from dataclasses import replace
from datetime import datetime, timedelta

from shared.domain.errors import DirectoryUnavailable
from shared.domain.rollout.scope_move import MoveStage, decide
from shared.domain.rollout.sspr_finding import SsprFinding
from shared.domain.rollout.sspr_sight import SsprSight
from shared.domain.rollout.state import PauseReason
from shared.domain.signals import (
    Signal,
    SsprScopeRight,
    SsprScopeUnseen,
    SsprScopeWrong,
    plain_text,
)
from shared.ports.rollouts import StoredRollout
from shared.ports.world import World
from shared.use_cases.anybody_in import is_anybody_in
from shared.use_cases.move_facts import facts_of_move
from shared.use_cases.rollout.halt import halt
from shared.use_cases.signalling import emit

EVERY = timedelta(minutes=5)
"""Two requests each; an alarm on it looks back three times as far."""
_OVERLAP = timedelta(days=1)
"""How far each look goes back behind the last: entries come late, and those known do no harm."""
_KEPT = timedelta(days=30)
"""As long as the audit log is kept; the first look reads all of it."""


async def watch_sspr(world: World, now: datetime) -> None:
    """Looks whom SSPR is on for where a look is due, keeps what was found, and tells what is wrong.

    Before there is a rollout, or anybody is in, it is nobody's concern.
    Each new finding pauses the rollout once: whoever resumes it has seen it. What a move
    of SSPR's scope expects is no fault. Where the audit log cannot be read, that is said; the
    registration report is looked at all the same.

    Raises:
        LedgerConflict: somebody else has changed the rollout; the next tick looks again.
    """
    before = await world.sspr_watch.sight()
    if before.looked_at and now - before.looked_at < EVERY:
        return
    stored = await world.rollouts.current()
    if stored is None and not await is_anybody_in(world):
        return
    after = await _look(before, world, now)
    is_meant = stored is not None and stored.rollout.expects(after.finding, after.since)
    is_fault = after.is_another_fault_than(before) and not is_meant
    if stored and is_fault and await _is_news(before, after, stored, world, now):
        # Before it is kept: whoever dies in between finds it new again.
        await halt(stored, PauseReason.SSPR_SCOPE, after.sentence, world, now)
    await world.sspr_watch.keep_sight(after)
    emit(_signals(before, after, now, is_meant=is_meant))


async def _look(before: SsprSight, world: World, now: datetime) -> SsprSight:
    since = max((before.log_read_until or now - _KEPT) - _OVERLAP, now - _KEPT)
    try:
        changes = await world.directory.policy_changes(since)
    except DirectoryUnavailable as error:
        read = replace(before, trouble=str(error))
    else:
        followed = before.following(changes, world.tenant_rules.scope_group_id)
        read = replace(followed, log_read_until=now, trouble="")
    return replace(read.weighing(await world.sspr_watch.shares()), looked_at=now)


async def _is_news(
    before: SsprSight, after: SsprSight, stored: StoredRollout, world: World, now: datetime
) -> bool:
    """Tells whether a rollout is paused for it.

    A change that nobody can read may be the one by which the group was selected: before the first
    look, and where an operator was asked to select it.
    """
    if after.finding is not SsprFinding.CHANGED:
        return True
    if before.looked_at is None:
        return after.is_told(now)
    return not await _is_asked_for(stored, world, now)


async def _is_asked_for(stored: StoredRollout, world: World, now: datetime) -> bool:
    """Tells whether an operator is asked to select a group, or All, just now."""
    move = stored.rollout.move
    if move is None:
        return False
    # What is kept is still what was known before.
    step = decide(move, await facts_of_move(stored.rollout, world), now)
    return step.stage in {MoveStage.SELECT_NOW, MoveStage.SELECT_ALL_NOW}


def _signals(before: SsprSight, after: SsprSight, now: datetime, *, is_meant: bool) -> list[Signal]:
    told: list[Signal] = []
    if after.trouble:
        told.append(SsprScopeUnseen(problem=plain_text(after.trouble)))
    if after.is_told(now) and not is_meant and after.source and after.since:
        told.append(
            SsprScopeWrong(
                finding=after.finding, source=after.source, since=after.since.isoformat()
            )
        )
    if before.finding.is_wrong and not after.finding.is_wrong:
        told.append(SsprScopeRight(before=before.finding))
    return told
