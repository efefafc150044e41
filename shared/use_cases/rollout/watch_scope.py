"""Watch the scope: is the AD group's twin in Entra still what memberships count through?"""

from datetime import datetime

from shared.domain.person.policy import Topology
from shared.domain.rollout.measurements import workers_at_work
from shared.domain.rollout.scope_groups import ScopeFault, fault_of
from shared.domain.rollout.state import Phase
from shared.domain.signals import ScopeGroupFault
from shared.ports.world import World
from shared.use_cases.rollout.halt import halt
from shared.use_cases.signalling import emit


async def find_scope_fault(world: World) -> ScopeFault | None:
    """Looks at the twin of every AD group that a worker writes; returns the first thing wrong.

    Returns None where nothing is, where no worker has said yet which group it writes, and where no
    AD group belongs to the topology.

    Raises:
        DirectoryUnavailable: Graph did not answer.
    """
    topology = world.tenant_rules.topology
    if topology is Topology.CLOUD:
        return None
    if topology is Topology.SYNCED:
        group_id = world.tenant_rules.scope_group_id
        fault = fault_of(f"The scope group {group_id}", await world.directory.scope_group())
        if fault:
            return fault
    sights = workers_at_work(await world.workers.sights())
    sids = sorted({one.scope_group_sid for one in sights if one.scope_group_sid})
    twins = await world.directory.synced_groups(sids) if sids else {}
    faults = (fault_of(f"The AD group {sid}", twins.get(sid)) for sid in sids)
    return next((one for one in faults if one), None)


async def watch_scope(world: World, now: datetime) -> None:
    """Pauses the rollout if the AD group's twin is no longer what it has to be, and says so.

    One that is paused already is left as it is: the signal goes on until the group is right again.

    Raises:
        DirectoryUnavailable: the next tick looks again.
        LedgerConflict: somebody else has changed the rollout; the next tick looks again.
    """
    stored = await world.rollouts.current()
    if stored is None or stored.rollout.phase is Phase.ABORTED:
        return
    fault = await find_scope_fault(world)
    if fault is None:
        return
    emit([ScopeGroupFault(reason=fault.reason)])
    await halt(stored, fault.reason, fault.detail, world, now)
