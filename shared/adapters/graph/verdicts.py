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


class GraphVerdict(Enum):
    """What became of one change."""

    DONE = auto()
    ALREADY = auto()
    NOT_FOUND = auto()
    NOT_REPLICATED = auto()
    GROUP_NOT_WRITABLE = auto()
    REFUSED = auto()


def verdict_on_add(reply: Reply) -> GraphVerdict:
    """Reads the reply to an addition, of one person or of twenty.

    Raises:
        GraphFailure: the app itself is refused, which says nothing about the people.
    """
    match reply.status:
        case _ if reply.ok:
            return GraphVerdict.DONE
        case HTTPStatus.UNAUTHORIZED:
            raise reply.failure()
        case HTTPStatus.FORBIDDEN:
            return GraphVerdict.GROUP_NOT_WRITABLE
        case HTTPStatus.NOT_FOUND:
            return GraphVerdict.NOT_FOUND
        case _:
            return _by_text(reply.message)


def verdict_on_remove(reply: Reply) -> GraphVerdict:
    """Reads the reply to a removal: who is not there has been removed already.

    It raises as `verdict_on_add` does.
    """
    verdict = verdict_on_add(reply)
    return GraphVerdict.ALREADY if verdict is GraphVerdict.NOT_FOUND else verdict


def answer(change: ScopeAction, object_id: str, verdict: GraphVerdict, reply: Reply) -> WriteResult:
    """Returns the verdict as the port's answer for one person."""
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
    GraphVerdict.DONE: (WriteOutcome.DONE, None),
    GraphVerdict.ALREADY: (WriteOutcome.ALREADY, None),
    GraphVerdict.NOT_FOUND: (WriteOutcome.NOT_FOUND, Reason.NOT_IN_ENTRA),
    GraphVerdict.NOT_REPLICATED: (WriteOutcome.NOT_FOUND, Reason.NOT_IN_ENTRA),
    GraphVerdict.GROUP_NOT_WRITABLE: (WriteOutcome.REFUSED, Reason.GROUP_NOT_WRITABLE),
    GraphVerdict.REFUSED: (WriteOutcome.REFUSED, Reason.WRITE_REFUSED),
}


def _detail(reply: Reply) -> str:
    """Returns what Graph says, adding the reason where Graph does not say it itself."""
    said = f"{reply.status} {reply.code}: {reply.message}"
    return f"{said} ({NOT_ALLOWED})" if reply.status == HTTPStatus.FORBIDDEN else said


def _by_text(message: str) -> GraphVerdict:
    if _ALREADY_THERE in message:
        return GraphVerdict.ALREADY
    if _NOT_REPLICATED in message:
        return GraphVerdict.NOT_REPLICATED
    if _MASTERED_ON_PREMISES in message:
        return GraphVerdict.GROUP_NOT_WRITABLE
    return GraphVerdict.REFUSED
