"""What Graph's replies to a change of membership mean for the people in it.

One code covers what is done already, what to try again and what can never be: only the text
tells. Source: https://learn.microsoft.com/graph/api/group-post-members
"""

from enum import Enum, auto
from http import HTTPStatus

from shared.adapters.graph.batch import Reply
from shared.adapters.graph.failure import NOT_ALLOWED
from shared.domain.person.people import UserRef
from shared.domain.person.reasons import Reason
from shared.domain.person.writes import ScopeAction, WriteOutcome, WriteResult

_ALREADY_THERE = "already exist"
_NOT_REPLICATED = "objects being referenced don't exist"
_MASTERED_ON_PREMISES = "on-premises mastered"


class Verdict(Enum):
    """What became of one change."""

    DONE = auto()
    ALREADY = auto()
    NOT_FOUND = auto()
    NOT_REPLICATED = auto()
    GROUP_NOT_WRITABLE = auto()
    REFUSED = auto()


def verdict_on_add(reply: Reply) -> Verdict:
    """Read the reply to an addition, of one person or of twenty.

    Raises:
        GraphFailure: the app itself is refused, which says nothing about the people.
    """
    match reply.status:
        case _ if reply.ok:
            return Verdict.DONE
        case HTTPStatus.UNAUTHORIZED:
            raise reply.failure()
        case HTTPStatus.FORBIDDEN:
            return Verdict.GROUP_NOT_WRITABLE
        case HTTPStatus.NOT_FOUND:
            return Verdict.NOT_FOUND
        case _:
            return _by_text(reply.message)


def verdict_on_remove(reply: Reply) -> Verdict:
    """Read the reply to a removal: who is not there has been removed already. Raises as above."""
    verdict = verdict_on_add(reply)
    return Verdict.ALREADY if verdict is Verdict.NOT_FOUND else verdict


def answer(change: ScopeAction, object_id: str, verdict: Verdict, reply: Reply) -> WriteResult:
    """The verdict as the port's answer for one person."""
    outcome, reason = _ANSWERS[verdict]
    told = outcome in {WriteOutcome.REFUSED, WriteOutcome.NOT_FOUND}
    return WriteResult(
        change=change,
        outcome=outcome,
        reason=reason,
        detail=_detail(reply) if told else "",
        user=UserRef(object_id=object_id),
    )


_ANSWERS = {
    Verdict.DONE: (WriteOutcome.DONE, None),
    Verdict.ALREADY: (WriteOutcome.ALREADY, None),
    Verdict.NOT_FOUND: (WriteOutcome.NOT_FOUND, Reason.NOT_IN_ENTRA),
    Verdict.NOT_REPLICATED: (WriteOutcome.NOT_FOUND, Reason.NOT_IN_ENTRA),
    Verdict.GROUP_NOT_WRITABLE: (WriteOutcome.REFUSED, Reason.GROUP_NOT_WRITABLE),
    Verdict.REFUSED: (WriteOutcome.REFUSED, Reason.WRITE_REFUSED),
}


def _detail(reply: Reply) -> str:
    """What Graph says, and why where it does not say it itself."""
    said = f"{reply.status} {reply.code}: {reply.message}"
    return f"{said} ({NOT_ALLOWED})" if reply.status == HTTPStatus.FORBIDDEN else said


def _by_text(message: str) -> Verdict:
    if _ALREADY_THERE in message:
        return Verdict.ALREADY
    if _NOT_REPLICATED in message:
        return Verdict.NOT_REPLICATED
    if _MASTERED_ON_PREMISES in message:
        return Verdict.GROUP_NOT_WRITABLE
    return Verdict.REFUSED
