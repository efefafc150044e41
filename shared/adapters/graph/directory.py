"""The port `Directory`: Entra, read through Graph."""

from collections.abc import Collection, Mapping
from itertools import chain
from urllib.parse import quote

from shared.adapters.graph.batch import read_lists
from shared.adapters.graph.client import GraphClient
from shared.adapters.graph.people import (
    is_user,
    memberships_of,
    names_of,
    person_of,
    registration_of,
)
from shared.adapters.graph.queries import users_with
from shared.domain.people import (
    Identifier,
    IdentifierKind,
    Memberships,
    Person,
    Registration,
    is_object_id,
)

_LARGEST_PAGE = 999
_FIELD = {
    IdentifierKind.OBJECT_ID: "id",
    IdentifierKind.USER_PRINCIPAL_NAME: "userPrincipalName",
    IdentifierKind.EMPLOYEE_ID: "employeeId",
}


class GraphDirectory:
    """Reads people 300 to an HTTP request; every method may raise `DirectoryUnavailable`."""

    def __init__(self, client: GraphClient, scope_group_id: str) -> None:
        self._client = client
        self._scope_group_id = scope_group_id

    async def find_people(
        self, identifiers: Collection[Identifier]
    ) -> Mapping[Identifier, tuple[Person, ...]]:
        """Everybody each identifier points at; an identifier of nobody maps to `()`."""
        found: dict[Identifier, dict[str, Person]] = {each: {} for each in identifiers}
        paths = [path for kind in IdentifierKind for path in _paths(kind, found)]
        for person in await self._people(paths):
            for name in names_of(person):
                if name in found:
                    found[name][person.object_id] = person
        return {identifier: tuple(people.values()) for identifier, people in found.items()}

    async def find_by_source_anchor(self, anchors: Collection[str]) -> Mapping[str, Person]:
        """Synced people by `onPremisesImmutableId`; those not in Entra are left out."""
        wanted = set(anchors)
        people = await self._people(list(users_with("onPremisesImmutableId", sorted(wanted))))
        # Anchors are Base64: unlike names, they differ where only the case does.
        by_anchor = {person.ref.source_anchor: person for person in people}
        return {anchor: by_anchor[anchor] for anchor in wanted & by_anchor.keys()}

    async def memberships(self, object_ids: Collection[str]) -> Mapping[str, Memberships]:
        """Groups and roles, direct or through others; an id of nobody is left out."""
        asked = list(dict.fromkeys(object_ids))
        lists = await read_lists(self._client, [_member_of(object_id) for object_id in asked])
        return {
            object_id: memberships_of(objects)
            for object_id, objects in zip(asked, lists, strict=True)
            if objects is not None
        }

    async def scope_member_ids(self) -> frozenset[str]:
        """Everybody in the scope group, direct or nested, by listing it.

        Graph could leave the nested groups out itself, but only from an index that lags.
        """
        path = f"/groups/{quote(self._scope_group_id)}/transitiveMembers"
        pages = self._client.pages(f"{path}?$select=id&$top={_LARGEST_PAGE}")
        return frozenset([each["id"] async for page in pages for each in page if is_user(each)])

    async def registrations(self) -> Mapping[str, Registration]:
        """The whole registration report by object id; it lags by up to hours.

        Graph allows 5 requests in 10 s, or 5,000 people; the rest waits as it is told to.
        """
        path = "/reports/authenticationMethods/userRegistrationDetails"
        pages = self._client.pages(f"{path}?$top={_LARGEST_PAGE}")
        return {row["id"]: registration_of(row) async for page in pages for row in page}

    async def _people(self, paths: list[str]) -> list[Person]:
        lists = await read_lists(self._client, paths)
        return [person_of(user) for user in chain.from_iterable(each or () for each in lists)]


def _paths(kind: IdentifierKind, identifiers: Collection[Identifier]) -> list[str]:
    values = [each.value for each in identifiers if each.kind is kind]
    if kind is IdentifierKind.OBJECT_ID:
        # One value that is no GUID makes Graph refuse the whole filter.
        values = [value for value in values if is_object_id(value)]
    return list(users_with(_FIELD[kind], values))


def _member_of(object_id: str) -> str:
    path = f"/users/{quote(object_id, safe='')}/transitiveMemberOf"
    return f"{path}?$select=id&$top={_LARGEST_PAGE}"
