"""The port `Directory`: Entra, read through Graph."""

from collections.abc import AsyncGenerator, AsyncIterator, Collection, Iterable, Mapping
from datetime import datetime
from http import HTTPStatus
from itertools import batched, chain
from typing import Any

from shared.adapters.graph.client import GraphClient
from shared.adapters.graph.failure import GraphFailure
from shared.adapters.graph.listing import pages, pages_from, read_lists
from shared.adapters.graph.people import (
    is_user,
    memberships_of,
    names_of,
    person_of,
    registration_of,
    with_appointments,
)
from shared.adapters.graph.policy_changes import policy_changes_of
from shared.adapters.graph.queries import (
    all_users,
    group_kind,
    groups_around,
    groups_with_sid,
    policy_audits,
    registration_report,
    role_assignments,
    sspr_audits,
    transitive_member_of,
    transitive_members,
    users_equal_to,
    users_with,
)
from shared.adapters.graph.resets import resets_of
from shared.domain.person.administrator_roles import is_two_gate_role
from shared.domain.person.licences import DEFAULT_LICENCES, Licences
from shared.domain.person.methods import HeldMethods
from shared.domain.person.people import (
    Identifier,
    IdentifierKind,
    Memberships,
    Person,
    is_object_id,
)
from shared.domain.rollout.resets import Reset
from shared.domain.rollout.scope_groups import SyncedGroup
from shared.domain.rollout.sspr_policy import PolicyChange
from shared.ports.directory import RegistrationPage

_MOST_LOOKED_UP = 1000
"""Ids of one look-up. Source: https://learn.microsoft.com/graph/api/directoryobject-getbyids"""
_FIELD = {
    IdentifierKind.OBJECT_ID: "id",
    IdentifierKind.USER_PRINCIPAL_NAME: "userPrincipalName",
    IdentifierKind.EMPLOYEE_ID: "employeeId",
}


