"""A withdrawal: the way out of scope, for whatever reason."""

from datetime import datetime

from shared.domain.person.enrolment import Enrolment, State
from shared.domain.person.happenings import Happening
from shared.domain.person.reasons import Reason
from shared.domain.person.transitions import is_somebody_elses, move, next_state


def take_out(
    current: Enrolment, happening: Happening, reason: Reason, now: datetime, *, detail: str = ""
) -> Enrolment:
    """Takes the person out.

    Only what is ours is removed, and never past a command that is still under way.
    """
    after = next_state(current, happening)
    if after is State.WITHDRAWN and current.state.is_enrolled and is_somebody_elses(current):
        reason = Reason.MEMBERSHIP_NOT_OURS
    if after is State.WITHDRAWING:
        if current.state.is_enrolled and is_somebody_elses(current):
            # Hands off: nothing is written, and it is looked whether they are in all the same.
            theirs = Reason.MEMBERSHIP_NOT_OURS
            key = current.command_key
            return move(
                current, happening, theirs, now, detail=detail, removed_at=now, command_key=key
            )
        # The command that is out has to be answered first, and under the same key.
        key = current.command_key
        return move(current, happening, reason, now, detail=detail, command_key=key, reissues=0)
    return move(current, happening, reason, now, detail=detail)
