"""The policy in force: the tenant's rules, with those of the rollout document on top."""

from shared.domain.person.policy import Policy
from shared.ports.world import World


async def policy_in_force(world: World) -> Policy:
    """Returns the rules that say now who may be enrolled."""
    stored = await world.rollouts.current()
    return (
        stored.rollout.document.governs(world.tenant_rules)
        if stored
        else Policy.of(world.tenant_rules)
    )
