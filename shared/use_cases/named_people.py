"""Named people: whom names mean, in Entra and in the ledger, which knows some who are not there."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from shared.domain.person.enrolment import Enrolment
from shared.domain.person.people import Identifier, Person
from shared.ports.world import World


@dataclass(frozen=True, slots=True)
class NamedPeople:
    """Whom one name means: object id, UPN or employee id."""

    identifier: Identifier
    in_entra: Sequence[Person]
    known: Sequence[Enrolment]
    """Those who are remembered, by their object id or by the name that they came with."""


async def find_named(names: Collection[str], world: World) -> Mapping[str, NamedPeople]:
    """Finds whom each of the names means.

    Raises:
        DirectoryUnavailable: Graph could not be asked.
        ServiceUnavailable: the ledger is away.
    """
    if not names:
        return {}
    asked = {name: Identifier.parse(name) for name in dict.fromkeys(names)}
    found = await world.directory.find_people(set(asked.values()))
    keys_of = {
        name: [*(one.object_id for one in found[identifier]), str(identifier), identifier.value]
        for name, identifier in asked.items()
    }
    known = await world.ledger.load({key for keys in keys_of.values() for key in keys})
    return {
        name: NamedPeople(
            identifier,
            found[identifier],
            # Whoever has arrived in Entra since is found by either key, and is one.
            tuple({known[key].key: known[key] for key in keys_of[name] if key in known}.values()),
        )
        for name, identifier in asked.items()
    }
