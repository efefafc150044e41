"""The tenant's rules, as values: where people are written, who is left out, how long to wait."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from shared.domain.person.documented_methods import DOCUMENTED_RULES
from shared.domain.person.kinds import KindRule
from shared.domain.person.methods import ResetRules
from shared.domain.person.people import REPORT_LAG, REPORT_STRAGGLERS, Attribute, Person
from shared.domain.person.sync_mode import SyncMode


class SourceOfAuthority(StrEnum):
    """Which directory holds a person's membership, and so who writes it."""

    CLOUD = "cloud"
    ON_PREMISES = "on-premises"


class Topology(StrEnum):
    """How SSPR's one selected group is built; each group has exactly one writer.

    Source: a synced group cannot be changed through Graph, and SSPR honours nested groups.
    """

    NESTED = "nested"
    """A cloud group is selected; the synced AD group is nested in it."""
    SYNCED = "synced"
    """The synced AD group is selected; only the worker writes."""
    CLOUD = "cloud"
    """One cloud group holds everybody; only Graph writes."""

    def source_of_authority(self, *, synced: bool) -> SourceOfAuthority | None:
        """Returns where a user belongs, or None if this topology cannot hold them."""
        if self is Topology.CLOUD:
            return SourceOfAuthority.CLOUD
        if synced:
            return SourceOfAuthority.ON_PREMISES
        return SourceOfAuthority.CLOUD if self is Topology.NESTED else None

    def writer_of(self, *, synced: bool) -> SourceOfAuthority:
        """Returns who writes the membership of a user who is in, wherever they belong.

        Somebody who was converted to the cloud is still in the synced group, which has one writer.
        """
        return self.source_of_authority(synced=synced) or SourceOfAuthority.ON_PREMISES


@dataclass(frozen=True, slots=True)
class AttributeRule:
    """People with one of these values, compared without regard to case."""

    attribute: Attribute
    values: frozenset[str]

    def matches(self, person: Person) -> bool:
        """Tells whether the rule means this person."""
        value = person.attribute(self.attribute)
        return value is not None and value.casefold() in self.values


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantRules:
    """What holds whatever the rollout document says: where people are written, how long to wait.

    Who may be enrolled is told by these and the document together, a `Policy`.
    """

    scope_group_id: str
    topology: Topology = Topology.NESTED
    excluded_group_ids: frozenset[str] = frozenset()
    waiting_deadline: timedelta = timedelta(days=14)
    """How long a person may be in neither directory, counted from the hire date or the event."""
    first_retry: timedelta = timedelta(minutes=2)
    longest_retry: timedelta = timedelta(hours=4)
    written_within: timedelta = timedelta(minutes=2)
    """How long a change may take from the ledger to the directory or to a command."""
    answered_within: timedelta = timedelta(minutes=30)
    """How long the worker may take to answer a command."""
    visible_within_cloud: timedelta = timedelta(minutes=15)
    visible_within_synced: timedelta = timedelta(minutes=90)
    """Three scheduled sync intervals of 30 minutes."""
    visible_within_cloud_sync: timedelta = timedelta(minutes=40)
    """The same where Entra Cloud Sync carries it: every 2 minutes, up to 2 hours seen in the field
    (MicrosoftDocs/entra-docs issue 13), which is three of these."""
    effective_within: timedelta = REPORT_LAG + REPORT_STRAGGLERS
    """How long the registration report may take, once SSPR is on for the scope group."""
    additions_per_hour: int = 500
    """People whom events, repairs and the rule for new hires may put in within an hour, unasked."""
    removals_per_hour: int = 100
    """People who may be taken out within an hour, unasked."""
    removals_per_hour_share: float = 0.05
    """The same as a share of those in scope; ten never are too many by it."""
    reissue_limit: int = 2
    """How often a person who does not move is issued again before being flagged."""

    def retry_after(self, attempts: int) -> timedelta:
        """Returns the wait before the next look; it doubles each time, up to `longest_retry`."""
        return doubled(self.first_retry, attempts, self.longest_retry)

    def under(self, modes: AbstractSet[SyncMode]) -> Self:
        """Returns the rules where these syncs carry changes; of several the slowest counts."""
        if modes != {SyncMode.CLOUD}:
            return self
        return replace(self, visible_within_synced=self.visible_within_cloud_sync)

    def visible_within(self, source_of_authority: SourceOfAuthority | None) -> timedelta:
        """Returns how long a written membership may take to be seen in Entra."""
        return (
            self.visible_within_cloud
            if source_of_authority is SourceOfAuthority.CLOUD
            else self.visible_within_synced
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy(TenantRules):
    """The rules in force: the tenant's, with those of the rollout document on top."""

    excluded_attributes: tuple[AttributeRule, ...] = ()
    excluded_object_ids: frozenset[str] = frozenset()
    population_group_ids: frozenset[str] = frozenset()
    """Only members of one of these are for enrolment; empty: everybody is."""
    excluded_kinds: tuple[KindRule, ...] = ()
    external_members: bool = False
    """Whether members whose account is at home in another tenant are for enrolment."""
    resets: ResetRules = DOCUMENTED_RULES
    """Which registered methods let people reset a password, and how many it takes."""
    time_zone: str = "UTC"
    """Where a day begins that says nothing of its own: an IANA name."""
    served_domains: frozenset[str] | None = None
    """The AD domains whose people the workers can put into scope; None: nobody has said."""
    awaits_selection: bool = False
    """Whether an operator has yet to select the scope group: before that SSPR is on for nobody who
    is only in it, and nobody is late."""
    selected_at: datetime | None = None
    """When the group was seen to be selected; None where it always was, or is not known."""

    def serves(self, domain: str | None) -> bool:
        """Tells whether people of that domain can be put into scope, as far as is known."""
        if domain is None or self.served_domains is None:
            return True
        return domain.lower() in self.served_domains

    def kind_of(self, person: Person) -> str | None:
        """Returns the name of the first excluded kind that the account is of, or None."""
        return next((one.name for one in self.excluded_kinds if one.matches(person)), None)

    @classmethod
    def of(
        cls,
        tenant: TenantRules,
        *,
        excluded_group_ids: frozenset[str] = frozenset(),
        excluded_attributes: tuple[AttributeRule, ...] = (),
        excluded_object_ids: frozenset[str] = frozenset(),
        population_group_ids: frozenset[str] = frozenset(),
        excluded_kinds: tuple[KindRule, ...] = (),
        external_members: bool = False,
        resets: ResetRules = DOCUMENTED_RULES,
        time_zone: str = "UTC",
    ) -> Self:
        """Puts a document's rules on top of the tenant's; without any, the tenant's alone hold."""
        rules = {one.name: getattr(tenant, one.name) for one in fields(TenantRules)}
        rules["excluded_group_ids"] |= excluded_group_ids
        return cls(
            **rules,
            excluded_attributes=excluded_attributes,
            excluded_object_ids=excluded_object_ids,
            population_group_ids=population_group_ids,
            excluded_kinds=excluded_kinds,
            external_members=external_members,
            resets=resets,
            time_zone=time_zone,
        )


def doubled(first: timedelta, times: int, longest: timedelta) -> timedelta:
    """Doubles the time so many times, never beyond the longest."""
    return min(first * (1 << min(max(times, 0), 32)), max(first, longest))
