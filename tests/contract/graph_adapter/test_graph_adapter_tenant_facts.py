"""The tenant's own settings through the unmodified SDK, against the simulated tenant."""

from collections.abc import AsyncIterator

import pytest

from shared.adapters.graph.client import GraphClient
from shared.adapters.graph.tenant_facts import (
    GraphTenantFacts,
    methods_policy_of,
    registration_rules_of,
    subscription_of,
)
from shared.adapters.identity import credential
from shared.adapters.memory.tenant_facts import MemoryTenantFacts
from shared.domain.doctor.tenant_facts import ALL_USERS, Migration
from shared.domain.health import NotReached, Trouble
from shared.domain.person.licences import ENTRA_ID_P1
from tests.support.graph_tenant import Tenant

ALL = ["Policy.Read.All", "LicenseAssignment.Read.All"]


@pytest.fixture
async def client(tenant: Tenant) -> AsyncIterator[GraphClient]:
    tenant.do("identities", {"clientId": "app", "roles": ALL})
    client = GraphClient(lambda: credential("app"), base_url=tenant.base_url)
    yield client
    await client.aclose()


@pytest.fixture
def facts(client: GraphClient) -> GraphTenantFacts:
    return GraphTenantFacts(client)


async def test_the_subscription_is_told_with_its_plans(facts: GraphTenantFacts) -> None:
    (bought,) = await facts.subscriptions()
    assert (bought.name, bought.is_usable) == ("AAD_PREMIUM", True)
    assert bought.plan_ids == {ENTRA_ID_P1}
    assert bought.bought > bought.assigned > 0


async def test_the_methods_and_their_migration_are_told_as_they_are_set(
    tenant: Tenant, facts: GraphTenantFacts
) -> None:
    tenant.do(
        "settings",
        {"disabledMethods": ["mobilePhone"], "methodsMigration": "migrationInProgress"},
    )
    policy = await facts.methods_policy()
    assert policy.migration is Migration.IN_PROGRESS
    states = {one.name: one.is_enabled for one in policy.methods}
    assert (states["Sms"], states["MicrosoftAuthenticator"]) == (False, True)
    email = policy.method("email")
    assert email
    assert email.group_ids == {ALL_USERS}


async def test_only_what_holds_at_registering_is_told_of_conditional_access(
    tenant: Tenant, facts: GraphTenantFacts
) -> None:
    assert await facts.registration_rules() == []
    tenant.do("settings", {"registrationControls": ["mfa", "compliantDevice"]})
    (rule,) = await facts.registration_rules()
    assert (set(rule.controls), rule.for_everybody) == ({"mfa", "compliantDevice"}, True)


@pytest.mark.parametrize("method", ["subscriptions", "methods_policy", "registration_rules"])
async def test_a_permission_that_is_missing_is_told_from_other_trouble(
    tenant: Tenant, facts: GraphTenantFacts, method: str
) -> None:
    tenant.do("identities", {"clientId": "app", "roles": ["User.Read.All"]})
    with pytest.raises(NotReached) as refused:
        await getattr(facts, method)()
    assert refused.value.trouble is Trouble.FORBIDDEN
    memory = MemoryTenantFacts(troubles={method: Trouble.FORBIDDEN})
    with pytest.raises(NotReached) as told:
        await getattr(memory, method)()
    assert told.value.trouble is Trouble.FORBIDDEN


def test_what_a_tenant_leaves_out_is_not_made_up() -> None:
    assert methods_policy_of({}).migration is Migration.UNKNOWN
    assert methods_policy_of({"policyMigrationState": "later"}).migration is Migration.UNKNOWN
    assert methods_policy_of({"authenticationMethodConfigurations": [{}, None]}).methods == ()
    assert subscription_of({}).is_usable is False
    assert registration_rules_of([{}, {"state": "enabled"}]) == []


def test_a_policy_that_only_reports_or_is_off_asks_nothing_of_anybody() -> None:
    about = {"applications": {"includeUserActions": ["urn:user:RegisterSecurityInfo"]}}
    states = ["disabled", "enabledForReportingButNotEnforced", "enabled"]
    found = registration_rules_of(
        {"id": state, "state": state, "conditions": about} for state in states
    )
    assert [one.name for one in found] == ["enabled"]


def test_a_strength_of_authentication_asks_for_a_second_factor() -> None:
    about = {"applications": {"includeUserActions": ["urn:user:registersecurityinfo"]}}
    grant = {"authenticationStrength": {"id": "1"}, "builtInControls": []}
    (rule,) = registration_rules_of(
        [{"state": "enabled", "conditions": about, "grantControls": grant}]
    )
    assert (set(rule.controls), rule.for_everybody) == ({"mfa"}, False)
