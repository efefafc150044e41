"""Change the rollout on an operator's word, again and again where the clock was first."""

from collections.abc import Callable
from datetime import datetime

from shared.domain.errors import NotPossible
from shared.domain.rollout.state import Rollout
from shared.ports.world import World
from shared.use_cases.recording import save_rollout
from shared.use_cases.until_kept import until_kept


async def change_rollout(
    world: World, decide: Callable[[Rollout], Rollout], *, action: str, now: datetime
) -> None:
    """Saves what `decide` makes of the rollout; `decide` may be called again with fresher ones.

    Raises:
        NotPossible: there is no rollout, or `decide` says so.
        LedgerConflict: others kept changing it.
    """
    async for attempt in until_kept():
        with attempt:
            stored = await world.rollouts.current()
            if stored is None:
                raise NotPossible("there is no rollout; apply a plan first")
            await save_rollout(world, stored, decide(stored.rollout), action=action, now=now)
