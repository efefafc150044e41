"""Who is kept: the one person whom a name means, and every row that names them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.domain.errors import NotPossible
from shared.domain.person.enrolment import Enrolment
from shared.domain.person.erasure import Subject, is_order_to_erase
from shared.domain.person.mentions import Names
from shared.domain.person.people import Identifier, IdentifierKind, UserRef
from shared.ports.personal_data import ERASABLE, MOST_RECORDS, KeptRecord
from shared.ports.world import World

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
    identifier = Identifier.parse(identity)
    in_entra = (await world.directory.find_people([identifier]))[identifier]
    people = _People(identifier, identity)
    people.add(person.ref for person in in_entra)
    people.meet((await world.ledger.load(people.keys)).values())
    while True:
        names = people.names
        records, cut_off = await _named(names, world, now)
        asked = {_key_of(one) for one in records if one.kind in {"person", "moved"}}
        people.meet((await world.ledger.load(asked | people.keys)).values())
        people.follow(one for one in records if one.kind == "moved")
        if people.names == names:
            break
    keys = people.own_keys(one for one in records if one.kind == "moved")
    return Found(
        subject=Subject(people.object_id, names, frozenset(key.casefold() for key in keys)),
        enrolments=tuple(people.enrolments.values()),
        keys=keys,
        is_gone=await _is_gone(people.object_id, world),
        records=tuple(records),
        cut_off=frozenset(cut_off),
    )


class _People:
    """Who is meant, as far as is known; one person, or it is refused."""

    def __init__(self, identifier: Identifier, identity: str) -> None:
        self._identifier = identifier
        self._more = {identifier.value, str(identifier), identity}
        self._refs: set[UserRef] = set()
        self.enrolments: dict[str, Enrolment] = {}

    @property
    def object_id(self) -> str | None:
        """Their object id, or None where none is known."""
        ids = {one.object_id for one in self._refs if one.object_id}
        if len(ids) > 1:
            raise NotPossible(f"the name means {len(ids)} people; give the object id of one")
        return next(iter(ids), None)

    @property
    def names(self) -> Names:
        """All that they are known by."""
        return Names.of(self._refs, *self._more)

    @property
    def keys(self) -> set[str]:
        """Under which they may be in the ledger."""
        kinds = (
            (IdentifierKind.USER_PRINCIPAL_NAME, "user_principal_name"),
            (IdentifierKind.EMPLOYEE_ID, "employee_id"),
        )
        named = {
            f"{kind}:{value.lower()}"
            for one in self._refs
            for kind, name in kinds
            if (value := getattr(one, name))
        }
        ids = {self.object_id} if self.object_id else set[str]()
        return {*named, *ids, *self._more}

    def add(self, refs: Iterable[UserRef]) -> None:
        """Takes in by what they are known elsewhere."""
        self._refs.update(refs)

    def meet(self, enrolments: Iterable[Enrolment]) -> None:
        """Takes in those enrolments that are theirs."""
        for one in enrolments:
            if self._is_them(one):
                self.enrolments[one.key] = one
                self._refs.add(one.user)

    def follow(self, moved: Iterable[KeptRecord]) -> None:
        """Takes in the names that lead to them."""
        for one in moved:
            if _goal_of(one) == self.object_id:
                key = _key_of(one)
                self._more |= {key, key.partition(":")[2]}

    def own_keys(self, moved: Iterable[KeptRecord]) -> frozenset[str]:
        """Returns the keys that are theirs: not those that lead to somebody else by now."""
        leading = {_key_of(one): _goal_of(one) for one in moved}
        return frozenset(
            key
            for key in {*self.keys, *self.enrolments, *leading}
            if leading.get(key, self.object_id) == self.object_id
        )

    def _is_them(self, one: Enrolment) -> bool:
        if self._is_meant(one):
            return True
        if one.user.object_id and self.object_id:
            return one.user.object_id == self.object_id
        return one.key in self.keys

    def _is_meant(self, one: Enrolment) -> bool:
        """Tells whether the name that was given is one of theirs; it may be several people's."""
        match self._identifier.kind:
            case IdentifierKind.OBJECT_ID:
                value = one.user.object_id
            case IdentifierKind.USER_PRINCIPAL_NAME:
                value = one.user.user_principal_name
            case IdentifierKind.EMPLOYEE_ID:
                value = one.user.employee_id
        return value is not None and value.lower() == self._identifier.value


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


def _key_of(record: KeptRecord) -> str:
    """Returns the key of a person's row, or of a row that leads to one, as it was stored."""
    return str(record.content.get("Key") or record.content.get("key"))


def _goal_of(record: KeptRecord) -> str:
    return str(record.content.get("ObjectId") or record.content.get("objectId"))
