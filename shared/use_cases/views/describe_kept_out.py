"""Describe who is kept out: everybody whom an operator's word excludes, for a time or for good."""

from datetime import datetime

from shared.contracts.api.people_views import KeptOutPage, KeptOutView
from shared.domain.person.partitions import BUCKETS
from shared.domain.person.reasons import Reason
from shared.domain.person.summary import EnrolmentSummary
from shared.ports.world import World

_BY_OPERATOR = frozenset({Reason.EXCLUDED_BY_OPERATOR, Reason.EXCLUDED_FOR_GOOD})


async def list_kept_out(page: int, world: World, now: datetime) -> KeptOutPage:
    """Lists those of a partition, by the page from 0, whom an operator keeps out now."""
    if page >= len(BUCKETS):
        return KeptOutPage(people=(), next_page=None)
    found = [
        view
        async for summaries in world.ledger.summaries(BUCKETS[page : page + 1])
        for one in summaries
        if (view := _view(one, now))
    ]
    following = page + 1 if page + 1 < len(BUCKETS) else None
    in_order = sorted(found, key=lambda one: one.key)
    return KeptOutPage(people=tuple(in_order), next_page=following)


def _view(person: EnrolmentSummary, now: datetime) -> KeptOutView | None:
    exclusion = person.exclusion
    if exclusion is None or exclusion.reason not in _BY_OPERATOR or not exclusion.holds(now):
        return None
    return KeptOutView(
        key=person.key,
        state=person.state,
        reason=exclusion.reason,
        detail=exclusion.text,
        actor=exclusion.actor,
        until=exclusion.until,
    )
