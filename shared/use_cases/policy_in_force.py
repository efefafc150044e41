"""The policy in force: the tenant's rules, the rollout document's on top, and what workers say."""

from dataclasses import replace

from shared.domain.person.policy import Policy
from shared.domain.rollout.measurements import served_domains, sync_modes
from shared.ports.world import World


async def policy_in_force(world: World) -> Policy:
    """Returns the rules that say now who may be enrolled."""
    sights = await world.workers.sights()
    stored, tenant = await world.rollouts.current(), world.tenant_rules
    policy = stored.rollout.document.governs(tenant) if stored else Policy.of(tenant)
    policy = replace(policy, served_domains=served_domains(sights)).under(sync_modes(sights))
    move = stored.rollout.move if stored else None
    if move is None or not move.brings_selection:
        return policy
    return replace(policy, awaits_selection=move.is_under_way, selected_at=move.ended_at)
