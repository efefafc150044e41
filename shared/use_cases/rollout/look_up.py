"""Look people up: one by one where they are few, by listing everybody where they are many."""

from collections.abc import Collection, Mapping

from shared.domain.person.people import Candidate, Identifier, IdentifierKind, is_object_id
from shared.ports.world import World
from shared.use_cases.known_memberships import known_memberships
from shared.use_cases.rollout.take_snapshot import take_snapshot

type Candidates = Mapping[str, Candidate]
"""By object id; whoever is not in Entra is left out."""

LOOK_UP_ONE_BY_ONE = 2_000
"""Up to so many people are asked for by name, 20 to a request; more, and everybody is listed."""


class LookUp:
    """Tells of people what a plan has to know of them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._everybody: Candidates | None = None

    async def prepare(self, people: Collection[str]) -> None:
        """Lists everybody where these are many and there is a rollout, whose groups matter.

        Raises:
            UnsafePlan: a group that matters is not there.
        """
        stored = await self._world.rollouts.current()
        if stored and len(people) > LOOK_UP_ONE_BY_ONE:
            snapshot = await take_snapshot(self._world, stored.rollout.document)
            self._everybody = snapshot.candidates

    async def candidates(self, keys: Collection[str]) -> Candidates:
        """Returns those of these people who are in Entra.

        Raises:
            GroupsUnsaid: of some it is not known which groups they are in.
        """
        if self._everybody is not None:
            return self._everybody
        asked = [Identifier(IdentifierKind.OBJECT_ID, key) for key in keys if is_object_id(key)]
        found = await self._world.directory.find_people(asked) if asked else {}
        people = {person.object_id: person for several in found.values() for person in several}
        memberships = await known_memberships(people, self._world.directory)
        return {key: Candidate(person, memberships[key]) for key, person in people.items()}
