"""Still in: why Entra shows somebody in the scope group who is to be out or is not wanted."""

from shared.domain.person.enrolment import Enrolment, Provenance, State
from shared.domain.person.reasons import Reason

_THEIRS = "others put them in, before the product or past it, and nothing was written"
_OWED = "they are on the way out, and the removal is not written yet"
_UNSEEN = "they are on the way out: the removal is written, and Entra does not show it yet"
_AGAIN = (
    "they were taken out, and others have put them in since, or Entra still shows it for a while"
)


def why_still_in(out: Enrolment) -> str:
    """Returns in words why somebody who is not enrolled shows in the group all the same."""
    theirs = out.provenance is not Provenance.OURS or out.reason is Reason.MEMBERSHIP_NOT_OURS
    if out.state is State.WITHDRAWING and not (theirs and out.awaits_confirmation):
        return _UNSEEN if out.awaits_confirmation else _OWED
    return _THEIRS if theirs else _AGAIN
