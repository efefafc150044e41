"""Watching people on their way until they are where they should be, or somewhere for good."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from cli.exits import Status
from shared.domain.enrolment import State

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


@dataclass(frozen=True, slots=True)
class Watched:
    """The last look, and how the watch ended."""

    people: People
    status: Status


def watch(
    look: Callable[[], People],
    show: Callable[[People], None],
    *,
    goal: State | None,
    timeout: float,
    interval: float = 1.0,
) -> Watched:
    """Look again every `interval` seconds, for at most `timeout` seconds.

    Without a goal any end will do. With one, an end that a person comes to meanwhile stops the
    watch as well; an end from before does not, for an event may be on its way to change it.
    """
    deadline = time.monotonic() + timeout
    people = before = look()
    while True:
        show(people)
        if people and all(reached(one, goal) for one in people):
            return Watched(people, Status.OK)
        if people and all(reached(one, goal) or _ended(one, before) for one in people):
            return Watched(people, Status.NOT_FOUND)
        left = deadline - time.monotonic()
        if left <= 0:
            return Watched(people, Status.TIMEOUT)
        time.sleep(min(interval, left))
        people = look()


def reached(person: dict[str, Any], goal: State | None) -> bool:
    """Whether the person is at the goal or beyond it; without a goal, at any end."""
    state = person["state"]
    if goal is None:
        return state in _ENDS
    way = next((way for way in _WAYS if goal in way), (goal,))
    return state in way[way.index(goal) :]


def _ended(person: dict[str, Any], before: People) -> bool:
    known = {(one["key"], one["state"], one["since"]) for one in before}
    is_new = (person["key"], person["state"], person["since"]) not in known
    return person["state"] in _ENDS and is_new
