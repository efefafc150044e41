"""What is kept of a person: every row that names them, by whatever name one leads to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.domain.errors import NotPossible
from shared.domain.person.enrolment import Enrolment
from shared.domain.person.erasure import Subject, is_order_to_erase
from shared.domain.person.mentions import Names
from shared.domain.person.people import Identifier, IdentifierKind
from shared.ports.personal_data import ERASABLE, MOST_RECORDS, KeptRecord
from shared.ports.world import World
from shared.use_cases.who_is_meant import key_of, who_is_meant

_OF_THE_LEDGER = frozenset({"person", "state", "flag", "wave", "moved"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was found of a person."""

    subject: Subject
    enrolments: tuple[Enrolment, ...]
    keys: frozenset[str]
    """In the ledger: theirs, and those that lead to them."""
    is_gone: bool
    """Whether they were in Entra, and Entra knows nobody by their object id any more."""
    records: tuple[KeptRecord, ...]
    cut_off: frozenset[str]
    """Tables of which not all rows that are kept were counted."""


async def find_out(identity: str, world: World, now: datetime) -> Found:
    """Returns the person, and all rows that name them by whatever name one leads to.

    Raises:
        NotPossible: the name means several people, or too many rows name them.
        DirectoryUnavailable: Graph could not be asked what else the person is known by.
        UnreadableRow: the ledger has a row of a kind that this version does not know.
    """
    person = await who_is_meant(identity, world)
    while True:
        names = person.names
        records, cut_off = await _named(names, world, now)
        asked = {key_of(one) for one in records if one.kind in {"person", "moved"}}
        person.meet((await world.ledger.load(asked | person.keys)).values())
        person.follow(one for one in records if one.kind == "moved")
        if person.names == names:
            break
    keys = person.own_keys(one for one in records if one.kind == "moved")
    return Found(
        subject=Subject(person.object_id, names, frozenset(key.casefold() for key in keys)),
        enrolments=tuple(person.enrolments.values()),
        keys=keys,
        is_gone=await _is_gone(person.object_id, world),
        records=tuple(records),
        cut_off=frozenset(cut_off),
    )


async def _named(names: Names, world: World, now: datetime) -> tuple[list[KeptRecord], set[str]]:
    """Returns all rows that name somebody, and the tables in which more are that are kept."""
    records: list[KeptRecord] = []
    cut_off: set[str] = set()
    for place in world.personal_data.places:
        found = await world.personal_data.find(place, names)
        if len(found) > MOST_RECORDS:
            cut_off.add(found[0].table)
            found = await _those_that_go(place, names, world)
        records += [one for one in found if not is_order_to_erase(one.kind, one.content, now)]
    return records, cut_off


async def _those_that_go(place: str, names: Names, world: World) -> Sequence[KeptRecord]:
    found = await world.personal_data.find(place, names, ERASABLE | _OF_THE_LEDGER)
    if len(found) > MOST_RECORDS:
        raise NotPossible(f"more than {MOST_RECORDS:,} rows of {place} have this name")
    return found


async def _is_gone(object_id: str | None, world: World) -> bool:
    if object_id is None:
        return False
    identifier = Identifier(IdentifierKind.OBJECT_ID, object_id)
    return not (await world.directory.find_people([identifier]))[identifier]
