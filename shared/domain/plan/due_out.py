"""Due out: whom no rollout says anything of, and whom nothing that was said holds in any more."""

from datetime import datetime

from shared.domain.person.enrolment import Provenance
from shared.domain.person.reasons import Reason
from shared.domain.person.summary import EnrolmentSummary
from shared.domain.plan.scope_plan import Removal


def due_out(person: EnrolmentSummary, now: datetime) -> Removal | None:
    """Returns the removal of somebody who is in; None where they stay, or are not in.

    Something keeps them out that has begun meanwhile, a last day above all, or whatever wanted them
    in is over or taken back. Whoever was in before, by somebody else's hand, stays.
    """
    if not person.is_in or person.provenance is Provenance.PREEXISTING:
        return None
    if keeping := person.kept_out_by(now):
        return Removal(person.key, keeping.reason)
    is_over = all(claim.is_over(now) for claim in person.claims)
    return Removal(person.key, Reason.NO_LONGER_WANTED) if is_over else None
