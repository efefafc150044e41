"""The port `TenantFacts`, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from shared.adapters.memory.turns import Pause, straight_on
from shared.domain.doctor.tenant_facts import (
    MethodsPolicy,
    Migration,
    PolicyMethod,
    RegistrationRule,
    Subscription,
)
from shared.domain.health import NotReached, Trouble
from shared.domain.person.licences import ENTRA_ID_P1


@dataclass(slots=True)
class MemoryTenantFacts:
    """What the tenant was given: as much as lets people reset, unless a test says otherwise."""

    pause: Pause = straight_on
    bought: list[Subscription] = field(
        default_factory=lambda: [
            Subscription(
                name="AAD_PREMIUM",
                sku_id="078d2b04-f1bd-4111-bbd4-b4b1b354cef4",
                is_usable=True,
                bought=2100,
                assigned=2000,
                plan_ids=frozenset({ENTRA_ID_P1}),
            )
        ]
    )
    policy: MethodsPolicy = field(
        default_factory=lambda: MethodsPolicy(
            migration=Migration.COMPLETE,
            methods=tuple(
                PolicyMethod(name=name, is_enabled=True)
                for name in ("MicrosoftAuthenticator", "Email", "Sms", "TemporaryAccessPass")
            ),
        )
    )
    rules: list[RegistrationRule] = field(default_factory=list)
    troubles: dict[str, Trouble] = field(default_factory=dict)
    """Of the methods of the port that come to nothing."""

    async def subscriptions(self) -> Sequence[Subscription]:
        """Returns the tenant's subscriptions."""
        await self._reach("subscriptions")
        return list(self.bought)

    async def methods_policy(self) -> MethodsPolicy:
        """Returns the Authentication methods policy."""
        await self._reach("methods_policy")
        return self.policy

    async def registration_rules(self) -> Sequence[RegistrationRule]:
        """Returns the policies in force that hold when security information is registered."""
        await self._reach("registration_rules")
        return list(self.rules)

    async def _reach(self, method: str) -> None:
        await self.pause(f"tenant_facts.{method}")
        if trouble := self.troubles.get(method):
            raise NotReached(trouble, "in memory")
