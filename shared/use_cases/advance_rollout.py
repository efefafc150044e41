"""Advance the rollout: look at the gates, begin the next wave when it may, put its people in."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import batched
from uuid import uuid4

import structlog

from shared.domain.errors import LedgerConflict
from shared.domain.evaluation import evaluate
from shared.domain.gate import Evaluation
from shared.domain.planning import draw_up
from shared.domain.progress import Move, MoveKind, is_evaluation_due, judge, next_move
from shared.domain.rollout import (
    ACTIVE,
    Lease,
    PauseReason,
    Phase,
    Rollout,
    begin_wave,
    pause,
)
from shared.domain.scope_plan import ScopePlan
from shared.ports import StoredRollout, World
from shared.use_cases.carry_out import ACTOR, CHUNK, put_in_all
from shared.use_cases.measure import measure
from shared.use_cases.survey import Survey, survey

_log = structlog.get_logger(__name__)

type Clock = Callable[[], datetime]


async def advance_rollout(world: World, clock: Clock) -> None:
    """One step of the clock; of two that run at once, one finds the rollout changed and ends.

    Raises:
        DirectoryUnavailable: the next tick tries again.
    """
    stored = await world.rollouts.current()
    if stored is None or stored.rollout.phase not in ACTIVE or stored.rollout.is_leased(clock()):
        return
    try:
        await _step(stored, world, clock)
    except LedgerConflict:
        # An operator, or another run of this timer, was first; theirs counts.
        _log.info("rollout-changed-meanwhile")


async def _step(stored: StoredRollout, world: World, clock: Clock) -> None:
    now = clock()
    evaluation = await _look_at_gates(stored.rollout, world, now)
    before = stored.rollout
    judged = judge(before, evaluation, now) if evaluation else before
    move = next_move(judged, evaluation, now)
    if evaluation:
        await world.rollouts.keep_evaluation(
            replace(evaluation, decision=_decision(before, judged, move))
        )
        action = "pause" if judged.phase is Phase.PAUSED else "evaluate"
        stored = await world.rollouts.replace(stored, judged, action=action, now=now)
    match move.kind:
        case MoveKind.BEGIN_WAVE | MoveKind.EXPAND:
            await _Expansion(world, clock, uuid4().hex).run(stored, move)
        case MoveKind.COMPLETE:
            done = stored.rollout.entered(Phase.COMPLETED, now, actor=ACTOR, reason=move.text)
            await world.rollouts.replace(stored, done, action="complete", now=now)
        case MoveKind.WAIT:
            pass


async def _look_at_gates(rollout: Rollout, world: World, now: datetime) -> Evaluation | None:
    if not is_evaluation_due(rollout, now):
        return None
    return evaluate(rollout, await measure(rollout, world, now), now)


def _decision(before: Rollout, judged: Rollout, move: Move) -> str:
    if judged.pause and before.phase is not Phase.PAUSED:
        return f"paused: {judged.pause.detail}"
    if move.kind in {MoveKind.BEGIN_WAVE, MoveKind.COMPLETE}:
        return move.text
    return ""


@dataclass(frozen=True, slots=True)
class _Expansion:
    """One run through the current wave, under a lease that it renews as it goes.

    Every chunk proves first that nobody has changed the rollout since: so an abort stops it.
    """

    world: World
    clock: Clock
    holder: str

    async def run(self, stored: StoredRollout, move: Move) -> None:
        stored = await self._renew(stored)
        try:
            surveyed = await survey(self.world, stored.rollout.document)
            if move.kind is MoveKind.BEGIN_WAVE:
                stored = await self._begin(stored, surveyed, move)
            await self._expand(stored, surveyed)
        except BaseException:
            await self._give_back()
            raise

    async def _begin(self, stored: StoredRollout, surveyed: Survey, move: Move) -> StoredRollout:
        rollout, now = stored.rollout, self.clock()
        plan = self._plan(rollout, surveyed, through=rollout.started + 1)
        begun = begin_wave(rollout, plan.cuts[-1], now, actor=ACTOR, reason=move.text)
        return await self.world.rollouts.replace(stored, begun, action="begin-wave", now=now)

    async def _expand(self, stored: StoredRollout, surveyed: Survey) -> None:
        rollout = stored.rollout
        plan = self._plan(rollout, surveyed, through=rollout.started)
        too_many = rollout.document.additions.exceeded_by(len(plan.additions), plan.eligible)
        if too_many and not rollout.forced:
            halted = pause(
                rollout, PauseReason.UNSAFE_PLAN, self.clock(), actor=ACTOR, detail=too_many
            )
            await self._finish(stored, halted, "pause")
            return
        policy = rollout.document.governs(self.world.policy)
        for chunk in batched(plan.additions, CHUNK, strict=False):
            stored = await self._renew(stored)
            await put_in_all(chunk, surveyed, policy, self.world, self.clock())
        reason = f"{len(plan.additions)} people were asked for"
        soaking = rollout.entered(Phase.SOAKING, self.clock(), actor=ACTOR, reason=reason)
        await self._finish(stored, soaking, "soak")

    def _plan(self, rollout: Rollout, surveyed: Survey, *, through: int) -> ScopePlan:
        # A wave that is about to begin widens already, so that its cut is drawn among everybody.
        widening = replace(rollout, phase=Phase.PROGRESSING)
        return draw_up(
            surveyed.candidates.values(),
            surveyed.standings,
            None,
            widening,
            rollout.document.governs(self.world.policy),
            self.clock(),
            through=through,
        )

    async def _renew(self, stored: StoredRollout) -> StoredRollout:
        lease = Lease(self.holder, self.clock() + self.world.lease)
        return await self.world.rollouts.renew(stored, lease)

    async def _finish(self, stored: StoredRollout, rollout: Rollout, action: str) -> None:
        free = replace(rollout, lease=None)
        await self.world.rollouts.replace(stored, free, action=action, now=self.clock())

    async def _give_back(self) -> None:
        """Let the next tick go on at once; where that fails, it goes on when the lease is over."""
        with suppress(Exception):
            stored = await self.world.rollouts.current()
            lease = stored.rollout.lease if stored else None
            if stored and lease and lease.holder == self.holder:
                await self.world.rollouts.renew(stored, None)
