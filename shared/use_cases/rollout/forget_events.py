"""Forget events: show what becomes of whom, and undo what the events did, once that was seen."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from itertools import batched
from typing import Any

from shared.contracts.api.counts import CountView
from shared.contracts.api.forget_views import ForgetView
from shared.contracts.api.operation_orders import ForgetOrder
from shared.domain.errors import WorldChanged
from shared.domain.person.enrolment import Enrolment
from shared.domain.plan.forgetting import ForgetOutcome, Forgetting, Forgotten
from shared.domain.signals import EventsForgotten
from shared.ports.operations import Operation
from shared.ports.world import World
from shared.use_cases.policy_in_force import policy_in_force
from shared.use_cases.recording import save_people
from shared.use_cases.rollout.carry_out import CHUNK
from shared.use_cases.rollout.chosen_events import Chosen, choose
from shared.use_cases.rollout.look_up import Candidates, LookUp
from shared.use_cases.signalling import emit
from shared.use_cases.write_control import is_stopped
from shared.use_cases.write_pace import allow

MOST_NAMED = 200
"""Keys shown of those who would be moved, and of what nothing is known of."""
_IN = frozenset({ForgetOutcome.PUT_IN, ForgetOutcome.WAITS})
_MOVED = _IN | {ForgetOutcome.TAKEN_OUT}


async def forget_events(
    order: ForgetOrder, operation: Operation, world: World, now: datetime
) -> ForgetView:
    """Shows what becomes of whom or, with the fingerprint of what was shown, undoes the events.

    Raises:
        WorldChanged: something else would be done than was shown.
        DirectoryUnavailable, LedgerConflict: try again.
        UnsafePlan: a group that matters is not there.
    """
    chosen = await choose(order, world, operation.requested_at)
    undoing = _Undoing(order, chosen, await _rules(world, now), world, now)
    await undoing.prepare()
    # Delivered again after a crash it goes on: what it did so far would look like change.
    begun = operation.result if isinstance(operation.result, ForgetView) else None
    view = begun or await undoing.look()
    if order.plan is None:
        return view
    if begun is None:
        if not view.events:
            return view.model_copy(update={"done": True})
        _check(order, view)
        # Before it has begun: whoever goes on after a crash does not look here again.
        await _allow(view, operation, world, now)
        await world.operations.keep(replace(operation, result=view))
    await undoing.carry_out(operation.actor)
    numbers = _numbers(view)
    emit(
        [
            EventsForgotten(
                events=view.events,
                people=view.people,
                put_in=sum(numbers[one] for one in _IN),
                taken_out=numbers[ForgetOutcome.TAKEN_OUT],
            )
        ]
    )
    return view.model_copy(update={"done": True})


async def _rules(world: World, now: datetime) -> Forgetting:
    stored = await world.rollouts.current()
    return Forgetting(stored.rollout if stored else None, await policy_in_force(world), now)


def _check(order: ForgetOrder, view: ForgetView) -> None:
    if order.plan != view.fingerprint:
        raise WorldChanged(
            f"{view.events} events of {view.people} people would be forgotten, with another outcome"
            " than was shown; look again"
        )


async def _allow(view: ForgetView, operation: Operation, world: World, now: datetime) -> None:
    """Notes that these people were shown and are wanted: they are not too many for an hour."""
    numbers = _numbers(view)
    await allow(
        world,
        now,
        additions=sum(numbers[one] for one in _IN),
        removals=numbers[ForgetOutcome.TAKEN_OUT],
        operation=operation.key,
    )


def _numbers(view: ForgetView) -> Counter[str]:
    return Counter({one.reason: one.people for one in view.outcomes})


@dataclass(slots=True)
class _Tally:
    """What was found out so far."""

    events: int = 0
    older: int = 0
    outcomes: Counter[ForgetOutcome] = field(default_factory=Counter)
    moved: list[str] = field(default_factory=list)
    digest: Any = field(default_factory=sha256)

    def count(self, key: str, forgotten: Forgotten) -> None:
        """Counts somebody whose events are forgotten."""
        self.events += len(forgotten.events)
        self.older += forgotten.older
        self.outcomes[forgotten.outcome] += 1
        if forgotten.outcome in _MOVED and len(self.moved) < MOST_NAMED:
            self.moved.append(key)
        events = sorted(one.key for one in forgotten.events)
        self.digest.update("\0".join((key, forgotten.outcome, *events, "")).encode())


class _Undoing:
    """Events that are to be forgotten, and the people whom they are about."""

    def __init__(
        self, order: ForgetOrder, chosen: Chosen, rules: Forgetting, world: World, now: datetime
    ) -> None:
        self._order = order
        self._chosen = chosen
        self._rules = rules
        self._world = world
        self._now = now
        self._look_up = LookUp(world)

    async def prepare(self) -> None:
        """Reads the whole directory where so many people are meant that this is quicker."""
        await self._look_up.prepare(self._chosen.people)

    async def look(self) -> ForgetView:
        """Returns what becomes of whom; the same for the same people in the same places."""
        tally = _Tally()
        for keys in batched(sorted(self._chosen.people), CHUNK, strict=False):
            known = await self._world.ledger.load(keys)
            candidates = await self._look_up.candidates(keys)
            for key in keys:
                if current := known.get(key):
                    found = self._rules.forget(
                        current, self._chosen.of(key), candidates.get(key), why=self._order.reason
                    )
                    if found.events:
                        tally.count(key, found)
        return await self._view(tally)

    async def _view(self, tally: _Tally) -> ForgetView:
        return ForgetView(
            fingerprint=tally.digest.hexdigest(),
            events=tally.events,
            people=tally.outcomes.total(),
            outcomes=tuple(
                CountView(reason=one, text=one.text, people=tally.outcomes[one])
                for one in ForgetOutcome
                if tally.outcomes[one]
            ),
            moved=tuple(tally.moved),
            older=tally.older,
            held=self._chosen.held,
            unknown=tuple(self._chosen.unknown[:MOST_NAMED]),
            writing_stopped=await is_stopped(self._world),
            done=False,
        )

    async def carry_out(self, actor: str) -> None:
        """Forgets the events, 500 people at a time; whoever has moved on is decided about anew."""
        for keys in batched(sorted(self._chosen.people), CHUNK, strict=False):
            candidates = await self._look_up.candidates(keys)
            undone: dict[str, Sequence[str]] = {}

            def decide(
                key: str,
                current: Enrolment | None,
                candidates: Candidates = candidates,
                undone: dict[str, Sequence[str]] = undone,
            ) -> Enrolment | None:
                undone.pop(key, None)
                if current is None:
                    return None
                found = self._rules.forget(
                    current, self._chosen.of(key), candidates.get(key), why=self._order.reason
                )
                if not found.events:
                    return current
                undone[key] = [one.key for one in found.events]
                return found.enrolment

            await save_people(self._world, keys, decide, actor=actor, now=self._now)
            await self._record(undone, actor)

    async def _record(self, undone: dict[str, Sequence[str]], actor: str) -> None:
        changes = [
            {"action": "forget-event", "key": event, "reason": self._order.reason, "detail": person}
            for person, events in undone.items()
            for event in events
        ]
        if changes:
            await self._world.audit.append({"changes": changes}, actor=actor, now=self._now)
