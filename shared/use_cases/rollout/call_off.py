"""Call off: what an aborted rollout has asked for and nobody has written yet is undone."""

from datetime import datetime
from itertools import batched

from shared.domain.person.enrolment import Enrolment, State
from shared.domain.person.membership import call_off
from shared.domain.rollout.state import Phase
from shared.ports.world import World
from shared.use_cases.recording import save_people
from shared.use_cases.rollout.carry_out import ACTOR, CHUNK


async def call_off_if_aborted(world: World, now: datetime) -> None:
    """Takes back what is asked for and not yet written, if the rollout is aborted.

    An expansion may still have asked for people after the operator's word.

    Raises:
        LedgerConflict: others kept changing the same people; the next tick tries again.
    """
    stored = await world.rollouts.current()
    if stored is None or stored.rollout.phase is not Phase.ABORTED:
        return

    def decide(_: str, current: Enrolment | None) -> Enrolment | None:
        return call_off(current, now) if current else None

    for keys in await world.ledger.keys_in_state([State.REQUESTED, State.WAITING]):
        for some in batched(keys, CHUNK, strict=False):
            await save_people(world, some, decide, actor=ACTOR, now=now)
