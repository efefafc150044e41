"""What can happen to a person, and what it makes of them: one table, and no other way.

Every decision says what has happened and is told here which state follows. What has no row cannot
happen: a decision that says so all the same is a mistake in the program.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.domain.person.enrolment import CauseKind, Enrolment, Provenance, State, Step
from shared.domain.person.happenings import Happening
from shared.domain.person.reasons import Reason

type Guard = Callable[[Enrolment], bool]
type Start = State | None
"""Where somebody is when it happens; None for somebody of whom nothing is remembered."""


def is_ours(current: Enrolment) -> bool:
    """Whether the membership is ours."""
    return current.provenance is Provenance.OURS


def is_somebody_elses(current: Enrolment) -> bool:
    """Whether somebody else has put the person in."""
    return current.provenance is Provenance.PREEXISTING


def is_nobodys_to_tell(current: Enrolment) -> bool:
    """Whether nobody knows whose membership it is, and no command is out that could tell."""
    return current.provenance is Provenance.UNKNOWN and current.command_key is None


def is_not_kept_out(current: Enrolment) -> bool:
    """Whether nobody has said that the person is to be out; only nothing wanted them in."""
    included = current.claim(CauseKind.OVERRIDE) is not None
    return current.exclusion is None and (current.set_aside is None or included)


def never_arrived(current: Enrolment) -> bool:
    """Whether the person is taken out since they never came to be in Entra."""
    return current.reason is Reason.NOT_SYNCED


def is_out_of_sight(current: Enrolment) -> bool:
    """Whether the person is not in Entra, where nobody can look whether they are out."""
    return current.is_provisional


def is_theirs_out_of_sight(current: Enrolment) -> bool:
    """Whether somebody else has put in a person who is not in Entra, where nobody can look."""
    return is_somebody_elses(current) and is_out_of_sight(current)


@dataclass(frozen=True, slots=True)
class Way:
    """One way on from a state: where it leads, and on what condition."""

    leads_to: State | None
    """None where the person stays as they are: it may be noted, and moves nobody."""
    where: Guard | None = None
    """None: in every case that no way before this one is for."""


_STAYS = (Way(None),)
_OUT_OF_SCOPE = (
    Way(None, is_somebody_elses),
    Way(State.WITHDRAWN, is_nobodys_to_tell),
    Way(State.WITHDRAWING),
)
"""Who was there before stays there, and so in the state they are in; whoever may be ours is taken
out, or is once the answer is here."""
_OUT_BY_WORD = (
    Way(State.WITHDRAWN, is_theirs_out_of_sight),
    Way(State.WITHDRAWN, is_nobodys_to_tell),
    Way(State.WITHDRAWING),
)
"""Who is meant to be out is out once Entra no longer shows them, whoever put them in."""
_OUT_FOR_GOOD = (Way(State.WITHDRAWING, is_ours), Way(State.WITHDRAWN))
"""Of those who are not enrolled: a membership of ours may still be there, from before."""
_OUT_STILL = (Way(State.WITHDRAWING, is_ours), Way(None))
"""Who is out or on the way there stays so, and is out once Entra no longer shows them."""
_OUT_AT_LAST = (Way(None, is_ours), Way(State.WITHDRAWN))
"""What is ours is still to be removed; otherwise there is nothing to remove."""

_SCOPE = [state for state in State if state.is_in_scope]
_ENROLLED = [state for state in State if state.is_enrolled]
_OTHERS = [state for state in State if not state.is_enrolled]


def _to(state: State) -> tuple[Way, ...]:
    return (Way(state),)


def _asked(
    new: State, *, kept: Iterable[State] = (State.WITHDRAWING,)
) -> Mapping[Start, tuple[Way, ...]]:
    """Returns the rows of a happening by which somebody is asked for.

    Whoever is enrolled stays so, whatever is found.

    Args:
        new: where it leads whoever is not enrolled.
        kept: the states in which people stay as well: as a rule a removal is still owed.
    """
    return _each([None, *_OTHERS], _to(new)) | _each([*_ENROLLED, *kept], _STAYS)


def _each(starts: Iterable[Start], ways: tuple[Way, ...]) -> dict[Start, tuple[Way, ...]]:
    return dict.fromkeys(starts, ways)


_ROWS: Mapping[Happening, Mapping[Start, tuple[Way, ...]]] = {
    Happening.ASKED_FOR: _asked(State.REQUESTED, kept=()),
    Happening.MEMBER_ALREADY: _asked(State.VISIBLE, kept=()),
    Happening.HIRED_LATER: _asked(State.WAITING),
    Happening.FOUND_NOWHERE: _asked(State.WAITING),
    Happening.UNIDENTIFIED: _asked(State.FAILED),
    Happening.REFUSED: _asked(State.EXCLUDED),
    Happening.KEPT_OUT: _each(State, _STAYS)
    | _each([State.WAITING, State.EXCLUDED, State.FAILED], _to(State.EXCLUDED)),
    Happening.WRITTEN: _each([*_SCOPE, State.WITHDRAWING], _STAYS)
    | _each([State.REQUESTED, State.WAITING], _to(State.APPLIED))
    # A late answer to a request that has been given up: what it wrote is taken back.
    | _each([State.EXCLUDED, State.FAILED, State.WITHDRAWN], _to(State.WITHDRAWING)),
    Happening.WRITTEN_BEFORE: _each(State, _STAYS)
    | _each([State.REQUESTED, State.WAITING], _to(State.APPLIED))
    | _each(
        [State.WITHDRAWING],
        (
            Way(None, is_ours),
            Way(State.WITHDRAWN, is_out_of_sight),
            # They were there before: who is only not wanted any more is in as they were.
            Way(State.APPLIED, is_not_kept_out),
            Way(State.WITHDRAWING),
        ),
    ),
    Happening.ADD_REFUSED_BY_RULE: _each([State.REQUESTED], _to(State.EXCLUDED)),
    Happening.ADD_REFUSED: _each([State.REQUESTED], _to(State.FAILED)),
    Happening.NO_ACCOUNT: _each([State.REQUESTED], _to(State.WAITING)),
    Happening.ADD_IN_VAIN: _each([State.WITHDRAWING], _OUT_AT_LAST),
    Happening.REMOVED: _each(State, _STAYS)
    | _each(
        [State.WITHDRAWING],
        (Way(State.FAILED, never_arrived), Way(State.WITHDRAWN, is_out_of_sight), Way(None)),
    ),
    Happening.SEEN_GONE: _each([State.WITHDRAWING], _to(State.WITHDRAWN)),
    Happening.DEADLINE_PASSED: _each([State.REQUESTED, State.WAITING], _to(State.FAILED)),
    # Somebody else's membership stays, and so does what is said of the person.
    Happening.NEVER_ARRIVED: _each(
        [State.APPLIED], (Way(State.WITHDRAWING, is_ours), Way(State.FAILED))
    ),
    Happening.SEEN: _each([State.APPLIED], _to(State.VISIBLE)),
    Happening.NOT_SEEN_IN_TIME: _each([State.APPLIED], _to(State.REQUESTED)),
    Happening.SSPR_ENABLED: _each([State.VISIBLE], _to(State.EFFECTIVE)),
    Happening.SSPR_REGISTERED: _each([State.EFFECTIVE, State.LOST], _to(State.REGISTERED)),
    Happening.RESET_POSSIBLE: _each([State.REGISTERED], _to(State.RESETTABLE)),
    Happening.RESET_LOST: _each([State.REGISTERED, State.RESETTABLE, State.LOST], _to(State.LOST)),
    Happening.REGISTRATION_LOST: _each([State.REGISTERED], _to(State.EFFECTIVE)),
    Happening.SSPR_DISABLED: _each([State.EFFECTIVE, State.REGISTERED], _to(State.VISIBLE)),
    Happening.REFUSED_ON_ARRIVAL: _each(_ENROLLED, _OUT_OF_SCOPE) | _each(_OTHERS, _STAYS),
    Happening.TAKEN_OUT_BY_HAND: _each(State, _STAYS) | _each(_SCOPE, _to(State.REQUESTED)),
    Happening.PUT_IN_BY_HAND: _each(State, _to(State.WITHDRAWING)),
    Happening.OFFBOARDED: _each([None], _to(State.WITHDRAWN))
    | _each(_ENROLLED, _OUT_BY_WORD)
    | _each([State.WAITING, State.EXCLUDED, State.FAILED], _OUT_FOR_GOOD)
    | _each([State.WITHDRAWING, State.WITHDRAWN], _STAYS),
    Happening.EXCLUDED_BY_OPERATOR: _each([None], _to(State.EXCLUDED))
    | _each(_ENROLLED, _OUT_BY_WORD)
    | _each([State.WAITING, State.FAILED], _to(State.EXCLUDED))
    | _each([State.EXCLUDED, State.WITHDRAWING, State.WITHDRAWN], _STAYS),
    Happening.UNWANTED: _each(_ENROLLED, _OUT_OF_SCOPE)
    | _each([State.WAITING, State.FAILED], _OUT_FOR_GOOD)
    | _each([State.EXCLUDED, State.WITHDRAWING, State.WITHDRAWN], _OUT_STILL),
    Happening.INELIGIBLE: _each(_ENROLLED, _OUT_OF_SCOPE)
    | _each([State.WAITING, State.FAILED], _OUT_FOR_GOOD)
    | _each([State.EXCLUDED, State.WITHDRAWING, State.WITHDRAWN], _OUT_STILL),
    Happening.ACCOUNT_GONE: _each(State, _to(State.WITHDRAWN)),
    Happening.ROLLED_BACK: _each(_ENROLLED, _OUT_OF_SCOPE)
    | _each([State.WAITING, State.FAILED], _OUT_FOR_GOOD)
    | _each([State.WITHDRAWING], _OUT_STILL)
    | _each([State.EXCLUDED, State.WITHDRAWN], _STAYS),
    Happening.FORGOTTEN: _each(_ENROLLED, _OUT_BY_WORD)
    | _each([State.WAITING, State.FAILED], _OUT_FOR_GOOD)
    | _each([State.EXCLUDED, State.WITHDRAWING, State.WITHDRAWN], _STAYS),
    Happening.CALLED_OFF: _each(State, _STAYS)
    | _each([State.REQUESTED], _OUT_OF_SCOPE)
    | _each([State.WAITING], _OUT_FOR_GOOD),
}

TABLE: Mapping[tuple[Start, Happening], tuple[Way, ...]] = {
    (start, happening): ways for happening, rows in _ROWS.items() for start, ways in rows.items()
}
"""What follows: of the ways on, the first whose guard holds, and the last one has none."""


class ImpossibleMove(LookupError):
    """A decision says that something happened to somebody to whom it cannot: a mistake in it."""


def next_state(current: Enrolment | None, happening: Happening) -> State | None:
    """Returns the state that this leads to, or None if the person stays as they are.

    Raises:
        ImpossibleMove: the table has no row for it.
    """
    start = current.state if current else None
    for way in TABLE.get((start, happening), ()):
        if way.where is None or (current is not None and way.where(current)):
            return way.leads_to
    raise ImpossibleMove(f"{happening} of somebody {start or 'unknown'}")


def begin(
    happening: Happening, reason: Reason, now: datetime, *, detail: str, **known: Any
) -> Enrolment:
    """Begins the enrolment of somebody of whom nothing was remembered; `known` is the rest of it.

    Raises:
        ImpossibleMove: nothing begins with that.
    """
    state = next_state(None, happening)
    if state is None:
        raise ImpossibleMove(f"{happening} leaves nothing to remember")
    step = Step(now, state, reason, detail)
    return Enrolment(state=state, reason=reason, since=now, steps=(step,), **known)


def move(
    current: Enrolment,
    happening: Happening,
    reason: Reason,
    now: datetime,
    *,
    detail: str = "",
    **changes: Any,
) -> Enrolment:
    """Returns the enrolment after what has happened, with one more step.

    It is as it was if the person stays as they are.

    Raises:
        ImpossibleMove: the table has no row for it.
    """
    state = next_state(current, happening)
    if state is None:
        return current
    return current.moved(state, reason, now, detail=detail, **changes)
