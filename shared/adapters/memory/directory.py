"""The port `Directory`, in memory."""

from collections.abc import AsyncGenerator, AsyncIterator, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import batched

from shared.adapters.memory.tenant import Group, Tenant
from shared.adapters.memory.turns import Pause, straight_on
from shared.domain.person.methods import HeldMethods
from shared.domain.person.people import (
    Identifier,
    IdentifierKind,
    Memberships,
    Person,
)
from shared.domain.rollout.resets import Reset
from shared.domain.rollout.scope_groups import SyncedGroup
from shared.domain.rollout.sspr_policy import PolicyChange
from shared.ports.directory import RegistrationPage


class MemoryDirectory:
    """Reads a tenant."""

    def __init__(self, tenant: Tenant, pause: Pause = straight_on) -> None:
        self._tenant = tenant
        self._pause = pause

    async def find_people(
        self, identifiers: Collection[Identifier]
    ) -> Mapping[Identifier, tuple[Person, ...]]:
        """Finds everybody each identifier points at; an identifier of nobody maps to `()`."""
        await self._pause("directory.find_people")
        found: dict[Identifier, list[Person]] = {each: [] for each in identifiers}
        for person in self._tenant.people.values():
            for name in _names_of(person):
                if name in found:
                    found[name].append(person)
        return {identifier: tuple(people) for identifier, people in found.items()}

    async def names(self, object_ids: Collection[str]) -> Mapping[str, str]:
        """Returns user principal names by object id; whoever is not there is left out."""
        await self._pause("directory.names")
        people = (self._tenant.people.get(each) for each in object_ids)
        return {
            one.object_id: name for one in people if one and (name := one.ref.user_principal_name)
        }

    async def find_by_source_anchor(self, anchors: Collection[str]) -> Mapping[str, Person]:
        """Finds synced people by `onPremisesImmutableId`; those not in Entra are left out."""
        await self._pause("directory.find_by_source_anchor")
        wanted = set(anchors)
        people = self._tenant.people.values()
        return {one.ref.source_anchor: one for one in people if one.ref.source_anchor in wanted}

    async def find_by_sid(self, sids: Collection[str]) -> Mapping[str, Person]:
        """Finds synced people by `onPremisesSecurityIdentifier`; whom Entra lacks is left out."""
        await self._pause("directory.find_by_sid")
        wanted = {sid.upper() for sid in sids}
        people = {(one.ref.sid or "").upper(): one for one in self._tenant.people.values()}
        return {sid: people[sid] for sid in wanted & people.keys()}

    async def memberships(self, object_ids: Collection[str]) -> Mapping[str, Memberships]:
        """Reads their groups and roles, direct or through others; an id of nobody is left out."""
        await self._pause("directory.memberships")
        return self._tenant.memberships(object_ids)

    async def scope_member_ids(self) -> frozenset[str]:
        """Returns everybody in the scope group, direct or nested, by listing it."""
        await self._pause("directory.scope_member_ids")
        return self._tenant.people_in(self._tenant.scope_group_id)

    async def registrations(self, place: str | None = None) -> AsyncGenerator[RegistrationPage]:
        """Yields the registration report page by page; it lags as long as the tenant says so.

        A place of the report is known until the tenant forgets its places.
        """
        after: str | None = self._tenant.place_in_report(place)
        while after is not None:
            await self._pause("directory.registrations")
            report = self._tenant.registrations()
            ids = sorted(each for each in report if each > after)
            shown = ids[: self._tenant.page]
            after = shown[-1] if len(ids) > len(shown) else None
            following = self._tenant.new_place(after) if after else None
            yield RegistrationPage({each: report[each] for each in shown}, following)

    async def everybody(self) -> AsyncIterator[Sequence[Person]]:
        """Reads every user of the tenant, guests and disabled ones too, page by page."""
        everybody = list(self._tenant.people.values())
        for page in batched(everybody, self._tenant.page, strict=False):
            await self._pause("directory.everybody")
            yield page

    async def group_member_ids(self, group_id: str) -> frozenset[str] | None:
        """Returns the people in any group, direct or nested; None where there is no such group."""
        await self._pause("directory.group_member_ids")
        if group_id not in self._tenant.groups:
            return None
        return self._tenant.people_in(group_id)

    async def synced_groups(self, sids: Collection[str]) -> Mapping[str, SyncedGroup]:
        """Finds AD groups' twins by their SIDs; those not there are left out."""
        await self._pause("directory.synced_groups")
        groups = self._tenant.groups.items()
        return {
            group.sid: self._twin(group_id, group)
            for group_id, group in groups
            if group.sid in set(sids)
        }

    async def scope_group(self) -> SyncedGroup | None:
        """Returns the scope group itself; None where it is not there."""
        await self._pause("directory.scope_group")
        group = self._tenant.groups.get(self._tenant.scope_group_id)
        return self._twin(self._tenant.scope_group_id, group) if group else None

    def _twin(self, group_id: str, group: Group) -> SyncedGroup:
        return SyncedGroup(
            object_id=group_id,
            is_synced=group.kind.synced,
            is_security_group=group.kind.security_enabled,
            is_in_scope=self._tenant.is_in_scope(group_id),
        )

    async def administrator_ids(self) -> frozenset[str]:
        """Returns who holds a directory role."""
        await self._pause("directory.administrator_ids")
        return frozenset(self._tenant.administrators)

    async def registered(self) -> Mapping[str, HeldMethods]:
        """Returns who is registered for SSPR and with what, by the registration report."""
        await self._pause("directory.registered")
        report = self._tenant.registrations()
        return {each: row.held for each, row in report.items() if row.sspr_registered}

    async def resets(self, since: datetime) -> Sequence[Reset]:
        """Returns the resets that people tried by themselves since then."""
        await self._pause("directory.resets")
        return [reset for reset in self._tenant.resets if reset.at >= since]

    async def policy_changes(self, since: datetime) -> Sequence[PolicyChange]:
        """Returns the changes of SSPR's own settings since then, oldest first."""
        await self._pause("directory.policy_changes")
        return [change for change in self._tenant.policy_changes if change.at >= since]


def _names_of(person: Person) -> Iterator[Identifier]:
    """Yields every identifier that points at the person."""
    ref = person.ref
    for kind, value in (
        (IdentifierKind.OBJECT_ID, ref.object_id),
        (IdentifierKind.USER_PRINCIPAL_NAME, ref.user_principal_name),
        (IdentifierKind.EMPLOYEE_ID, ref.employee_id),
    ):
        if value:
            yield Identifier(kind, value)
