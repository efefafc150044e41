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

_ALREADY_THERE = ("already exist",)
_NOT_REPLICATED = ("objects being referenced don't exist", "objects being referenced do not exist")
"""Microsoft's pages write it both ways."""
_NOT_THERE = ("removed object references do not exist", "removed object references don't exist")
_OF_GROUP = {
    "on-premises mastered": Reason.GROUP_SYNCED,
    "mail-enabled security group": Reason.GROUP_MAIL_ENABLED,
    "external service": Reason.GROUP_EXTERNAL,
}
"""What is said of a group that others write, in whatever case."""


class GraphVerdict(Enum):
    """What became of one change."""

    DONE = auto()
    ALREADY = auto()
    NOT_FOUND = auto()
    NOT_REPLICATED = auto()
    NOT_THERE = auto()
    GROUP_NOT_WRITABLE = auto()
    NOT_NOW = auto()
    UNKNOWN = auto()


def verdict_on_add(reply: Reply) -> GraphVerdict:
    """Reads the reply to an addition, of one person or of twenty.

    Raises:
        GraphFailure: the app itself is refused, which says nothing about the people.
    """
    match reply.status:
        case _ if reply.ok:
            return GraphVerdict.DONE
        case _ if reply.transient:
            return GraphVerdict.NOT_NOW
        case HTTPStatus.UNAUTHORIZED:
            raise reply.failure()
        case HTTPStatus.FORBIDDEN:
            return GraphVerdict.GROUP_NOT_WRITABLE
        case HTTPStatus.NOT_FOUND:
            return GraphVerdict.NOT_FOUND
        case _:
            return _by_text(reply.message)


def verdict_on_remove(reply: Reply) -> GraphVerdict:
    """Reads the reply to a removal; it raises as `verdict_on_add` does.

    That somebody is not there may be true, or all that a replica which lags knows of them.
    """
    verdict = verdict_on_add(reply)
    unknown = {GraphVerdict.NOT_FOUND, GraphVerdict.NOT_REPLICATED}
    return GraphVerdict.NOT_THERE if verdict in unknown else verdict


def group_reason(reply: Reply) -> Reason:
    """Returns what Graph says of a group that it does not let the app write."""
    said = reply.message.lower()
    known = (reason for text, reason in _OF_GROUP.items() if text in said)
    return next(known, Reason.GROUP_NOT_WRITABLE)


def answer(change: ScopeAction, object_id: str, verdict: GraphVerdict, reply: Reply) -> WriteResult:
    """Returns the verdict as the port's answer for one person."""
    outcome, reason = _ANSWERS[verdict]
    if verdict is GraphVerdict.GROUP_NOT_WRITABLE:
        reason = group_reason(reply)
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
    GraphVerdict.NOT_THERE: (WriteOutcome.ALREADY, Reason.REMOVAL_UNCONFIRMED),
    GraphVerdict.GROUP_NOT_WRITABLE: (WriteOutcome.REFUSED, Reason.GROUP_NOT_WRITABLE),
    GraphVerdict.NOT_NOW: (WriteOutcome.REFUSED, Reason.NOT_NOW),
    GraphVerdict.UNKNOWN: (WriteOutcome.REFUSED, Reason.UNKNOWN_REFUSAL),
}


def _detail(reply: Reply) -> str:
    """Returns what Graph says, adding the reason where Graph does not say it itself."""
    said = f"{reply.status} {reply.code}: {reply.message}"
    return f"{said} ({NOT_ALLOWED})" if reply.status == HTTPStatus.FORBIDDEN else said


def _by_text(message: str) -> GraphVerdict:
    said = message.lower()
    for texts, verdict in _VERDICTS.items():
        if any(text in said for text in texts):
            return verdict
    return GraphVerdict.UNKNOWN


_VERDICTS = {
    tuple(_OF_GROUP): GraphVerdict.GROUP_NOT_WRITABLE,
    _NOT_THERE: GraphVerdict.NOT_THERE,
    _ALREADY_THERE: GraphVerdict.ALREADY,
    _NOT_REPLICATED: GraphVerdict.NOT_REPLICATED,
}
