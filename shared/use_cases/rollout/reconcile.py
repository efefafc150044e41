"""Reconcile: everybody wanted against everybody in, and the difference made good."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import batched

import structlog

from shared.domain.errors import LedgerConflict, UnsafePlan
from shared.domain.person.reasons import Reason
from shared.domain.plan.scope_plan import ScopePlan, repairs_of, unsafe, were_in
from shared.domain.rollout.state import PUTS_IN, PauseReason, Phase, Rollout
from shared.domain.signals import DriftFound, PlanUnsafe, plain_text
from shared.ports.rollouts import Reconciliation, StoredRollout
from shared.ports.world import World
from shared.use_cases.ledger_age import why_older
from shared.use_cases.rollout.call_off import call_off_if_aborted
from shared.use_cases.rollout.carry_on_move import keep_taken_out, look_at_move
from shared.use_cases.rollout.carry_out import CHUNK, put_in_all, repair, take_out_all
from shared.use_cases.rollout.halt import halt
from shared.use_cases.rollout.take_snapshot import Snapshot, take_snapshot
from shared.use_cases.rollout.tell_converted import tell_converted
from shared.use_cases.rollout.watch_scope import find_scope_fault
from shared.use_cases.signalling import emit
from shared.use_cases.views.rollout_status import status_of
from shared.use_cases.write_control import is_stopped, stopped
from shared.use_cases.write_pace import too_many_repairs

_log = structlog.get_logger(__name__)

MOST_NAMED = 100
"""Object ids kept of those whom somebody else put in or took out."""


async def reconcile(world: World, clock: Callable[[], datetime]) -> None:
    """Looks once at everybody and makes good what differs from the rollout.

    A plan that would touch too many people is not carried out, but pauses the rollout. So does an
    AD group whose twin in Entra is not what it has to be, and people whose source of authority has
    changed. While everything that writes is stopped it is only looked.

    Raises:
        DirectoryUnavailable: the next tick tries again.
    """
    stored = await world.rollouts.current()
    emit([await status_of(stored, world)])
    if stored is None:
        return
    rollout = stored.rollout
    await call_off_if_aborted(world, clock())
    fault = await find_scope_fault(world)
    if fault:
        # Told by the clock's own look; what would be written now would not count.
        await _keep_problem(str(fault), None, world, clock())
        await halt(stored, fault.reason, fault.detail, world, clock())
        return
    try:
        begun_at, before = clock(), await world.ledger.totals()
        snapshot = await take_snapshot(world, rollout.document)
        plan = _plan(rollout, snapshot, world, clock())
        look = await look_at_move(stored, snapshot, plan, before, world, begun_at)
        converted = snapshot.converted(rollout.document.topology)
        if converted:
            await tell_converted(converted, stored, world, clock())
            if rollout.phase in PUTS_IN:
                return
        if why := await why_older(world) or await stopped(world):
            await _only_look(plan, why, world, clock())
            return
        # Repairs are limited by themselves: too many of them hold nothing else up.
        judged = replace(plan, additions=() if rollout.forced else plan.additions, drift=())
        problems = unsafe(judged, rollout.document)
    except UnsafePlan as error:
        await _say_unsafe(stored, str(error), None, world, clock())
        return
    if problems:
        await _say_unsafe(stored, "; ".join(problems), plan, world, clock())
        return
    repairs = repairs_of(plan, rollout.document)
    held = await too_many_repairs(
        len(repairs), were_in(plan), rollout.document.removals, world, clock()
    )
    try:
        wanted = replace(plan, drift=() if held else repairs)
        await _make_good(stored, wanted, snapshot, world, clock)
        await keep_taken_out(look, wanted, world)
    except LedgerConflict:
        # An operator was first; the next tick plans again.
        _log.info("rollout-changed-meanwhile")
        return
    finally:
        await call_off_if_aborted(world, clock())
    repaired = 0 if held else len(repairs)
    problem = f"not repaired: {held}; apply the document again to have it done" if held else ""
    report = replace(_report(plan, clock(), repaired=repaired), problem=problem)
    await world.rollouts.keep_reconciliation(report)
    emit(_drift_found(plan, repaired=repaired, held=len(repairs) - repaired))


async def _only_look(plan: ScopePlan, why: str, world: World, now: datetime) -> None:
    """Keeps what would be done, and that none of it is."""
    would = f"{len(plan.additions):,} people would be put in and {len(plan.removals):,} taken out"
    looked = replace(plan, additions=(), removals=())
    report = replace(_report(looked, now, repaired=0), problem=f"{why}; {would}")
    await world.rollouts.keep_reconciliation(report)
    emit(_drift_found(plan, repaired=0))


def _plan(rollout: Rollout, snapshot: Snapshot, world: World, now: datetime) -> ScopePlan:
    return snapshot.plan(
        rollout, world.tenant_rules, now, through=rollout.started, members=snapshot.members
    )


async def _make_good(
    stored: StoredRollout,
    plan: ScopePlan,
    snapshot: Snapshot,
    world: World,
    clock: Callable[[], datetime],
) -> None:
    policy = snapshot.policy(stored.rollout.document, world.tenant_rules)
    async for gone in _chunks(plan.removals, stored, world):
        await take_out_all(gone, world, clock())
    async for drift in _chunks(plan.drift, stored, world):
        await repair(drift, snapshot, policy, world, clock())
    # The people of a wave that is being expanded are that expansion's.
    additions = () if stored.rollout.phase is Phase.PROGRESSING else plan.additions
    async for wanted in _chunks(additions, stored, world):
        await put_in_all(wanted, snapshot, policy, world, clock())


async def _chunks[T](
    items: Sequence[T], stored: StoredRollout, world: World
) -> AsyncIterator[tuple[T, ...]]:
    """Yields the items in chunks, while nobody changes the rollout that they were planned for."""
    for chunk in batched(items, CHUNK, strict=False):
        current = await world.rollouts.current()
        if current is None or _meaning(current.rollout) != _meaning(stored.rollout):
            raise LedgerConflict("the rollout was changed meanwhile; the next tick plans again")
        if await is_stopped(world):
            raise LedgerConflict("everything that writes was stopped meanwhile")
        yield chunk


def _meaning(rollout: Rollout) -> tuple[object, ...]:
    """Returns what a plan depends on; a lease or a look at the gates changes none of it."""
    return (rollout.document.digest, rollout.phase, rollout.started, rollout.rolled_back)


def _drift_found(plan: ScopePlan, *, repaired: int, held: int = 0) -> Iterator[DriftFound]:
    if plan.drift:
        ways = Counter(one.reason for one in plan.drift)
        yield DriftFound(
            added_by_hand=ways[Reason.ADDED_BY_HAND],
            removed_by_hand=ways[Reason.REMOVED_BY_HAND],
            repaired=repaired,
            held=held,
        )


async def _say_unsafe(
    stored: StoredRollout, problem: str, plan: ScopePlan | None, world: World, now: datetime
) -> None:
    await _keep_problem(problem, plan, world, now)
    emit([PlanUnsafe(problem=plain_text(problem))])
    await halt(stored, PauseReason.UNSAFE_PLAN, problem, world, now)


async def _keep_problem(problem: str, plan: ScopePlan | None, world: World, now: datetime) -> None:
    report = replace(_report(plan, now, repaired=0), problem=problem)
    await world.rollouts.keep_reconciliation(report)


def _report(plan: ScopePlan | None, now: datetime, *, repaired: int) -> Reconciliation:
    def named(reason: Reason) -> list[str]:
        drift = plan.drift if plan else ()
        return [one.object_id for one in drift if one.reason is reason][:MOST_NAMED]

    return Reconciliation(
        at=now,
        listed=plan.listed if plan else 0,
        eligible=plan.eligible if plan else 0,
        kept=plan.kept if plan else 0,
        added=len(plan.additions) if plan else 0,
        removed=len(plan.removals) if plan else 0,
        removed_by_hand=named(Reason.REMOVED_BY_HAND),
        added_by_hand=named(Reason.ADDED_BY_HAND),
        repaired=repaired,
        skips=Counter(one.reason for one in plan.skips) if plan else {},
    )
