"""The rollout document, as values: who, in which waves, and what must hold before the next."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from shared.domain.person.documented_methods import DOCUMENTED_RULES
from shared.domain.person.kinds import KindRule
from shared.domain.person.methods import NO_CHANGES, ResetChanges, ResetRules
from shared.domain.person.people import Attribute
from shared.domain.person.policy import AttributeRule, Policy, TenantRules, Topology
from shared.domain.rollout.calendar import Calendar
from shared.domain.rollout.gate import Gate


@dataclass(frozen=True, slots=True)
class Ring:
    """People named one by one."""

    object_ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class GroupRing:
    """The members of a group, direct or nested."""

    group_id: str


@dataclass(frozen=True, slots=True)
class Count:
    """So many people by their position, those of earlier waves of this kind included."""

    people: int


@dataclass(frozen=True, slots=True)
class Share:
    """A share of everybody eligible by their position, from 0 to 1, earlier waves included."""

    share: float


type Selection = Ring | GroupRing | Count | Share


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """One step of the rollout."""

    name: str
    selection: Selection
    soak: timedelta
    gates: tuple[Gate, ...]
    calendar: Calendar


class DriftAction(StrEnum):
    """What becomes of a membership that somebody outside the rollout changed."""

    REPORT = "report"
    REPAIR = "repair"


_A_HANDFUL = 10
"""People whom a share never forbids: in a small company five per cent are but a few."""


@dataclass(frozen=True, slots=True)
class Limit:
    """How many people one plan may touch: neither more than the share nor than the number."""

    share: float = 1.0
    people: int | None = None

    def exceeded_by(self, count: int, total: int) -> str | None:
        """Says by how much so many of the total are too many, or returns None if they are not."""
        if self.people is not None and count > self.people:
            return f"{count:,} people, more than the {self.people:,} allowed"
        if count > max(self.share * total, _A_HANDFUL):
            return f"{count:,} of {total:,} people, more than the {self.share:.0%} allowed"
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A rollout as an operator wrote it down; `digest` is the SHA-256 of its meaning."""

    name: str
    salt: str
    scope_group_id: str
    topology: Topology
    population_group_ids: frozenset[str]
    excluded_group_ids: frozenset[str]
    excluded_attributes: tuple[AttributeRule, ...]
    excluded_object_ids: frozenset[str]
    new_hires_since: date | None
    balance: Attribute | None
    waves: tuple[Wave, ...]
    additions: Limit
    removals: Limit
    on_removed_by_hand: DriftAction
    on_added_by_hand: DriftAction
    evaluate_every: timedelta
    """How often the gates are looked at."""
    digest: str
    excluded_kinds: tuple[KindRule, ...] = ()
    external_members: bool = False
    """Whether members whose account is at home in another tenant may be in."""
    resets: ResetChanges = NO_CHANGES
    """Which methods count for a reset, where it differs from what Microsoft documents."""

    @property
    def group_ids(self) -> frozenset[str]:
        """Every group that has to be read to tell who is meant."""
        rings = {w.selection.group_id for w in self.waves if isinstance(w.selection, GroupRing)}
        return self.population_group_ids | self.excluded_group_ids | rings

    @property
    def time_zone(self) -> str:
        """Where days begin: the calendar's, which is one for all waves."""
        return self.waves[0].calendar.time_zone if self.waves else "UTC"

    def wave(self, name: str) -> int | None:
        """Returns the place of the wave of that name, from 0, or None if there is none."""
        return next((n for n, wave in enumerate(self.waves) if wave.name == name), None)

    @property
    def reset_rules(self) -> ResetRules:
        """What a reset asks for: as Microsoft documents it, with what is said here on top."""
        return DOCUMENTED_RULES.changed_by(self.resets)

    def governs(self, tenant: TenantRules) -> Policy:
        """Returns the tenant's rules with this document's on top."""
        return Policy.of(
            tenant,
            excluded_group_ids=self.excluded_group_ids,
            excluded_attributes=self.excluded_attributes,
            excluded_object_ids=self.excluded_object_ids,
            population_group_ids=self.population_group_ids,
            excluded_kinds=self.excluded_kinds,
            external_members=self.external_members,
            resets=self.reset_rules,
            time_zone=self.time_zone,
        )
