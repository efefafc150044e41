"""Entra, as the use cases read it."""

from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.domain.person.methods import HeldMethods
from shared.domain.person.people import Identifier, Memberships, Person, Registration
from shared.domain.rollout.resets import Reset
from shared.domain.rollout.scope_groups import SyncedGroup
from shared.domain.rollout.sspr_policy import PolicyChange


@dataclass(frozen=True, slots=True)
class RegistrationPage:
    """A page of the registration report."""

    rows: Mapping[str, Registration]
    """By object id."""
    following: str | None
    """The place of the next page; None at the report's end."""


class Directory(Protocol):
    """Entra, read through Graph. Every call takes a batch and may take seconds."""

    async def find_people(
        self, identifiers: Collection[Identifier]
    ) -> Mapping[Identifier, tuple[Person, ...]]:
        """Finds everybody each identifier points at; an identifier of nobody maps to `()`."""

    async def names(self, object_ids: Collection[str]) -> Mapping[str, str]:
        """Returns user principal names by object id; whoever is not there is left out."""

    async def find_by_source_anchor(self, anchors: Collection[str]) -> Mapping[str, Person]:
        """Finds synced people by `onPremisesImmutableId`; those not in Entra are left out."""

    async def find_by_sid(self, sids: Collection[str]) -> Mapping[str, Person]:
        """Finds synced people by `onPremisesSecurityIdentifier`; those not in Entra are left out.

        The keys are in upper case.
        """

    async def memberships(self, object_ids: Collection[str]) -> Mapping[str, Memberships]:
        """Returns groups and roles, direct or through others; an id of nobody is left out.

        So may somebody be whom a replica does not know yet, or for a moment: who is left out is
        not in no group, but not known.
        """

    async def scope_member_ids(self) -> frozenset[str]:
        """Returns everybody in the scope group, direct or nested, by listing it."""

    def registrations(self, place: str | None = None) -> AsyncGenerator[RegistrationPage]:
        """Yields the registration report page by page, from that place on (see REPORT_LAG).

        It is read from its beginning where no place is given, or where that place is not there
        any more: Graph forgets them after a time.
        """

    def everybody(self) -> AsyncIterator[Sequence[Person]]:
        """Yields every user of the tenant by the page, guests and disabled ones too."""

    async def group_member_ids(self, group_id: str) -> frozenset[str] | None:
        """Returns the people in any group, direct or nested, or None if there is no such group."""

    async def synced_groups(self, sids: Collection[str]) -> Mapping[str, SyncedGroup]:
        """Finds AD groups' twins by `onPremisesSecurityIdentifier`; those not there are left out.

        It stays when a group's source of authority is converted.
        """

    async def scope_group(self) -> SyncedGroup | None:
        """Returns the scope group itself, as it is; None if it is not there."""

    async def administrator_ids(self) -> frozenset[str]:
        """Returns everybody whom SSPR's policy for administrators governs, as `memberships` tells.

        New ones may be missing for hours.
        """

    async def registered(self) -> Mapping[str, HeldMethods]:
        """Returns who is registered for SSPR and with what, by the registration report."""

    async def resets(self, since: datetime) -> Sequence[Reset]:
        """Returns the resets that people tried by themselves since then, by the audit log."""

    async def policy_changes(self, since: datetime) -> Sequence[PolicyChange]:
        """Returns the changes of SSPR's own settings since then, by the audit log, oldest first.

        The log comes minutes late, and what it leaves out nobody can tell: an empty answer is no
        proof that nothing was changed.
        """
