"""The port `TenantFacts`: the tenant's settings, read through Graph.

Sources: "List subscribedSkus", "Get authenticationMethodsPolicy" and "List policies" (Conditional
Access), Microsoft Graph v1.0, read on 29 Nov 2026. Nobody here has seen a tenant's own answers.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from shared.adapters.graph.client import GraphClient
from shared.adapters.graph.listing import pages
from shared.adapters.graph.trouble import not_reached
from shared.domain.doctor.tenant_facts import (
    ALL_USERS,
    MethodsPolicy,
    Migration,
    PolicyMethod,
    RegistrationRule,
    Subscription,
)

_SUBSCRIPTIONS = "/subscribedSkus"
_METHODS = "/policies/authenticationMethodsPolicy"
_CONDITIONAL_ACCESS = "/identity/conditionalAccess/policies"
_REGISTERING = "urn:user:registersecurityinfo"
_USABLE = frozenset({"Enabled", "Warning"})
_MOST_NAME = 100

type Json = Mapping[str, Any]


class GraphTenantFacts:
    """Reads each setting by one request."""

    def __init__(self, client: GraphClient) -> None:
        self._client = client

    async def subscriptions(self) -> Sequence[Subscription]:
        """Returns the tenant's subscriptions."""
        return [subscription_of(row) for row in await self._list(_SUBSCRIPTIONS)]

    async def methods_policy(self) -> MethodsPolicy:
        """Returns the Authentication methods policy."""
        with not_reached():
            return methods_policy_of(await self._client.get(_METHODS))

    async def registration_rules(self) -> Sequence[RegistrationRule]:
        """Returns the policies in force that hold when security information is registered."""
        return registration_rules_of(await self._list(_CONDITIONAL_ACCESS))

    async def _list(self, path: str) -> list[Json]:
        with not_reached():
            return [row async for page in pages(self._client, path) for row in page]


def subscription_of(row: Json) -> Subscription:
    """Returns the subscription that Graph describes."""
    units = row.get("prepaidUnits") or {}
    plans = row.get("servicePlans") or ()
    return Subscription(
        name=str(row.get("skuPartNumber") or row.get("skuId") or "")[:_MOST_NAME],
        sku_id=str(row.get("skuId") or "").lower(),
        is_usable=row.get("capabilityStatus") in _USABLE,
        bought=sum(int(units.get(name) or 0) for name in ("enabled", "warning")),
        assigned=int(row.get("consumedUnits") or 0),
        plan_ids=frozenset(str(plan.get("servicePlanId") or "").lower() for plan in plans),
    )


def methods_policy_of(policy: Json) -> MethodsPolicy:
    """Returns the policy that Graph describes; a state that is not known is said to be that."""
    state = policy.get("policyMigrationState")
    known = set(Migration)
    return MethodsPolicy(
        migration=Migration(state) if state in known else Migration.UNKNOWN,
        methods=tuple(
            _method(each)
            for each in policy.get("authenticationMethodConfigurations") or ()
            if isinstance(each, dict) and each.get("id")
        ),
    )


def _method(configuration: Json) -> PolicyMethod:
    targets = configuration.get("includeTargets")
    # E-mail has none: whoever has a mailbox elsewhere may register it.
    ids = _ids(targets) if targets else frozenset({ALL_USERS})
    return PolicyMethod(
        name=str(configuration["id"])[:_MOST_NAME],
        is_enabled=configuration.get("state") == "enabled",
        group_ids=ids,
    )


def _ids(targets: Iterable[Json]) -> frozenset[str]:
    return frozenset(str(one.get("id")) for one in targets if one.get("id"))


def registration_rules_of(policies: Iterable[Json]) -> list[RegistrationRule]:
    """Returns those of the policies that are in force and about registering."""
    return [_rule(one) for one in policies if one.get("state") == "enabled" and _is_about_it(one)]


def _is_about_it(policy: Json) -> bool:
    applications = (policy.get("conditions") or {}).get("applications") or {}
    actions = applications.get("includeUserActions") or ()
    return any(str(action).lower() == _REGISTERING for action in actions)


def _rule(policy: Json) -> RegistrationRule:
    users = (policy.get("conditions") or {}).get("users") or {}
    grant = policy.get("grantControls") or {}
    # Asking for a strength of authentication is asking for more than one factor.
    strength = frozenset({"mfa"} if grant.get("authenticationStrength") else ())
    return RegistrationRule(
        name=str(policy.get("displayName") or policy.get("id") or "")[:_MOST_NAME],
        controls=frozenset(map(str, grant.get("builtInControls") or ())) | strength,
        for_everybody="All" in (users.get("includeUsers") or ()),
    )
