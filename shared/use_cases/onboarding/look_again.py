"""Look again: somebody has come to be, or has changed; whoever waits for them is told now.

Nobody is enrolled by it who was not asked for before.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from shared.domain.person.enrolment import Enrolment, State
from shared.domain.person.people import Person
from shared.domain.person.request import Action, Request, meant
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
    keys = [_key(hint, found[hint.identifier]) for hint in hints]
    in_order = sorted(zip(keys, hints, strict=True), key=lambda one: one[1].occurred_at)
    told = {key: hint for key, hint in in_order if key and hint.action is Action.LIST}
    concerned = await _concerned(people, told, world, now)
    return [concerned.get(key) if key else None for key in keys]


def _key(hint: Request, found: Sequence[Person]) -> str | None:
    """Returns whom a hint is about; None where it may be one of several, or nobody waits for it.

    Somebody who is in no directory yet is listed by the name that they wait under.
    """
    if len(found) == 1:
        return found[0].object_id
    is_told = hint.action is Action.LIST and hint.effective_date is not None
    return str(hint.identifier) if not found and is_told else None


async def _anybody_waits(world: World) -> bool:
    waiting = await world.ledger.keys_in_state([State.WAITING])
    return bool(waiting or await world.ledger.provisional())


async def _concerned(
    people: dict[str, Person], told: Mapping[str, Request], world: World, now: datetime
) -> dict[str, Enrolment]:
    """Asks again for those of the people who wait; returns them and those who have arrived now."""
    arrived = await adopt_arrivals(list(people.values()), world, now)
    known = await world.ledger.load(people.keys() | told.keys())
    waiting = [one for one in known.values() if one.state is State.WAITING]
    await ask_again(waiting, world, now, told)
    keys = {one.key for one in [*arrived, *waiting]}
    return dict(await world.ledger.load(keys)) if keys else {}
