"""Watch the scope: is the AD group's twin in Entra still what memberships count through?"""

from datetime import datetime

from shared.domain.person.policy import Topology
from shared.domain.rollout.document import Document
from shared.domain.rollout.measurements import workers_at_work
from shared.domain.rollout.scope_groups import ScopeFault, fault_of
from shared.domain.rollout.state import PauseReason, Phase
from shared.domain.signals import PlanUnsafe, ScopeGroupFault, plain_text
from shared.ports.world import World
from shared.use_cases.rollout.doubt_scope import looked_at
from shared.use_cases.rollout.halt import halt
from shared.use_cases.rollout.take_snapshot import find_missing
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
    What a reconciliation has missed is looked for again, once; neither counts before a second look.

    Raises:
        DirectoryUnavailable: the next tick looks again.
        LedgerConflict: somebody else has changed the rollout; the next tick looks again.
    """
    stored = await world.rollouts.current()
    if stored is None or stored.rollout.phase is Phase.ABORTED:
        return
    fault = await find_scope_fault(world)
    if fault is None:
        doubt = await world.rollouts.scope_doubt()
        is_missed = doubt and doubt.fault and not doubt.fault.is_of_twin
        if doubt and is_missed:
            if doubt.is_sure:
                # It costs listings: from then on the reconciliations look.
                return
            fault = await find_missing_fault(world, stored.rollout.document)
    async with looked_at(fault, world, now) as sure:
        if sure is None:
            return
        if sure.is_of_twin:
            emit([ScopeGroupFault(reason=sure.reason)])
        else:
            emit([PlanUnsafe(problem=plain_text(sure.detail))])
        await halt(stored, sure.reason, sure.detail, world, now)


async def find_missing_fault(world: World, document: Document) -> ScopeFault | None:
    """Looks for what every plan needs; returns what is missing, as what pauses a rollout."""
    missing = await find_missing(world, document)
    return ScopeFault(PauseReason.UNSAFE_PLAN, missing) if missing else None
