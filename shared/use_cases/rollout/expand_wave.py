"""Expand a wave: put its people in, chunk by chunk, heeding operators and gates in between."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import batched

from shared.domain.plan.scope_plan import ScopePlan
from shared.domain.rollout.progress import Move, MoveKind
from shared.domain.rollout.state import Lease, PauseReason, Phase, Rollout, begin_wave, pause
from shared.domain.signals import PlanUnsafe
from shared.ports.rollouts import StoredRollout
from shared.ports.world import World
from shared.use_cases.recording import save_lease, save_rollout
from shared.use_cases.rollout.carry_out import ACTOR, CHUNK, claim_all, put_in_all
from shared.use_cases.rollout.look_at_gates import look_at_gates
from shared.use_cases.rollout.take_snapshot import Snapshot, take_snapshot
from shared.use_cases.signalling import emit
from shared.use_cases.write_control import is_stopped


@dataclass(frozen=True, slots=True)
class ExpandWave:
    """One run through the current wave, under a lease that it renews as it goes.

    Every chunk proves first that nobody has changed the rollout since: so an abort stops it, and
    of two runs at once one ends with a `LedgerConflict`. A run that dies is taken up by the next
    tick once its lease is over.
    """

    world: World
    clock: Callable[[], datetime]
    holder: str

    async def __call__(self, stored: StoredRollout, move: Move) -> None:
        """Begins the next wave if that is the move, then puts in whoever is missing.

        Raises:
            LedgerConflict: somebody else has changed the rollout; theirs counts.
            DirectoryUnavailable, UnsafePlan: the next tick tries again.
        """
        stored = await self._renew(stored)
        try:
            snapshot = await take_snapshot(self.world, stored.rollout.document)
            if move.kind is MoveKind.BEGIN_WAVE:
                stored = await self._begin(stored, snapshot, move)
            await self._expand(stored, snapshot)
        except BaseException:
            await self._give_back()
            raise

    async def _begin(self, stored: StoredRollout, snapshot: Snapshot, move: Move) -> StoredRollout:
        rollout, now = stored.rollout, self.clock()
        plan = self._plan(rollout, snapshot, through=rollout.started + 1)
        begun = begin_wave(rollout, plan.cuts[-1], now, actor=ACTOR, reason=move.text)
        return await save_rollout(
            self.world, stored, begun, action="begin-wave", now=now, keep_lease=True
        )

    async def _expand(self, stored: StoredRollout, snapshot: Snapshot) -> None:
        rollout = stored.rollout
        plan = self._plan(rollout, snapshot, through=rollout.started)
        too_many = rollout.document.additions.exceeded_by(len(plan.additions), plan.eligible)
        if too_many and not rollout.forced:
            why = PauseReason.UNSAFE_PLAN
            halted = pause(rollout, why, self.clock(), actor=ACTOR, detail=too_many)
            await self._finish(stored, halted, "pause")
            emit([PlanUnsafe(problem=f"additions: {too_many}")])
            return
        policy = snapshot.policy(rollout.document, self.world.tenant_rules)
        for chunk in batched(plan.additions, CHUNK, strict=False):
            stored, then = await look_at_gates(await self._renew(stored), self.world, self.clock())
            if then.kind is not MoveKind.EXPAND:
                return
            if await is_stopped(self.world):
                await save_lease(self.world, stored, None)
                return
            await put_in_all(chunk, snapshot, policy, self.world, self.clock())
        for chunk in batched(plan.overdue, CHUNK, strict=False):
            # They are the wave's all the same, and its gates are to know of them.
            stored = await self._renew(stored)
            await claim_all(chunk, self.world, self.clock())
        if plan.awaited:
            # Whoever is still on the way out can be put in once they are: the next tick sees.
            await save_lease(self.world, stored, None)
            return
        said = _what_was_asked(plan)
        soaking = stored.rollout.entered(Phase.SOAKING, self.clock(), actor=ACTOR, reason=said)
        await self._finish(stored, soaking, "soak")

    def _plan(self, rollout: Rollout, snapshot: Snapshot, *, through: int) -> ScopePlan:
        return snapshot.plan(rollout, self.world.tenant_rules, self.clock(), through=through)

    async def _renew(self, stored: StoredRollout) -> StoredRollout:
        lease = Lease(self.holder, self.clock() + self.world.limits.lease)
        return await save_lease(self.world, stored, lease)

    async def _finish(self, stored: StoredRollout, rollout: Rollout, action: str) -> None:
        await save_rollout(self.world, stored, rollout, action=action, now=self.clock())

    async def _give_back(self) -> None:
        """Gives the lease back, so that the next tick goes on at once.

        Where that fails, the rollout goes on when the lease is over.
        """
        with suppress(Exception):
            stored = await self.world.rollouts.current()
            lease = stored.rollout.lease if stored else None
            if stored and lease and lease.holder == self.holder:
                await save_lease(self.world, stored, None)


def _what_was_asked(plan: ScopePlan) -> str:
    asked, overdue = len(plan.additions), len(plan.overdue)
    said = f"{asked} {'person was' if asked == 1 else 'people were'} asked for"
    if not overdue:
        return said
    late = "1 person has been" if overdue == 1 else f"{overdue} people have been"
    return f"{said}; {late} on the way out for too long, to be put in once they are out"
