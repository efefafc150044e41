"""The policy in force: the tenant's rules, with those of the rollout document on top."""

from dataclasses import replace

from shared.domain.person.policy import Policy
from shared.domain.rollout.measurements import served_domains
from shared.ports.world import World


async def policy_in_force(world: World) -> Policy:
    """Returns the rules that say now who may be enrolled."""
    served = served_domains(await world.workers.sights())
    rules = replace(world.tenant_rules, served_domains=served)
    stored = await world.rollouts.current()
    return stored.rollout.document.governs(rules) if stored else Policy.of(rules)
