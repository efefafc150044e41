"""Recover: a ledger that is older than the world, held against it, and taken up as the world is.

Whoever the ledger has in scope, or on the way there, and who is in no group is kept out until an
operator releases them: a leaver whose account is still enabled looks the same as somebody whom a
hand took out. Who was asked for since the mark is no such person: nothing has been lost of them,
and they are put in afterwards. Whoever is in and not known of is remembered as there before, and so
is never taken out. Nobody is put in or taken out by it.

What operators said of the rollout since the copy is lost as well: one that puts people in is
paused, and a stop that was said meanwhile goes on.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import batched
from typing import TypeGuard

from shared.contracts.api.counts import CountView
from shared.contracts.api.operation_orders import RecoverOrder
from shared.contracts.api.plan_views import RecoveryView
from shared.domain.errors import LedgerConflict, NotPossible, WorldChanged
from shared.domain.person.enrolment import Enrolment, Exclusion, Provenance, State
from shared.domain.person.membership import found, found_again
from shared.domain.person.overrides import keep_out
from shared.domain.person.people import Person, UserRef, is_object_id
from shared.domain.person.reasons import Reason
from shared.domain.person.summary import EnrolmentSummary
from shared.domain.plan.scope_plan import ScopePlan
from shared.domain.rollout import writing as words
from shared.domain.rollout.state import PUTS_IN, PauseReason, Phase, pause
from shared.domain.rollout.writing import Said, StopReason, Writing
from shared.ports.operations import Operation
from shared.ports.world import World
from shared.ports.write_control import StoredWriting
from shared.use_cases.ledger_age import accept
from shared.use_cases.policy_in_force import policy_in_force
from shared.use_cases.recording import nobody, save_people, save_rollout
from shared.use_cases.rollout.carry_out import CHUNK
from shared.use_cases.rollout.look_up import Candidates, LookUp
from shared.use_cases.rollout.take_snapshot import take_snapshot
from shared.use_cases.views.describe_writing import other_stop_view
from shared.use_cases.writing_word import change_writing

MOST_NAMED = 200
"""Object ids shown of either kind."""
_TEXT = "out of the group when the ledger was older than the world"


@dataclass(frozen=True, slots=True)
class _Difference:
    """What ledger and world do not agree about, in the order of the object ids."""

    until: datetime | None
    """When the ledger last recorded what it may have lost."""
    gone: tuple[str, ...]
    """In scope or on the way there by the ledger, and in no group."""
    asked: int
    """Asked for since the mark, and in no group yet; they are put in afterwards."""
    unknown: tuple[str, ...]
    """In the group, and out of scope by the ledger or nobody it knows."""
    waiting: int
    """Who is not in Entra yet, or whose time has not come; they are put in when it has."""
    leaving: int
    """On the way out, and still in; their removal goes on."""


async def recover(
    order: RecoverOrder, operation: Operation, world: World, now: datetime
) -> RecoveryView:
    """Shows what differs or, with the fingerprint of what was shown, takes the world as it is.

    Raises:
        NotPossible: the ledger is not older than the world.
        WorldChanged: something else differs than was shown.
        DirectoryUnavailable, LedgerConflict, ServiceUnavailable: to be tried again.
    """
    # Delivered again after a crash it goes on: what it did so far would look like change.
    begun = _begun(operation, order)
    stored = await world.write_control.current()
    if not _is_older(stored):
        if begun:
            # It had come to its end, and only its answer was lost.
            return begun.model_copy(update={"done": True})
        raise NotPossible("the ledger is not older than the world; there is nothing to recover")
    until = begun.recorded_until if begun else await _recorded_until(world)
    view, difference = await _look(stored, until, world, now)
    if order.plan is None:
        return view
    if begun:
        view = begun
    elif order.plan != view.fingerprint:
        raise WorldChanged("something else differs now than was shown; look again")
    else:
        await world.operations.keep(replace(operation, result=view))
    await _keep_out(difference.gone, order, operation, world, now)
    await _remember(difference.unknown, world, now, actor=operation.actor)
    await _go_on(order, operation, world, now)
    return view.model_copy(update={"done": True})


def _is_older(stored: StoredWriting | None) -> TypeGuard[StoredWriting]:
    return stored is not None and stored.writing.stop is StopReason.LEDGER_OLDER


def _begun(operation: Operation, order: RecoverOrder) -> RecoveryView | None:
    """Returns what was confirmed, where a delivery of before has begun to do it."""
    result = operation.result
    if isinstance(result, RecoveryView) and result.fingerprint == order.plan:
        return result
    return None


async def _recorded_until(world: World) -> datetime | None:
    """Returns when the ledger last recorded what it may have lost; None where nobody knows."""
    mark = await world.audit_mark.read()
    return mark.at if mark else None


async def _look(
    stored: StoredWriting, until: datetime | None, world: World, now: datetime
) -> tuple[RecoveryView, _Difference]:
    rollout = await world.rollouts.current()
    plan: ScopePlan | None = None
    if rollout:
        snapshot = await take_snapshot(world, rollout.rollout.document)
        members, summaries = snapshot.members, list(snapshot.summaries.values())
        started = rollout.rollout.started
        plan = snapshot.plan(rollout.rollout, world.tenant_rules, now, through=started)
    else:
        members = await world.directory.scope_member_ids()
        summaries = [one async for page in world.ledger.summaries() for one in page]
    difference = _difference(members, summaries, until)
    phase = rollout.rollout.phase if rollout else None
    return _view(stored, phase, plan, members, difference), difference


def _difference(
    members: frozenset[str], summaries: Sequence[EnrolmentSummary], until: datetime | None
) -> _Difference:
    known = {one.key: one for one in summaries}
    coming = [one for one in summaries if one.state.is_coming and is_object_id(one.key)]
    waiting = sum(one.state is State.WAITING for one in summaries)
    out = [one for one in coming if one.key not in members and one.state is not State.WAITING]
    gone = [one.key for one in out if not _is_asked_since(one, until)]
    unknown = [one for one in members if not _is_known(known.get(one))]
    leaving = [one for one in summaries if one.state is State.WITHDRAWING and one.key in members]
    return _Difference(
        until=until,
        gone=tuple(sorted(gone)),
        asked=len(out) - len(gone),
        unknown=tuple(sorted(unknown)),
        waiting=waiting,
        leaving=len(leaving),
    )


def _is_asked_since(summary: EnrolmentSummary, until: datetime | None) -> bool:
    """Tells whether somebody was asked for when everything was stopped already, or had to be."""
    return until is not None and summary.state is State.REQUESTED and summary.since > until


def _is_known(summary: EnrolmentSummary | None) -> bool:
    if summary is None:
        return False
    is_expected = summary.state.is_coming or summary.state is State.WITHDRAWING
    return is_expected or summary.provenance is Provenance.PREEXISTING


def _view(
    stored: StoredWriting,
    phase: Phase | None,
    plan: ScopePlan | None,
    members: frozenset[str],
    difference: _Difference,
) -> RecoveryView:
    gone, unknown = difference.gone, difference.unknown
    additions = [one for one in plan.additions if one.object_id not in unknown] if plan else []
    meaning = [
        stored.writing.since.isoformat(),
        *gone,
        "",
        *unknown,
        "",
        plan.fingerprint if plan else "",
    ]
    removals = Counter(one.reason for one in plan.removals) if plan else Counter[Reason]()
    return RecoveryView(
        fingerprint=hashlib.sha256("\n".join(meaning).encode()).hexdigest(),
        problem=stored.writing.reason,
        members=len(members),
        gone=len(gone),
        gone_people=gone[:MOST_NAMED],
        unknown=len(unknown),
        unknown_people=unknown[:MOST_NAMED],
        asked=difference.asked,
        recorded_until=difference.until,
        waiting=difference.waiting,
        leaving=difference.leaving,
        additions=len(additions),
        removals=tuple(
            CountView(reason=reason, text=reason.text, people=count)
            for reason, count in sorted(removals.items())
        ),
        has_rollout=plan is not None,
        phase=phase,
        also=other_stop_view(stored.writing),
        done=False,
    )


async def _keep_out(
    gone: Sequence[str], order: RecoverOrder, operation: Operation, world: World, now: datetime
) -> None:
    policy = await policy_in_force(world)
    text = f"{_TEXT}: {order.reason}"
    exclusion = Exclusion(Reason.EXCLUDED_BY_OPERATOR, operation.actor, text)

    def decide(_: str, current: Enrolment | None) -> Enrolment | None:
        if current is None or current.is_kept_out(now):
            return current
        return keep_out(Person(ref=current.user), current, exclusion, policy, now)

    for keys in batched(gone, CHUNK, strict=False):
        await save_people(world, keys, decide, actor=operation.actor, now=now, queue=nobody)


async def _remember(unknown: Sequence[str], world: World, now: datetime, *, actor: str) -> None:
    """Remembers them by what Entra says of each: by the source of authority above all."""
    look_up = LookUp(world)
    await look_up.prepare(unknown)
    for keys in batched(unknown, CHUNK, strict=False):
        candidates = await look_up.candidates(keys)

        def decide(
            key: str, current: Enrolment | None, candidates: Candidates = candidates
        ) -> Enrolment | None:
            if current is not None:
                return found_again(current, now)
            known = candidates.get(key)
            person = known.person if known else Person(ref=UserRef(object_id=key))
            return found(person, world.tenant_rules, now, actor=actor)

        await save_people(world, keys, decide, actor=actor, now=now, queue=nobody)


async def _go_on(order: RecoverOrder, operation: Operation, world: World, now: datetime) -> None:
    """Moves the mark last but one: a crash before leaves everything stopped."""
    await _pause(order, operation, world, now)
    await accept(world, now)
    said = Said(operation.actor, order.reason)

    def go_on(current: Writing | None) -> Writing:
        if current is None:
            raise LedgerConflict("the word on writing was lost meanwhile")
        return words.recovered(current, now, actor=said.actor, reason=said.reason)

    await change_writing(world, go_on, action="recover", now=now, said=said)
    world.ledger_check.has_passed = False


async def _pause(order: RecoverOrder, operation: Operation, world: World, now: datetime) -> None:
    """Pauses a rollout that would put people in: nobody knows whether that is still wanted."""
    stored = await world.rollouts.current()
    if stored is None or stored.rollout.phase not in PUTS_IN:
        return
    why = PauseReason.LEDGER_RECOVERED
    paused = pause(stored.rollout, why, now, actor=operation.actor, detail=order.reason)
    await save_rollout(world, stored, paused, action="pause", now=now)
