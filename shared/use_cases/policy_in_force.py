"""The policy in force: the tenant's rules, with those of the rollout document on top."""

from dataclasses import replace

from shared.domain.person.policy import Policy
from shared.domain.rollout.measurements import served_domains
from shared.ports.world import World


async def policy_in_force(world: World) -> Policy:
    """Returns the rules that say now who may be enrolled."""
    served = served_domains(await world.workers.sights())
    stored, tenant = await world.rollouts.current(), world.tenant_rules
    policy = stored.rollout.document.governs(tenant) if stored else Policy.of(tenant)
    return replace(policy, served_domains=served)
