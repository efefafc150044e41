"""Remember members: whoever was in the group before the first document is never taken out.

It takes several steps, and the rollout is in force meanwhile. So the rollout says whether it is
done; until then nobody in the group counts as a stranger, and whoever comes by finishes it.
"""

from dataclasses import replace
from datetime import datetime
from itertools import batched

from shared.domain.person.enrolment import Enrolment, Provenance
from shared.domain.person.membership import found, found_again
from shared.domain.person.summary import EnrolmentSummary
from shared.ports.world import World
from shared.use_cases.recording import nobody, save_people, save_rollout
from shared.use_cases.rollout.carry_out import CHUNK
from shared.use_cases.rollout.take_snapshot import Snapshot
from shared.use_cases.until_kept import until_kept


async def remember_members(snapshot: Snapshot, world: World, now: datetime, *, actor: str) -> None:
    """Marks all who are in the group and whom the product did not put in, and notes that it has.

    Raises:
        LedgerConflict: others kept changing them, or the rollout; it is to be done again.
    """
    strangers = sorted(
        object_id
        for object_id in snapshot.members & snapshot.candidates.keys()
        if not _is_ours(snapshot.summaries.get(object_id))
    )

    def decide(key: str, current: Enrolment | None) -> Enrolment | None:
        if current is None:
            return found(snapshot.candidates[key].person, world.tenant_rules, now, actor=actor)
        if _is_ours(EnrolmentSummary.of(current)):
            return current
        return found_again(current, now)

    for keys in batched(strangers, CHUNK, strict=False):
        await save_people(world, keys, decide, actor=actor, now=now, queue=nobody)
    await _note(world, now)


def _is_ours(summary: EnrolmentSummary | None) -> bool:
    """Tells whether the product has put the person in, or is about to."""
    return summary is not None and (summary.is_in or summary.provenance is Provenance.OURS)


async def _note(world: World, now: datetime) -> None:
    async for attempt in until_kept():
        with attempt:
            stored = await world.rollouts.current()
            if stored is None or stored.rollout.members_remembered:
                return
            done = replace(stored.rollout, members_remembered=True)
            await save_rollout(
                world, stored, done, action="remember-members", now=now, keep_lease=True
            )
