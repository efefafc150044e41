"""Advance the rollout: look at the gates, and begin, go on with or complete what may be."""

from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

import structlog

from shared.domain.errors import LedgerConflict
from shared.domain.rollout.progress import MoveKind
from shared.domain.rollout.state import ACTIVE, Phase
from shared.ports.rollouts import StoredRollout
from shared.ports.world import World
from shared.use_cases.recording import save_rollout
from shared.use_cases.rollout.call_off import call_off_if_aborted
from shared.use_cases.rollout.carry_out import ACTOR
from shared.use_cases.rollout.doubt_scope import is_in_doubt
from shared.use_cases.rollout.expand_wave import ExpandWave
from shared.use_cases.rollout.look_at_gates import look_at_gates
from shared.use_cases.rollout.take_back import take_back_if_rolled_back
from shared.use_cases.write_control import is_stopped

_log = structlog.get_logger(__name__)


async def advance_rollout(world: World, clock: Callable[[], datetime]) -> None:
    """Takes one step of the rollout; of two that run at once, one finds it changed and ends.

    While everything that writes is stopped it takes none, and none before a second look where the
    first has found no group to write. Whom a wave claims that is rolled back it takes out in any
    case: whoever expanded it may have died before they could.

    Raises:
        DirectoryUnavailable, LedgerConflict, UnsafePlan: the next tick tries again.
    """
    stored = await world.rollouts.current()
    if stored and stored.rollout.rolled_back:
        await take_back_if_rolled_back(world, clock())
    if stored is None or stored.rollout.phase not in ACTIVE or stored.rollout.is_leased(clock()):
        return
    if await is_stopped(world) or await is_in_doubt(world):
        return
    try:
        await _step(stored, world, clock)
    except LedgerConflict:
        # An operator, or another run of this timer, was first; theirs counts.
        _log.info("rollout-changed-meanwhile")
        await call_off_if_aborted(world, clock())
        await take_back_if_rolled_back(world, clock())


async def _step(stored: StoredRollout, world: World, clock: Callable[[], datetime]) -> None:
    now = clock()
    stored, move = await look_at_gates(stored, world, now)
    match move.kind:
        case MoveKind.BEGIN_WAVE | MoveKind.EXPAND:
            await ExpandWave(world, clock, uuid4().hex)(stored, move)
        case MoveKind.COMPLETE:
            done = stored.rollout.entered(Phase.COMPLETED, now, actor=ACTOR, reason=move.text)
            await save_rollout(world, stored, done, action="complete", now=now)
        case MoveKind.WAIT:
            pass
