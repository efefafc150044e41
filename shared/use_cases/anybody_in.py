"""Whether there is anybody in scope at all, for whoever would ask Graph about them."""

from shared.domain.person.registration import FOLLOWED
from shared.ports.world import World


async def is_anybody_in(world: World) -> bool:
    """Tells by the totals whether Entra has shown anybody in scope."""
    in_states = (await world.ledger.totals()).by_state
    return any(in_states.get(state) for state in FOLLOWED)
