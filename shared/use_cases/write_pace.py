"""Pace: what is written unasked has a limit within an hour; beyond it an operator is asked."""

from collections.abc import Callable, Collection
from datetime import datetime

from shared.domain.person.enrolment import Enrolment, State
from shared.domain.rollout.document import Limit
from shared.domain.rollout.hour import Hour
from shared.ports.world import World
from shared.use_cases.until_kept import until_kept

_IN = [*(state for state in State if state.is_in_scope), State.WITHDRAWING]
"""Whoever is on the way out is in until they are seen to be out."""


async def too_many(owed: Collection[Enrolment], world: World, now: datetime) -> str | None:
    """Counts these people into the hour, or says by how much they are too many, and counts none.

    Raises:
        LedgerConflict: others kept counting; the batch is to be taken again.
    """
    problem = ""

    def decide(hour: Hour) -> Hour:
        nonlocal problem
        counting = hour.counting(owed, now)
        # Whoever comes again within the hour was found to be few enough before.
        is_again = hour.knows(owed, now)
        problem = "" if is_again else counting.exceeded(rules, are_in) or ""
        return hour if problem else counting

    rules = world.tenant_rules
    totals = await world.ledger.totals()
    are_in = sum(totals.by_state.get(state, 0) for state in _IN)
    await _count(world, decide, now)
    return problem or None


async def too_many_repairs(
    marks: Collection[str], in_scope: int, limit: Limit, world: World, now: datetime
) -> str | None:
    """Says by how much these repairs are too many for the hour; it counts none of them."""
    stored = await world.write_control.hour()
    hour = stored.hour if stored else Hour(begins=now)
    return limit.exceeded_by(hour.repairing(marks, now).repairs, in_scope)


async def count_repairs(marks: Collection[str], world: World, now: datetime) -> None:
    """Counts these repairs into the hour, just before they are made; none counts twice.

    Raises:
        LedgerConflict: others kept counting.
    """
    await _count(world, lambda hour: hour.repairing(marks, now), now)


async def allow(
    world: World,
    now: datetime,
    *,
    additions: int,
    removals: int,
    repairs: int = 0,
    operation: str = "",
) -> None:
    """Notes that an operator was shown so many more, and wants them written.

    With the key of an operation it is noted once, however often that is done.

    Raises:
        LedgerConflict: others kept counting.
    """
    if not (additions or removals or repairs):
        return
    await _count(
        world,
        lambda hour: hour.allowing(
            now, additions=additions, removals=removals, repairs=repairs, operation=operation
        ),
        now,
    )


async def allow_owed(world: World, now: datetime) -> None:
    """Notes that an operator wants everybody written who is owed a write by now.

    Raises:
        LedgerConflict: others kept counting.
    """
    owed = list[Enrolment]()
    for keys in await world.ledger.keys_in_state([State.REQUESTED, State.WITHDRAWING]):
        owed += (await world.ledger.load(keys)).values()
    await _count(world, lambda hour: hour.allowing_owed(owed, now), now)


async def _count(world: World, decide: Callable[[Hour], Hour], now: datetime) -> None:
    async for attempt in until_kept():
        with attempt:
            stored = await world.write_control.hour()
            before = stored.hour if stored else Hour(begins=now)
            after = decide(before)
            if after != before:
                await world.write_control.count(stored, after)
