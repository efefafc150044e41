"""Look again: somebody has come to be, or has changed; whoever waits for them is told now.

Nobody is enrolled by it who was not asked for before.
"""

from collections.abc import Sequence
from datetime import datetime

from shared.domain.person.enrolment import Enrolment, State
from shared.domain.person.people import Person
from shared.domain.person.request import Request, meant
from shared.ports.world import World
from shared.use_cases.onboarding.adopt_arrivals import adopt_arrivals
from shared.use_cases.onboarding.resume_waiting import ask_again


async def look_again(
    hints: Sequence[Request], world: World, now: datetime
) -> Sequence[Enrolment | None]:
    """Returns each hint's enrolment as it stands afterwards, or None if nobody was waiting.

    Raises:
        DirectoryUnavailable, LedgerConflict: the hints are to be delivered again.
    """
    if not hints:
        return []
    if not await _anybody_waits(world):
        # A large tenant's people change all day; Graph is asked only where it may matter.
        return [None] * len(hints)
    listed = await world.directory.find_people({hint.identifier for hint in hints})
    found = {name: meant(people) for name, people in listed.items()}
    people = {one[0].object_id: one[0] for one in found.values() if len(one) == 1}
    concerned = await _concerned(people, world, now)
    return [
        concerned.get(one[0].object_id) if len(one) == 1 else None
        for one in (found[hint.identifier] for hint in hints)
    ]


async def _anybody_waits(world: World) -> bool:
    waiting = await world.ledger.keys_in_state([State.WAITING])
    return bool(waiting or await world.ledger.provisional())


async def _concerned(
    people: dict[str, Person], world: World, now: datetime
) -> dict[str, Enrolment]:
    """Asks again for those of the people who wait; returns them and those who have arrived now."""
    arrived = await adopt_arrivals(list(people.values()), world, now)
    known = await world.ledger.load(people.keys())
    waiting = [one for one in known.values() if one.state is State.WAITING]
    await ask_again(waiting, world, now)
    keys = {one.key for one in [*arrived, *waiting]}
    return dict(await world.ledger.load(keys)) if keys else {}
