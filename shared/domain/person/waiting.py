"""Waiting: somebody whom no directory knows yet is looked for again, until a deadline."""

from dataclasses import replace
from datetime import datetime

from shared.domain.person.enrolment import Enrolment, State
from shared.domain.person.happenings import Happening
from shared.domain.person.policy import TenantRules
from shared.domain.person.reasons import Reason
from shared.domain.person.transitions import move


def wait_again(enrolment: Enrolment, rules: TenantRules, now: datetime) -> Enrolment:
    """Lets somebody found nowhere wait for the next look, or fail once the deadline has passed."""
    if enrolment.deadline and now >= enrolment.deadline:
        return move(enrolment, Happening.DEADLINE_PASSED, Reason.DEADLINE_PASSED, now)
    waiting = enrolment
    if (enrolment.state, enrolment.reason) != (State.WAITING, Reason.NOT_IN_ANY_DIRECTORY):
        waiting = move(enrolment, Happening.NO_ACCOUNT, Reason.NOT_IN_ANY_DIRECTORY, now)
    return replace(
        waiting, due=now + rules.retry_after(waiting.attempts), attempts=waiting.attempts + 1
    )