class GraphDirectory:
    """Reads people 300 to an HTTP request; every method may raise `DirectoryUnavailable`."""

    def __init__(
        self,
        client: GraphClient,
        scope_group_id: str,
        *,
        licences: Licences = DEFAULT_LICENCES,
        reads_role_assignments: bool = False,
    ) -> None:
        self._client = client
        self._scope_group_id = scope_group_id
        self._licences = licences
        self._reads_role_assignments = reads_role_assignments

    async def find_people(
        self, identifiers: Collection[Identifier]
    ) -> Mapping[Identifier, tuple[Person, ...]]:
        """Finds everybody each identifier points at; an identifier of nobody maps to `()`."""
        found: dict[Identifier, dict[str, Person]] = {each: {} for each in identifiers}
        paths = [path for kind in IdentifierKind for path in _paths(kind, found)]
        for person in await self._people(paths):
            for name in names_of(person):
                if name in found:
                    found[name][person.object_id] = person
        return {identifier: tuple(people.values()) for identifier, people in found.items()}

    async def names(self, object_ids: Collection[str]) -> Mapping[str, str]:
        """Looks user principal names up by object id; whoever is not there is left out."""
        found: dict[str, str] = {}
        for some in batched(filter(is_object_id, object_ids), _MOST_LOOKED_UP, strict=False):
            for each in await self._looked_up(some, "user"):
                if name := each.get("userPrincipalName"):
                    found[each["id"]] = name
        return found

    async def find_by_source_anchor(self, anchors: Collection[str]) -> Mapping[str, Person]:
        """Finds synced people by `onPremisesImmutableId`; those not in Entra are left out."""
        wanted = set(anchors)
        people = await self._people(list(users_with("onPremisesImmutableId", sorted(wanted))))
        # Anchors are Base64: unlike names, they differ where only the case does.
        by_anchor = {person.ref.source_anchor: person for person in people}
        return {anchor: by_anchor[anchor] for anchor in wanted & by_anchor.keys()}

    async def find_by_sid(self, sids: Collection[str]) -> Mapping[str, Person]:
        """Finds synced people by `onPremisesSecurityIdentifier`; whom Entra lacks is left out."""
        wanted = {sid.upper() for sid in sids}
        people = await self._people(
            list(users_equal_to("onPremisesSecurityIdentifier", sorted(wanted)))
        )
        by_sid = {(person.ref.sid or "").upper(): person for person in people}
        return {sid: by_sid[sid] for sid in wanted & by_sid.keys()}

    async def memberships(self, object_ids: Collection[str]) -> Mapping[str, Memberships]:
        """Reads their groups and roles, direct or through others; an id of nobody is left out."""
        asked = list(dict.fromkeys(object_ids))
        if not asked:
            return {}
        lists = await read_lists(self._client, [transitive_member_of(each) for each in asked])
        appointed = await self._appointed()
        return {
            object_id: with_appointments(memberships_of(objects), object_id, appointed)
            for object_id, objects in zip(asked, lists, strict=True)
            if objects is not None
        }

    async def scope_member_ids(self) -> frozenset[str]:
        """Returns everybody in the scope group, direct or nested, by listing it."""
        return await self._member_ids(self._scope_group_id)

    async def group_member_ids(self, group_id: str) -> frozenset[str] | None:
        """Returns the people in any group, direct or nested; None where there is no such group."""
        try:
            return await self._member_ids(group_id)
        except GraphFailure as failure:
            if failure.status == HTTPStatus.NOT_FOUND:
                return None
            raise

    async def everybody(self) -> AsyncIterator[list[Person]]:
        """Reads every user of the tenant, guests and disabled ones too, page by page."""
        async for page in pages(self._client, all_users()):
            yield [person_of(user, self._licences) for user in page]

    async def registrations(self, place: str | None = None) -> AsyncGenerator[RegistrationPage]:
        """Yields the registration report page by page, from that place on (see REPORT_LAG)."""
        report = registration_report()
        # What is asked goes with a token: a place that was kept leads to the report, or nowhere.
        kept = place if place and place.startswith(report.partition("?")[0]) else None
        async for rows, following in pages_from(self._client, report, kept):
            yield RegistrationPage({row["id"]: registration_of(row) for row in rows}, following)

    async def synced_groups(self, sids: Collection[str]) -> Mapping[str, SyncedGroup]:
        """Finds AD groups' twins by the SID that they have there; those not there are left out."""
        asked = sorted(set(sids))
        lists = await read_lists(self._client, [groups_with_sid(sid) for sid in asked])
        found = {sid: groups[0] for sid, groups in zip(asked, lists, strict=True) if groups}
        around = await read_lists(
            self._client, [groups_around(one["id"]) for one in found.values()]
        )
        return {
            sid: self._twin(group, parents or ())
            for (sid, group), parents in zip(found.items(), around, strict=True)
        }

    async def scope_group(self) -> SyncedGroup | None:
        """Returns the scope group itself, as it is; None where there is no such group."""
        try:
            return self._twin(await self._client.get(group_kind(self._scope_group_id)), ())
        except GraphFailure as failure:
            if failure.status == HTTPStatus.NOT_FOUND:
                return None
            raise

    def _twin(self, group: Mapping[str, Any], parents: Iterable[Mapping[str, Any]]) -> SyncedGroup:
        around = {group["id"], *(one["id"] for one in parents)}
        return SyncedGroup(
            object_id=group["id"],
            is_synced=group.get("onPremisesSyncEnabled") is True,
            is_security_group=group.get("securityEnabled") is True
            and "Unified" not in (group.get("groupTypes") or ()),
            is_in_scope=self._scope_group_id in around,
        )

    async def administrator_ids(self) -> frozenset[str]:
        """Returns whom the policy for administrators governs, of everybody.

        The registration report says who may be one, up to 36 hours late, and not by which role. So
        those few are looked at as `memberships` looks at them.
        """
        appointed = await self._appointed()
        candidates = await self._reported_ids("isAdmin") | await self._people_among(appointed)
        looked_at = await self.memberships(candidates)
        return frozenset(each for each, one in looked_at.items() if one.holds_directory_role)

    async def _appointed(self) -> frozenset[str]:
        """Returns the people and groups with a role that the policy for administrators names.

        It counts whoever is eligible for one, and whoever has it in an administrative unit alone:
        none of them shows among a person's memberships. Empty where that is not to be read.
        """
        if not self._reads_role_assignments:
            return frozenset()
        lists = await read_lists(self._client, role_assignments())
        return frozenset(
            row["principalId"]
            for row in chain.from_iterable(each or () for each in lists)
            if is_two_gate_role(row.get("roleDefinitionId"), None)
        )

    async def _people_among(self, appointed: Collection[str]) -> frozenset[str]:
        """Returns the people among them, and those in the groups among them."""
        found: set[str] = set()
        for some in batched(sorted(appointed), _MOST_LOOKED_UP, strict=False):
            for each in await self._looked_up(some, "user", "group"):
                if is_user(each):
                    found.add(each["id"])
                else:
                    found |= await self._member_ids(each["id"])
        return frozenset(found)

    async def _looked_up(self, ids: Collection[str], *types: str) -> list[Mapping[str, Any]]:
        """Returns those of these types that there are among at most 1,000 ids, in one request."""
        body = {"ids": list(ids), "types": types}
        page = await self._client.post("/directoryObjects/getByIds", body)
        found: list[Mapping[str, Any]] = page.get("value", [])
        return found

    async def registered(self) -> Mapping[str, HeldMethods]:
        """Lists who is registered for SSPR and with what, by the same report, with the same lag."""
        listed = pages(self._client, registration_report("isSsprRegistered"))
        return {row["id"]: registration_of(row).held async for page in listed for row in page}

    async def resets(self, since: datetime) -> list[Reset]:
        """Reads the resets that people tried by themselves since then, by the audit log."""
        listed = pages(self._client, sspr_audits(since))
        return resets_of([record async for page in listed for record in page])

    async def policy_changes(self, since: datetime) -> list[PolicyChange]:
        """Reads the changes of SSPR's own settings since then, oldest first, in one request."""
        lists = await read_lists(self._client, policy_audits(since))
        return policy_changes_of(chain.from_iterable(each or () for each in lists))

    async def _member_ids(self, group_id: str) -> frozenset[str]:
        listed = pages(self._client, transitive_members(group_id))
        return frozenset([each["id"] async for page in listed for each in page if is_user(each)])

    async def _reported_ids(self, flag: str) -> frozenset[str]:
        listed = pages(self._client, registration_report(flag))
        return frozenset([row["id"] async for page in listed for row in page])

    async def _people(self, paths: list[str]) -> list[Person]:
        lists = await read_lists(self._client, paths)
        return [
            person_of(user, self._licences)
            for user in chain.from_iterable(each or () for each in lists)
        ]


def _paths(kind: IdentifierKind, identifiers: Collection[Identifier]) -> list[str]:
    values = [each.value for each in identifiers if each.kind is kind]
    if kind is IdentifierKind.OBJECT_ID:
        # One value that is no GUID makes Graph refuse the whole filter.
        values = [value for value in values if is_object_id(value)]
    return list(users_with(_FIELD[kind], values))
