"""Who is meant: the one person whom a name means, and all that they are known by."""

from collections.abc import Iterable

from shared.domain.errors import NotPossible
from shared.domain.person.enrolment import Enrolment
from shared.domain.person.mentions import Names
from shared.domain.person.people import Identifier, IdentifierKind, UserRef
from shared.ports.personal_data import KeptRecord
from shared.ports.world import World
from shared.use_cases.named_people import find_named


class Meant:
    """Who is meant, as far as is known; one person, or it is refused."""

    def __init__(self, identifier: Identifier, identity: str) -> None:
        self._identifier = identifier
        self._more = {identifier.value, str(identifier), identity}
        self._refs: set[UserRef] = set()
        self.enrolments: dict[str, Enrolment] = {}

    @property
    def object_id(self) -> str | None:
        """Their object id, or None where none is known.

        Raises:
            NotPossible: the name means several people.
        """
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
            if goal_of(one) == self.object_id:
                key = key_of(one)
                self._more |= {key, key.partition(":")[2]}

    def own_keys(self, moved: Iterable[KeptRecord]) -> frozenset[str]:
        """Returns the keys that are theirs: not those that lead to somebody else by now."""
        leading = {key_of(one): goal_of(one) for one in moved}
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


async def who_is_meant(identity: str, world: World) -> Meant:
    """Returns the person whom the name means, by Entra and by the ledger; neither may know them.

    Raises:
        NotPossible: the name means several people.
        DirectoryUnavailable: Graph could not be asked what else the person is known by.
        ServiceUnavailable: the ledger is away.
    """
    named = (await find_named([identity], world))[identity]
    person = Meant(named.identifier, identity)
    person.add(one.ref for one in named.in_entra)
    person.meet(named.known)
    asked = set[str]()
    # Each enrolment that is found may say another name, under which is another.
    while more := person.keys - asked:
        asked |= more
        person.meet((await world.ledger.load(more)).values())
    return person


def key_of(record: KeptRecord) -> str:
    """Returns the key of a person's row, or of a row that leads to one, as it was stored."""
    return str(record.content.get("Key") or record.content.get("key"))


def goal_of(record: KeptRecord) -> str:
    """Returns where a row that leads to a person leads."""
    return str(record.content.get("ObjectId") or record.content.get("objectId"))
