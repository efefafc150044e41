"""Find losses: who has SSPR by today's choice, and would not have it by a document's group."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.contracts.api.operation_orders import AdoptOrder
from shared.domain.errors import InvalidMessage
from shared.domain.person.people import Registration
from shared.domain.plan.losses import (
    Loss,
    covered_by,
    depends_on_choice,
    losses_fingerprint,
    losses_of,
)
from shared.domain.rollout.document import Share
from shared.domain.rollout.sspr_policy import SsprScope
from shared.ports.world import World
from shared.use_cases.move_facts import rests_on
from shared.use_cases.rollout.plan_rollout import FreshPlan


@dataclass(frozen=True, slots=True)
class Adoption:
    """What was found out before anything is done."""

    order: AdoptOrder
    fresh: FreshPlan
    rows: Mapping[str, Registration]
    covered: frozenset[str]
    strays: frozenset[str]
    """Those of them of whom only the registration report says that SSPR is on for them."""
    losses: Sequence[Loss]

    @property
    def fingerprint(self) -> str:
        """The fingerprint of what is shown."""
        came_from = f"{self.order.came_from} {self.order.group or ''}"
        return losses_fingerprint(self.fresh.plan, came_from, self.losses)


async def find_losses(order: AdoptOrder, fresh: FreshPlan, world: World, now: datetime) -> Adoption:
    """Reads the whole registration report, and tells who loses by the document.

    Raises:
        InvalidMessage: the group that was selected is not there.
        DirectoryUnavailable: Graph did not answer.
    """
    rows: dict[str, Registration] = {}
    async for page in world.directory.registrations():
        rows.update(page.rows)
    snapshot = fresh.snapshot
    covered = covered_by(
        snapshot.candidates, await covered_ids(order.came_from, order.group, world)
    )
    shown = {key for key, row in rows.items() if row.sspr_enabled} & snapshot.candidates.keys()
    strays = {one for one in shown if depends_on_choice(snapshot.candidates[one])} - covered
    on_the_way = {key for key, one in snapshot.summaries.items() if one.is_in}
    losses = losses_of(
        covered | strays,
        snapshot.members | on_the_way,
        fresh.plan,
        rows=rows,
        rules=fresh.document.reset_rules,
        day=now.date(),
    )
    return Adoption(order, fresh, rows, covered | strays, frozenset(strays), losses)


async def covered_ids(
    came_from: SsprScope, group: str | None, world: World
) -> frozenset[str] | None:
    """Returns whom that choice of SSPR's covers; None means everybody.

    Raises:
        InvalidMessage: there is no such group.
    """
    match came_from:
        case SsprScope.ALL:
            return None
        case SsprScope.NONE:
            return frozenset()
    group = group or world.tenant_rules.scope_group_id
    members = await world.directory.group_member_ids(group)
    if members is None:
        raise InvalidMessage("group", f"there is no group {group}")
    return members


async def warnings_of(found: Adoption, world: World) -> AsyncIterator[str]:
    """Yields what an operator has to know besides who loses."""
    came_from, last = found.order.came_from, found.fresh.document.waves[-1].selection
    unreached = any(one.reason is None for one in found.losses)
    if came_from is SsprScope.ALL and last != Share(1.0) and unreached:
        yield "the last wave does not reach everybody; coming from All, it has to be of 100 %"
    if found.strays:
        yield (
            f"the registration report shows SSPR on for {len(found.strays):,} people more than "
            f"{came_from} covers; it lags by hours, or SSPR was not set so"
        )
    sight = await world.sspr_watch.sight()
    if sight.scope is not None and not _agrees(found.order, sight.scope, world):
        yield f"SSPR does not seem to be set so: {rests_on(sight)}"


def _agrees(order: AdoptOrder, seen: SsprScope, world: World) -> bool:
    if seen is SsprScope.GROUP:
        return order.came_from is SsprScope.GROUP and is_own(order, world)
    return order.came_from is seen


def is_own(order: AdoptOrder, world: World) -> bool:
    """Tells whether the group that was selected is the scope group itself."""
    scope = world.tenant_rules.scope_group_id
    return (order.group or scope).casefold() == scope.casefold()
