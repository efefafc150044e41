"""What a workflow that waits is told: completed, failed, or nothing yet."""

import pytest

from shared.domain.person.enrolment import State
from shared.domain.person.lifecycle import WorkflowOutcome, outcome_of
from shared.domain.person.reasons import Reason
from shared.domain.person.request import Action
from tests.support.enrolments import enrolment

JOINS = {
    State.REQUESTED: None,
    State.WAITING: None,
    State.APPLIED: WorkflowOutcome.COMPLETED,
    State.VISIBLE: WorkflowOutcome.COMPLETED,
    State.EFFECTIVE: WorkflowOutcome.COMPLETED,
    State.REGISTERED: WorkflowOutcome.COMPLETED,
    State.RESETTABLE: WorkflowOutcome.COMPLETED,
    State.LOST: WorkflowOutcome.COMPLETED,
    State.EXCLUDED: WorkflowOutcome.FAILED,
    State.FAILED: WorkflowOutcome.FAILED,
    State.WITHDRAWING: WorkflowOutcome.FAILED,
    State.WITHDRAWN: WorkflowOutcome.FAILED,
}


@pytest.mark.parametrize("state", State)
def test_of_a_joiner_it_is_known_once_the_membership_is_written_or_will_not_be(
    state: State,
) -> None:
    told = outcome_of(Action.ONBOARD, Reason.ONBOARDED, enrolment(state))
    assert told == JOINS[state]


@pytest.mark.parametrize("state", State)
def test_of_a_leaver_it_is_known_once_they_are_out(state: State) -> None:
    told = outcome_of(Action.OFFBOARD, Reason.OFFBOARDED, enrolment(state))
    done = {State.WITHDRAWN: WorkflowOutcome.COMPLETED, State.WITHDRAWING: None}
    assert told == done.get(state, WorkflowOutcome.FAILED)


def test_whoever_waits_for_their_hire_date_is_taken_note_of() -> None:
    waits = enrolment(State.WAITING, reason=Reason.HIRE_DATE_AHEAD)
    assert outcome_of(Action.ONBOARD, Reason.HIRE_DATE_AHEAD, waits) is WorkflowOutcome.COMPLETED


def test_before_the_event_is_taken_off_the_queue_nothing_is_known() -> None:
    assert outcome_of(Action.ONBOARD, None, enrolment(State.APPLIED)) is None


def test_a_refused_event_has_failed() -> None:
    assert outcome_of(Action.ONBOARD, Reason.INVALID, None) is WorkflowOutcome.FAILED
