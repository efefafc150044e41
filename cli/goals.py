"""What is waited for: a state of people, or a phase or wave of the rollout."""

from collections.abc import Callable, Collection, Sequence
from enum import StrEnum
from typing import Any

from cli.exits import Failure, Status
from shared.domain.person.enrolment import State
from shared.domain.rollout.state import ACTIVE, Phase

_WAYS = (
    (
        State.REQUESTED,
        State.WAITING,
        State.APPLIED,
        State.VISIBLE,
        State.EFFECTIVE,
        State.REGISTERED,
    ),
    (State.WITHDRAWING, State.WITHDRAWN),
)
_ENDS = frozenset({State.REGISTERED, State.FAILED, State.EXCLUDED, State.WITHDRAWN})

type People = Sequence[dict[str, Any]]
type Rollout = dict[str, Any]


class WaveState(StrEnum):
    """How far a wave may have to be."""

    PROGRESSING = "progressing"
    SOAKING = "soaking"
    DONE = "done"


def of_people(goal: State | None) -> Callable[[People], Status | None]:
    """Judges whether everybody is at the goal or beyond it.

    Without a goal any end will do. With one, an end that a person comes to meanwhile is an end as
    well; an end from before is not, for an event may be on its way to change it.
    """
    before: People | None = None

    def judge(people: People) -> Status | None:
        nonlocal before
        before = people if before is None else before
        if people and all(reached(one, goal) for one in people):
            return Status.OK
        if people and all(reached(one, goal) or _ended(one, before) for one in people):
            return Status.NOT_FOUND
        return None

    return judge


def reached(person: dict[str, Any], goal: State | None) -> bool:
    """Whether the person is at the goal or beyond it; without a goal, at any end."""
    state = person["state"]
    if goal is None:
        return state in _ENDS
    way = next((way for way in _WAYS if goal in way), (goal,))
    return state in way[way.index(goal) :]


def of_phase(goals: Collection[Phase]) -> Callable[[Rollout], Status | None]:
    """Judges whether the rollout is in one of these phases, or rests in another."""

    def judge(rollout: Rollout) -> Status | None:
        return Status.OK if rollout["phase"] in goals else _at_rest(rollout)

    return judge


def of_wave(name: str, goal: WaveState) -> Callable[[Rollout], Status | None]:
    """Judges whether that wave is in that state or a later one, or the rollout rests before."""
    later = list(WaveState)[list(WaveState).index(goal) :]

    def judge(rollout: Rollout) -> Status | None:
        states = {wave["name"]: wave["state"] for wave in rollout["waves"]}
        if name not in states:
            text = f"there is no wave {name!r}; there are {', '.join(states)}"
            raise Failure(Status.NOT_FOUND, text)
        return Status.OK if states[name] in later else _at_rest(rollout)

    return judge


def _at_rest(rollout: Rollout) -> Status | None:
    """Nothing moves before an operator says so."""
    return None if rollout["phase"] in ACTIVE else Status.NOT_FOUND


def _ended(person: dict[str, Any], before: People) -> bool:
    known = {(one["key"], one["state"], one["since"]) for one in before}
    is_new = (person["key"], person["state"], person["since"]) not in known
    return person["state"] in _ENDS and is_new
