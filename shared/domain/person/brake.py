"""The brake: how many people a sender may bring in, or take out, at once; the rest is held.

A report that says of everybody that they join would enrol them past every wave, and one that says
of everybody that they leave would take self-service from all of them. Neither is done unasked.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from shared.domain.person.enrolment import Enrolment, State
from shared.domain.person.request import Action, Request

QUEUE = "queue"
"""The brake of whatever comes from no HR source: the queue, the webhook, `sspr inject`."""
OF_SOURCES = "hr/"
"""What the name of an HR source is told by, where events say whom they come from."""
_ON_THE_WAY_IN = frozenset({State.REQUESTED, State.WAITING})


class Direction(StrEnum):
    """Which of the two counts somebody is in. These words are stored."""

    JOINING = "joining"
    LEAVING = "leaving"

    @property
    def action(self) -> Action:
        """What is asked for those who are counted."""
        return Action.ONBOARD if self is Direction.JOINING else Action.OFFBOARD


@dataclass(frozen=True, slots=True)
class Rate:
    """So many people in such a time; None for as many as there are."""

    people: int | None
    within: timedelta = timedelta(hours=1)

    def __str__(self) -> str:
        if self.people is None:
            return "as many as there are"
        minutes = round(self.within / timedelta(minutes=1))
        time = f"{minutes // 60} h" if minutes % 60 == 0 else f"{minutes} min"
        return f"{self.people} in {time}"


@dataclass(frozen=True, slots=True)
class Brake:
    """How many a sender may bring in and take out; each is counted by itself."""

    joining: Rate
    leaving: Rate

    def rate(self, direction: Direction) -> Rate:
        """Returns the rate of those who join, or of those who leave."""
        return self.joining if direction is Direction.JOINING else self.leaving


_USUAL = Rate(500)


@dataclass(frozen=True, slots=True)
class Brakes:
    """The brakes of a deployment."""

    by_source: Mapping[str, Brake] = field(default_factory=dict)
    others: Brake = Brake(_USUAL, _USUAL)
    """Of whatever comes from no HR source."""

    def name_of(self, request: Request) -> str:
        """Returns by which brake the request is counted."""
        source = request.source or ""
        name = source.removeprefix(OF_SOURCES)
        return name if source.startswith(OF_SOURCES) and name in self.by_source else QUEUE

    def named(self, name: str) -> Brake:
        """Returns the brake of that name."""
        return self.by_source.get(name, self.others)


def moves(
    requests: Sequence[Request],
    current: Enrolment | None,
    decide: Callable[[Request, Enrolment | None], Enrolment],
) -> Iterator[tuple[Direction, Request]]:
    """Yields which of one person's requests, in order, would bring them in or take them out.

    Whoever is on the way in, or has been told to leave, moves no more: a copy is not counted, nor
    is the end of a last day that was told of before.
    """
    was_coming = current is not None and current.state.is_coming
    for request in requests:
        after = decide(request, current)
        is_coming = current is not None and current.state.is_coming
        if not is_coming and after.state in _ON_THE_WAY_IN:
            yield Direction.JOINING, request
        if was_coming and not _is_told_to_leave(current) and _is_told_to_leave(after):
            yield Direction.LEAVING, request
        current = after


def _is_told_to_leave(enrolment: Enrolment | None) -> bool:
    if enrolment is None or enrolment.exclusion is None:
        # Whom an operator has included all the same is told anew.
        return False
    return enrolment.leaving is not None
