"""Reconcile: everybody wanted against everybody in, and the difference made good."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import batched

import structlog

from shared.domain.errors import LedgerConflict, NotThere, UnsafePlan
from shared.domain.person.reasons import Reason
from shared.domain.plan.scope_plan import Drift, ScopePlan, repairs_of, unsafe, were_in
from shared.domain.rollout.hour import mark_of_repair
from shared.domain.rollout.scope_groups import ScopeFault
from shared.domain.rollout.scope_move import MoveLook
from shared.domain.rollout.state import PUTS_IN, PauseReason, Phase, Rollout
from shared.domain.signals import DriftFound, PlanUnsafe, plain_text
from shared.ports.rollouts import Reconciliation, StoredRollout
from shared.ports.world import World
from shared.use_cases.ledger_age import why_older
from shared.use_cases.rollout.call_off import call_off_if_aborted
from shared.use_cases.rollout.carry_on_move import keep_taken_out, look_at_move
from shared.use_cases.rollout.carry_out import ACTOR, CHUNK, put_in_all, repair, take_out_all
from shared.use_cases.rollout.doubt_scope import found_right, looked_at
from shared.use_cases.rollout.halt import halt
from shared.use_cases.rollout.remember_members import remember_members
from shared.use_cases.rollout.take_back import take_back_if_rolled_back
from shared.use_cases.rollout.take_out_due import take_out_due
from shared.use_cases.rollout.take_snapshot import Snapshot, take_snapshot
from shared.use_cases.rollout.tell_converted import tell_converted
from shared.use_cases.rollout.watch_scope import find_scope_fault
from shared.use_cases.signalling import emit
from shared.use_cases.views.rollout_status import status_of
from shared.use_cases.write_control import is_refilled, is_stopped, stopped
from shared.use_cases.write_pace import count_repairs, too_many_repairs
from shared.use_cases.writing_word import end_refill

_log = structlog.get_logger(__name__)

MOST_NAMED = 100
"""Object ids kept of those whom somebody else put in or took out."""
_SECOND_LOOK = "one answer may be wrong, so the rollout pauses if a second check says the same"


async def reconcile(world: World, clock: Callable[[], datetime]) -> None:
    """Looks once at everybody and makes good what differs from the rollout.

    A plan that would touch too many people is not carried out, but pauses the rollout. So do people
    whose source of authority has changed. So does, once a second look says the same, what every
    plan needs and is not there, and an AD group whose twin in Entra is not what it has to be. While
    everything that writes is stopped it is only looked. Before the first rollout those go out whom
    nothing that was said holds in any more.

    Raises:
        DirectoryUnavailable: the next tick tries again.
    """
    stored = await world.rollouts.current()
    emit([await status_of(stored, world)])
    if stored is None:
        await take_out_due(world, clock())
        return
    rollout = stored.rollout
    await _heed_word(world, clock)
    fault = await find_scope_fault(world)
    if fault:
        # What would be written now would not count.
        await _say_missing(stored, fault, world, clock())
        return
    try:
        begun_at, before = clock(), await world.ledger.totals()
        refills = await is_refilled(world)
        snapshot = await take_snapshot(world, rollout.document)
    except NotThere as error:
        missing = ScopeFault(PauseReason.UNSAFE_PLAN, str(error))
        await _say_missing(stored, missing, world, clock())
        return
    await found_right(world, clock())
    try:
        plan = _plan(rollout, snapshot, world, clock(), refills=refills)
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
    refilled_at = begun_at if refills else None
    await _carry_out(stored, plan, snapshot, world, clock, look=look, refilled_at=refilled_at)


async def _carry_out(
    stored: StoredRollout,
    plan: ScopePlan,
    snapshot: Snapshot,
    world: World,
    clock: Callable[[], datetime],
    *,
    look: MoveLook | None,
    refilled_at: datetime | None,
) -> None:
    """Makes good what the plan says, repairs within their own limit, and keeps what was done.

    Args:
        stored: The rollout that it was planned for.
        plan: What is to be done.
        snapshot: What it was made from.
        world: Where.
        clock: Tells the time.
        look: What was seen for the move of SSPR's scope; None where none is under way.
        refilled_at: When the look began that found who is owed a membership because the group is
            another one; None where it is not.
    """
    rollout = stored.rollout
    repairs = repairs_of(plan, rollout.document)
    held = await too_many_repairs(
        _marks(repairs, snapshot), were_in(plan), rollout.document.removals, world, clock()
    )
    try:
        wanted = replace(plan, drift=() if held else repairs)
        await _make_good(stored, wanted, snapshot, world, clock)
        await keep_taken_out(look, wanted, world)
        if refilled_at and rollout.members_remembered and not held:
            await end_refill(refilled_at, world, clock())
    except LedgerConflict:
        # An operator was first; the next tick plans again.
        _log.info("rollout-changed-meanwhile")
        return
    finally:
        await _heed_word(world, clock)
    repaired = 0 if held else len(repairs)
    problem = f"not repaired: {held}; apply the document again to have it done" if held else ""
    report = replace(_report(plan, clock(), repaired=repaired), problem=problem)
    await world.rollouts.keep_reconciliation(report)
    emit(_drift_found(plan, repaired=repaired, held=len(repairs) - repaired))


async def _heed_word(world: World, clock: Callable[[], datetime]) -> None:
    """Undoes what was asked for by a rollout that is aborted, or by a wave that is rolled back."""
    await call_off_if_aborted(world, clock())
    await take_back_if_rolled_back(world, clock())


async def _only_look(plan: ScopePlan, why: str, world: World, now: datetime) -> None:
    """Keeps what would be done, and that none of it is."""
    would = f"{len(plan.additions):,} people would be put in and {len(plan.removals):,} taken out"
    looked = replace(plan, additions=(), removals=())
    report = replace(_report(looked, now, repaired=0), problem=f"{why}; {would}")
    await world.rollouts.keep_reconciliation(report)
    emit(_drift_found(plan, repaired=0))


def _plan(
    rollout: Rollout, snapshot: Snapshot, world: World, now: datetime, *, refills: bool
) -> ScopePlan:
    return snapshot.plan(
        rollout,
        world.tenant_rules,
        now,
        through=rollout.started,
        members=snapshot.members if rollout.members_remembered else None,
        refills=refills,
    )


async def _make_good(
    stored: StoredRollout,
    plan: ScopePlan,
    snapshot: Snapshot,
    world: World,
    clock: Callable[[], datetime],
) -> None:
    if not stored.rollout.members_remembered:
        # Whoever applied the first document has not come to the end of it.
        await remember_members(snapshot, world, clock(), actor=ACTOR)
    policy = snapshot.policy(stored.rollout.document, world.tenant_rules)
    async for gone in _chunks(plan.removals, stored, world):
        await take_out_all(gone, world, clock())
    async for drift in _chunks(plan.drift, stored, world):
        # Not all of them ahead: what a stop or a word in between holds up has used up nothing.
        await count_repairs(_marks(drift, snapshot), world, clock())
        await repair(drift, snapshot, policy, world, clock())
    # The people of a wave that is being expanded are that expansion's.
    additions = () if stored.rollout.phase is Phase.PROGRESSING else plan.additions
    async for wanted in _chunks(additions, stored, world):
        await put_in_all(wanted, snapshot, policy, world, clock())


def _marks(drift: Sequence[Drift], snapshot: Snapshot) -> list[str]:
    known = ((one, snapshot.summaries.get(one.object_id)) for one in drift)
    return [
        mark_of_repair(one.object_id, one.reason, person.since if person else None)
        for one, person in known
    ]


async def _chunks[T](
    items: Sequence[T], stored: StoredRollout, world: World
) -> AsyncIterator[tuple[T, ...]]:
    """Yields the items in chunks, while nobody changes the rollout that they were planned for."""
    for chunk in batched(items, CHUNK, strict=False):
        current = await world.rollouts.current()
        if current is None or current.rollout.basis != stored.rollout.basis:
            raise LedgerConflict("the rollout was changed meanwhile; the next tick plans again")
        if await is_stopped(world):
            raise LedgerConflict("everything that writes was stopped meanwhile")
        yield chunk


def _drift_found(plan: ScopePlan, *, repaired: int, held: int = 0) -> Iterator[DriftFound]:
    if plan.drift:
        ways = Counter(one.reason for one in plan.drift)
        yield DriftFound(
            added_by_hand=ways[Reason.ADDED_BY_HAND],
            removed_by_hand=ways[Reason.REMOVED_BY_HAND],
            repaired=repaired,
            held=held,
            no_longer_members=ways[Reason.NO_LONGER_MEMBER],
            former_group=ways[Reason.FORMER_GROUP],
        )


async def _say_missing(
    stored: StoredRollout, fault: ScopeFault, world: World, now: datetime
) -> None:
    """Touches nobody, and pauses the rollout where the look before has missed the same."""
    async with looked_at(fault, world, now) as sure:
        if sure is None:
            await _keep_problem(f"{fault}; {_SECOND_LOOK}", None, world, now)
        elif sure.is_of_twin:
            # Told by the clock's own look.
            await _keep_problem(str(sure), None, world, now)
            await halt(stored, sure.reason, sure.detail, world, now)
        else:
            await _say_unsafe(stored, sure.detail, None, world, now)


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
        no_longer_members=named(Reason.NO_LONGER_MEMBER),
        former_group=named(Reason.FORMER_GROUP),
        repaired=repaired,
        skips=Counter(one.reason for one in plan.skips) if plan else {},
    )
