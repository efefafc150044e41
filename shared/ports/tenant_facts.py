"""What Entra says of the tenant's own settings, where the app may read them."""

from collections.abc import Sequence
from typing import Protocol

from shared.domain.doctor.tenant_facts import MethodsPolicy, RegistrationRule, Subscription


class TenantFacts(Protocol):
    """The tenant's settings; each takes a permission that not every deployment grants.

    Every method raises `NotReached`; its trouble tells a missing permission from the rest.
    """

    async def subscriptions(self) -> Sequence[Subscription]:
        """Returns the tenant's subscriptions."""

    async def methods_policy(self) -> MethodsPolicy:
        """Returns the Authentication methods policy."""

    async def registration_rules(self) -> Sequence[RegistrationRule]:
        """Returns the policies in force that hold when security information is registered."""
