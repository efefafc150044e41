"""What Entra says of a tenant's own settings, as far as the app may read them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

ALL_USERS: Final = "all_users"
"""How a policy names everybody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A subscription of the tenant. Source: https://learn.microsoft.com/graph/api/resources/subscribedsku."""

    name: str
    sku_id: str
    is_usable: bool
    """Whether it is enabled, or in its grace period."""
    bought: int
    assigned: int
    plan_ids: frozenset[str] = frozenset()
    """Its service plans, in lower case."""


class Migration(StrEnum):
    """How far the legacy policies have been moved to the Authentication methods policy."""

    NOT_BEGUN = "preMigration"
    IN_PROGRESS = "migrationInProgress"
    COMPLETE = "migrationComplete"
    UNKNOWN = "unknownFutureValue"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyMethod:
    """A method as the Authentication methods policy has it."""

    name: str
    """As the policy calls it: Sms, MicrosoftAuthenticator …"""
    is_enabled: bool
    group_ids: frozenset[str] = frozenset({ALL_USERS})
    """For whom."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodsPolicy:
    """The Authentication methods policy, as far as it bears on resets."""

    migration: Migration
    methods: tuple[PolicyMethod, ...] = ()

    def method(self, name: str) -> PolicyMethod | None:
        """Returns the method of that name, or None if the policy does not have it."""
        return next((one for one in self.methods if one.name.lower() == name.lower()), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationRule:
    """A policy of Conditional Access that holds when security information is registered."""

    name: str
    controls: frozenset[str]
    """What it asks for: `mfa`, `block`, `compliantDevice` …"""
    for_everybody: bool
    """Whether it means all users; who is left out is not told."""
