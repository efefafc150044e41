"""Entra, as the use cases read it."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from shared.domain.person.people import Identifier, Memberships, Person, Registration
from shared.domain.rollout.resets import Reset


class Directory(Protocol):
    """Entra, read through Graph. Every call takes a batch and may take seconds."""

    async def find_people(
        self, identifiers: Collection[Identifier]
    ) -> Mapping[Identifier, tuple[Person, ...]]:
        """Everybody each identifier points at; an identifier of nobody maps to `()`."""

    async def find_by_source_anchor(self, anchors: Collection[str]) -> Mapping[str, Person]:
        """Synced people by `onPremisesImmutableId`; those not in Entra are left out."""

    async def memberships(self, object_ids: Collection[str]) -> Mapping[str, Memberships]:
        """Groups and roles, direct or through others; an id of nobody is left out."""

    async def scope_member_ids(self) -> frozenset[str]:
        """Everybody in the scope group, direct or nested, by listing it."""

    async def registrations(self) -> Mapping[str, Registration]:
        """The whole registration report by object id; it lags by up to hours."""

    def everybody(self) -> AsyncIterator[Sequence[Person]]:
        """Every user of the tenant, guests and disabled ones too, by the page."""

    async def group_member_ids(self, group_id: str) -> frozenset[str] | None:
        """The people in any group, direct or nested; None where there is no such group."""

    async def administrator_ids(self) -> frozenset[str]:
        """Who holds a directory role, by the registration report; it lags by up to hours."""

    async def registered_ids(self) -> frozenset[str]:
        """Who is registered for SSPR, by the same report."""

    async def resets(self, since: datetime) -> Sequence[Reset]:
        """The resets that people tried by themselves since then, by the audit log."""
