"""Roll back: take out exactly what one wave added, unless another cause claims the person."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from shared.contracts.api.counts import CountView
from shared.contracts.api.operation_orders import RollbackOrder
from shared.contracts.api.plan_views import RollbackView
from shared.domain.errors import NotPossible, WorldChanged
from shared.domain.person.enrolment import CauseKind, Enrolment, Provenance
from shared.domain.person.membership import stays
from shared.domain.person.summary import EnrolmentSummary
from shared.domain.rollout import state as rollouts
from shared.domain.signals import WaveRolledBack
from shared.ports.operations import Operation
from shared.ports.rollouts import StoredRollout
from shared.ports.world import World
from shared.use_cases.rollout.change_rollout import change_rollout
from shared.use_cases.rollout.take_back import take_back
from shared.use_cases.signalling import emit

MOST_NAMED = 200
"""Object ids shown of those who would be taken out."""
_TEXTS = {
    CauseKind.EVENT: "An onboarding event claims them too.",
    CauseKind.NEW_HIRE: "The rule for new hires claims them too.",
    CauseKind.OVERRIDE: "An operator included them.",
    CauseKind.FOUND: "They were in the group before the rollout.",
}


async def roll_back(
    order: RollbackOrder, operation: Operation, world: World, now: datetime
) -> RollbackView:
    """Shows who would be taken out or, with the fingerprint of what was shown, takes them out.

    Raises:
        NotPossible: there is no rollout, or no such wave.
        WorldChanged: others would be taken out than were shown.
    """
    wave = order.wave
    begun = operation.result if isinstance(operation.result, RollbackView) else None
    if begun and begun.done:
        # Delivered again after a crash it goes on, unless somebody has resumed the rollout since.
        return await _take_out(begun, operation, world, now)
    stored = await _current(world)
    people = await world.ledger.in_wave(wave)
    is_out = wave in stored.rollout.rolled_back
    if not (begun or is_out):
        _check(wave, people, stored)
    view = _view(wave, people, stored, now)
    if order.plan is None:
        return view
    if is_out:
        return await _take_out(begun or view, operation, world, now)
    if order.plan != view.fingerprint:
        raise WorldChanged(
            f"{view.removals} people would be taken out, not those that were shown; look again"
        )
    # Whom it concerned cannot be seen any more once they are out.
    await world.operations.keep(replace(operation, result=view))
    await _mark(order, world, now, actor=operation.actor)
    # It has been said: whoever goes on after a crash does not say it again.
    said = view.model_copy(update={"done": True})
    await world.operations.keep(replace(operation, result=said))
    return await _take_out(view, operation, world, now)


async def _take_out(
    view: RollbackView, operation: Operation, world: World, now: datetime
) -> RollbackView:
    """Takes out whom the wave claims by now; an expansion may have asked for more until then."""
    await take_back(view.wave, world, now, actor=operation.actor)
    emit([WaveRolledBack(wave=view.wave, people=view.removals)])
    return view.model_copy(update={"done": True})


async def _current(world: World) -> StoredRollout:
    stored = await world.rollouts.current()
    if stored is None:
        raise NotPossible("there is no rollout; nothing can be rolled back")
    return stored


def _check(wave: str, people: Sequence[Enrolment], stored: StoredRollout) -> None:
    """Refuses the name of a wave that no document knows and that claims nobody.

    A wave of an earlier document may still claim people; any other name is a mistake.
    """
    document = stored.rollout.document
    if document.wave(wave) is None and not people:
        known = ", ".join(one.name for one in document.waves)
        raise NotPossible(f"there is no wave {wave!r}; there are {known}")


def _view(
    wave: str, people: Sequence[Enrolment], stored: StoredRollout, now: datetime
) -> RollbackView:
    inside = [one for one in people if EnrolmentSummary.of(one).is_in]
    departing = sorted(one.key for one in inside if _departs(one, now))
    staying = Counter(_held_by(one, now) for one in inside if not _departs(one, now))
    # Whoever is only asked for comes and goes by the minute; they are taken back all the same.
    written = [one.key for one in inside if one.state.is_in_scope and _departs(one, now)]
    meaning = [stored.rollout.document.digest, wave, *sorted(written)]
    return RollbackView(
        wave=wave,
        fingerprint=hashlib.sha256("\n".join(meaning).encode()).hexdigest(),
        removals=len(departing),
        departing=tuple(departing[:MOST_NAMED]),
        stays=tuple(
            CountView(reason=kind, text=_TEXTS[kind], people=count)
            for kind, count in staying.items()
        ),
        done=False,
    )


def _departs(enrolment: Enrolment, now: datetime) -> bool:
    preexisting = enrolment.provenance is Provenance.PREEXISTING
    return not preexisting and not stays(enrolment, now)


def _held_by(enrolment: Enrolment, now: datetime) -> CauseKind:
    kinds = [
        one.cause.kind
        for one in enrolment.claims
        if one.cause.kind is not CauseKind.WAVE and not one.is_over(now)
    ]
    return kinds[0] if kinds else CauseKind.FOUND


async def _mark(order: RollbackOrder, world: World, now: datetime, *, actor: str) -> None:
    await change_rollout(
        world,
        lambda current: rollouts.roll_back(
            current, order.wave, now, actor=actor, reason=order.reason
        ),
        action="rollback",
        now=now,
    )
