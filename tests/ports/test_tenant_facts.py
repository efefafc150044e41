"""The tenant's own settings: told alike in memory and by the simulated tenant."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Collection
from dataclasses import replace

import pytest

from shared.adapters.graph.client import GraphClient
from shared.adapters.graph.tenant_facts import GraphTenantFacts
from shared.adapters.identity import credential
from shared.adapters.memory.tenant_facts import MemoryTenantFacts
from shared.domain.doctor.tenant_facts import ALL_USERS, Migration, RegistrationRule
from shared.domain.health import NotReached, Trouble
from shared.domain.person.licences import ENTRA_ID_P1
from shared.ports.tenant_facts import TenantFacts
from tests.support.graph_tenant import Tenant

METHODS = ["subscriptions", "methods_policy", "registration_rules"]


class Settings(ABC):
    """The settings as an administrator changes them, and the port that tells of them."""

    facts: TenantFacts

    @abstractmethod
    def disable_texts(self) -> None:
        """Switch the method off by which codes are texted."""

    @abstractmethod
    def migrate(self, to: Migration) -> None:
        """Move the legacy policies so far."""

    @abstractmethod
    def ask_at_registering(self, controls: Collection[str]) -> None:
        """Have Conditional Access ask everybody who registers for these."""

    @abstractmethod
    def forbid(self) -> None:
        """Take every permission away."""


class MemorySettings(Settings):
    """In memory."""

    def __init__(self) -> None:
        self.facts: MemoryTenantFacts = MemoryTenantFacts()

    def disable_texts(self) -> None:
        methods = (
            replace(one, is_enabled=one.is_enabled and one.name != "Sms")
            for one in self.facts.policy.methods
        )
        self.facts.policy = replace(self.facts.policy, methods=tuple(methods))

    def migrate(self, to: Migration) -> None:
        self.facts.policy = replace(self.facts.policy, migration=to)

    def ask_at_registering(self, controls: Collection[str]) -> None:
        rule = RegistrationRule(
            name="Registering", controls=frozenset(controls), for_everybody=True
        )
        self.facts.rules.append(rule)

    def forbid(self) -> None:
        self.facts.troubles = dict.fromkeys(METHODS, Trouble.FORBIDDEN)


class TenantSettings(Settings):
    """In the simulated tenant, through Graph."""

    def __init__(self, tenant: Tenant, client: GraphClient) -> None:
        self.facts: GraphTenantFacts = GraphTenantFacts(client)
        self._tenant = tenant
        self._allow("Policy.Read.All", "LicenseAssignment.Read.All")

    def disable_texts(self) -> None:
        self._tenant.do("settings", {"disabledMethods": ["mobilePhone"]})

    def migrate(self, to: Migration) -> None:
        self._tenant.do("settings", {"methodsMigration": to})

    def ask_at_registering(self, controls: Collection[str]) -> None:
        self._tenant.do("settings", {"registrationControls": list(controls)})

    def forbid(self) -> None:
        self._allow("User.Read.All")

    def _allow(self, *permissions: str) -> None:
        self._tenant.do("identities", {"clientId": "app", "roles": permissions})


@pytest.fixture(params=["memory", "tenant"])
async def settings(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Settings]:
    if request.param == "memory":
        yield MemorySettings()
        return
    tenant: Tenant = request.getfixturevalue("tenant_process")
    tenant.start_afresh(monkeypatch)
    usual = {"disabledMethods": [], "methodsMigration": "migrationComplete"}
    tenant.do("settings", {**usual, "registrationControls": []})
    client = GraphClient(lambda: credential("app"), base_url=tenant.base_url)
    yield TenantSettings(tenant, client)
    await client.aclose()


async def test_there_is_a_subscription_with_which_people_reset(settings: Settings) -> None:
    (bought,) = await settings.facts.subscriptions()
    assert (bought.name, bought.is_usable) == ("AAD_PREMIUM", True)
    assert bought.plan_ids == {ENTRA_ID_P1}
    assert bought.bought > bought.assigned > 0


async def test_a_method_is_on_for_everybody_until_it_is_switched_off(settings: Settings) -> None:
    policy = await settings.facts.methods_policy()
    texts = policy.method("sms")
    assert texts
    assert texts.is_enabled
    assert texts.group_ids == {ALL_USERS}
    assert policy.method("Pigeon") is None
    settings.disable_texts()
    policy = await settings.facts.methods_policy()
    states = [policy.method(name) for name in ("Sms", "MicrosoftAuthenticator")]
    assert [one and one.is_enabled for one in states] == [False, True]


@pytest.mark.parametrize("state", [Migration.NOT_BEGUN, Migration.IN_PROGRESS, Migration.COMPLETE])
async def test_the_migration_is_told_as_far_as_it_is(settings: Settings, state: Migration) -> None:
    settings.migrate(state)
    assert (await settings.facts.methods_policy()).migration is state


async def test_what_is_asked_of_whoever_registers_is_told_once_it_is_asked(
    settings: Settings,
) -> None:
    assert await settings.facts.registration_rules() == []
    settings.ask_at_registering(["mfa", "compliantDevice"])
    (rule,) = await settings.facts.registration_rules()
    assert rule.controls == {"mfa", "compliantDevice"}
    assert rule.for_everybody


@pytest.mark.parametrize("method", METHODS)
async def test_what_the_app_may_not_read_is_told_as_that(settings: Settings, method: str) -> None:
    settings.forbid()
    with pytest.raises(NotReached) as refused:
        await getattr(settings.facts, method)()
    assert refused.value.trouble is Trouble.FORBIDDEN
