"""Carry out: parts of a scope plan, a chunk of people at a time, each decided on anew."""

from collections.abc import Sequence
from datetime import datetime

from shared.domain.person.enrolment import Cause, CauseKind, Claim, Enrolment, State
from shared.domain.person.event_history import with_leaving
from shared.domain.person.membership import put_back, put_in, take, take_stranger
from shared.domain.person.policy import Policy
from shared.domain.person.reasons import UNWANTED, Reason
from shared.domain.plan.scope_plan import Addition, Drift, Removal
from shared.ports.world import World
from shared.use_cases.recording import nobody, save_people
from shared.use_cases.rollout.take_snapshot import Snapshot

ACTOR = "clock"
CHUNK = 500
"""People of one step: an operator's word is heeded between two steps."""
_SAID = {CauseKind.EVENT, CauseKind.OVERRIDE}


async def put_in_all(
    additions: Sequence[Addition], snapshot: Snapshot, policy: Policy, world: World, now: datetime
) -> None:
    """Puts these people in; whoever has been excluded meanwhile stays out."""
    wanted = {one.object_id: one for one in additions}

    def decide(key: str, current: Enrolment | None) -> Enrolment | None:
        known = with_leaving(current, now) if current else None
        if known and known.is_kept_out(now):
            return known
        claim = _claim(wanted[key], known)
        candidate, until = snapshot.candidates[key], claim.until
        return put_in(candidate, claim.cause, known, policy, now, until=until, is_repeated=True)

    await save_people(world, wanted, decide, actor=ACTOR, now=now)


async def claim_all(wanted: Sequence[Addition], world: World, now: datetime) -> None:
    """Notes what wants these people, who are still on the way out: as its own they are counted."""
    additions = {one.object_id: one for one in wanted}

    def decide(key: str, current: Enrolment | None) -> Enrolment | None:
        if current is None or current.state is not State.WITHDRAWING:
            return current
        known = with_leaving(current, now)
        return known if known.is_kept_out(now) else known.with_claim(_claim(additions[key], known))

    await save_people(world, additions, decide, actor=ACTOR, now=now, queue=nobody)


def _claim(wanted: Addition, current: Enrolment | None) -> Claim:
    """Returns what wants the person in: as it was said, with its end, if it was said before."""
    known = current.claim(wanted.kind) if current else None
    if known and known.cause.reference == wanted.reference:
        return known
    return Claim(Cause(wanted.kind, wanted.reference, ACTOR))


async def take_out_all(removals: Sequence[Removal], world: World, now: datetime) -> None:
    """Takes these people out; whoever has been asked for meanwhile stays in."""
    reasons = {one.object_id: one.reason for one in removals}

    def decide(key: str, current: Enrolment | None) -> Enrolment | None:
        if current is None:
            return None
        said = any(one.cause.kind in _SAID and not one.is_over(now) for one in current.claims)
        if said and reasons[key] in UNWANTED:
            return current
        return take(current, reasons[key], now)

    await save_people(world, reasons, decide, actor=ACTOR, now=now)


async def repair(
    drift: Sequence[Drift], snapshot: Snapshot, policy: Policy, world: World, now: datetime
) -> None:
    """Writes again what others took out, and takes out whom others put in."""
    reasons = {one.object_id: one.reason for one in drift}

    def decide(key: str, current: Enrolment | None) -> Enrolment | None:
        person = snapshot.candidates[key].person
        if reasons[key] is not Reason.ADDED_BY_HAND:
            return put_back(person, current, policy, now) if current else None
        return take_stranger(person, current, policy, now, actor=ACTOR)

    await save_people(world, reasons, decide, actor=ACTOR, now=now)
