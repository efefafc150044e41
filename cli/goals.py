"""What is waited for: a state of people, or a phase or wave of the rollout.

Which states count as reached, and which end a way, the views say.
"""

from collections.abc import Callable, Collection, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from cli.exits import Failure, Status
from shared.contracts.api.words import PersonState, RolloutPhase, WaveState

if TYPE_CHECKING:
    from shared.contracts.api.people_views import PersonView
    from shared.contracts.api.rollout_views import RolloutView


class WaveGoal(StrEnum):
    """How far a wave may have to be."""

    PROGRESSING = WaveState.PROGRESSING
    SOAKING = WaveState.SOAKING
    DONE = WaveState.DONE


def of_people(goal: PersonState | None) -> "Callable[[Sequence[PersonView]], Status | None]":
    """Judges whether everybody is at the goal or beyond it.

    Without a goal any end will do. With one, an end that a person comes to meanwhile is an end as
    well; an end from before is not, for an event may be on its way to change it.
    """
    before: Sequence[PersonView] | None = None

    def judge(people: "Sequence[PersonView]") -> Status | None:
        nonlocal before
        before = people if before is None else before
        if people and all(reached(one, goal) for one in people):
            return Status.OK
        if people and all(reached(one, goal) or _ended(one, before) for one in people):
            return Status.NOT_FOUND
        return None

    return judge


def reached(person: "PersonView", goal: PersonState | None) -> bool:
    """Tells whether the person is at the goal or beyond it; without a goal, at any end."""
    return person.final if goal is None else goal in person.reached


def of_phase(goals: Collection[RolloutPhase]) -> "Callable[[RolloutView], Status | None]":
    """Judges whether the rollout is in one of these phases, or rests in another."""

    def judge(rollout: "RolloutView") -> Status | None:
        return Status.OK if rollout.phase in goals else _at_rest(rollout)

    return judge


def of_wave(name: str, goal: WaveGoal) -> "Callable[[RolloutView], Status | None]":
    """Judges whether that wave is in that state or a later one, or the rollout rests before."""

    def judge(rollout: "RolloutView") -> Status | None:
        waves = {wave.name: wave for wave in rollout.waves}
        if name not in waves:
            text = f"there is no wave {name!r}; there are {', '.join(waves)}"
            raise Failure(Status.NOT_FOUND, text)
        return Status.OK if goal in waves[name].reached else _at_rest(rollout)

    return judge


def _at_rest(rollout: "RolloutView") -> Status | None:
    """Returns NOT_FOUND where nothing moves before an operator says so, else None."""
    return None if rollout.active else Status.NOT_FOUND


def _ended(person: "PersonView", before: "Sequence[PersonView]") -> bool:
    known = {(one.key, one.state, one.since) for one in before}
    return person.final and (person.key, person.state, person.since) not in known
