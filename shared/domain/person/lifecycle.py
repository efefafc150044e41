"""What a workflow that waits for somebody's enrolment is told, and when it is known."""

from enum import StrEnum

from shared.domain.person.enrolment import Enrolment, State
from shared.domain.person.reasons import Reason
from shared.domain.person.request import Action


class WorkflowOutcome(StrEnum):
    """How a workflow's task ended."""

    COMPLETED = "completed"
    FAILED = "failed"


def outcome_of(
    action: Action, received: Reason | None, current: Enrolment | None
) -> WorkflowOutcome | None:
    """Returns how the workflow's task ended, or None while that is not known.

    Args:
        action: what the workflow asked for.
        received: what its event came to when it was taken off the queue; None before that.
        current: the person as they are now.

    Whoever joins is done once the membership has been written, and whoever waits for their hire
    date is taken note of: a workflow waits three hours at most, so it is told at once that
    nothing is left for it to do. Whoever leaves is done once they are out.
    """
    if received is None:
        return None
    if received in {Reason.INVALID, Reason.NOT_DONE} or current is None:
        return WorkflowOutcome.FAILED
    if action is Action.OFFBOARD:
        return _left(current)
    if current.state.is_in_scope or _awaits_hire_date(current):
        return WorkflowOutcome.COMPLETED
    return None if current.state.is_coming else WorkflowOutcome.FAILED


def _awaits_hire_date(current: Enrolment) -> bool:
    return current.state is State.WAITING and current.reason is Reason.HIRE_DATE_AHEAD


def _left(current: Enrolment) -> WorkflowOutcome | None:
    if current.state is State.WITHDRAWN:
        return WorkflowOutcome.COMPLETED
    return None if current.state is State.WITHDRAWING else WorkflowOutcome.FAILED
