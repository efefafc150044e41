"""Take back: whom a wave claims that is rolled back goes out, however they came to be claimed.

An expansion or a reconciliation may store a chunk of the wave after the operator's word. It stores
no further one, and whoever finds the rollout changed by that word takes that chunk back.
"""

from collections.abc import Iterable
from datetime import datetime
from itertools import batched

from shared.domain.person.enrolment import Enrolment
from shared.domain.person.membership import roll_back as out_of_wave
from shared.ports.world import World
from shared.use_cases.ledger_age import why_older
from shared.use_cases.recording import save_people
from shared.use_cases.rollout.carry_out import ACTOR, CHUNK


async def take_back(wave: str, world: World, now: datetime, *, actor: str) -> None:
    """Takes out, in chunks, whom the wave claims by now, as long as it is rolled back.

    Whoever puts it in again meanwhile has the last word.

    Raises:
        LedgerConflict: others kept changing the same people.
    """

    def decide(_: str, current: Enrolment | None) -> Enrolment | None:
        return out_of_wave(current, wave, now) if current else None

    claimed = [one.key for one in await world.ledger.in_wave(wave)]
    for some in batched(claimed, CHUNK, strict=False):
        if wave not in await _rolled_back(world):
            return
        await save_people(world, some, decide, actor=actor, now=now)


async def take_back_if_rolled_back(world: World, now: datetime) -> None:
    """Takes out whoever is still claimed by a wave that is rolled back; as a rule that is nobody.

    A stop does not hold it up: it changes what is owed, as the rollback itself does. A ledger that
    is older than the world may have a rollback that was undone since, and changes nobody.

    Raises:
        LedgerConflict: others kept changing the same people; the next tick tries again.
    """
    for wave in sorted(await _rolled_back(world)):
        if await world.ledger.in_wave(wave) and not await why_older(world):
            await take_back(wave, world, now, actor=ACTOR)


async def _rolled_back(world: World) -> Iterable[str]:
    stored = await world.rollouts.current()
    return stored.rollout.rolled_back if stored else frozenset()
