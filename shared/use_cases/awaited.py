"""For whom a wave waits: people who are wanted in and still on the way out, as last seen."""

from shared.domain.person.reasons import Reason
from shared.domain.rollout.state import Phase, Rollout
from shared.ports.rollouts import Reconciliation


def awaited(rollout: Rollout, found: Reconciliation | None) -> int:
    """Counts for whom a wave that is being put in waits, by the last look at everybody.

    A look from before the wave was begun, or was gone on with, tells nothing of it.
    """
    if found is None or rollout.phase is not Phase.PROGRESSING or found.at < rollout.since:
        return 0
    return found.skips.get(Reason.STILL_ON_THE_WAY_OUT, 0)
