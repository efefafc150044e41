"""Tell: what happened becomes a line of the log, once, after it was stored."""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime

import structlog

from shared.domain.noticing import signals_of_person, signals_of_rollout
from shared.domain.person.enrolment import Enrolment
from shared.domain.rollout.state import Rollout
from shared.domain.signals import (
    MessageRefused,
    RolloutStatus,
    Severity,
    Signal,
    plain_field,
    plain_text,
)
from shared.ports.ledger import Receipt
from shared.ports.rollouts import StoredRollout
from shared.ports.world import World

_log = structlog.get_logger(__name__)
_LEVELS = {
    Severity.INFO: logging.INFO,
    Severity.WARNING: logging.WARNING,
    Severity.ERROR: logging.ERROR,
}


def tell(signals: Iterable[Signal]) -> None:
    """Log each signal under its name."""
    for one in signals:
        _log.log(_LEVELS[one.severity], one.event, **one.fields())


async def put_in_place(
    world: World, stored: StoredRollout | None, rollout: Rollout, *, action: str, now: datetime
) -> StoredRollout:
    """Put the rollout in the place of the one that was read, and tell of the change.

    Raises:
        LedgerConflict: somebody else has changed it since it was read; nothing is told.
    """
    replaced = await world.rollouts.replace(stored, rollout, action=action, now=now)
    tell(signals_of_rollout(stored.rollout if stored else None, rollout))
    return replaced


async def amend(
    world: World,
    keys: Collection[str],
    decide: Callable[[str, Enrolment | None], Enrolment | None],
    *,
    actor: str,
    now: datetime,
) -> Mapping[str, Enrolment]:
    """Amend people in the ledger as its port says, and tell of those whom somebody has to look at.

    Raises:
        LedgerConflict: others kept changing the same rows; nothing is told, not even of those who
            were stored before that. Their flags and states stay in the ledger's totals.
    """
    before: dict[str, Enrolment | None] = {}

    def noted(key: str, current: Enrolment | None) -> Enrolment | None:
        # Called again with fresher rows, the last ones are those that were changed.
        before[key] = current
        return decide(key, current)

    after = await world.ledger.amend(keys, noted, actor=actor, now=now)
    told: set[str] = set()
    # Keys that lead to one person are decided about in their order: the first saw what was stored.
    for key in sorted(after):
        if after[key].key not in told:
            told.add(after[key].key)
            tell(signals_of_person(before.get(key), after[key]))
    return after


async def tell_standing(stored: StoredRollout | None, world: World) -> None:
    """Tell how the rollout stands, and how many people are in each state."""
    totals = await world.ledger.totals()
    rollout = stored.rollout if stored else None
    tell(
        [
            RolloutStatus(
                phase=rollout.phase if rollout else None,
                wave=rollout.wave.name if rollout and rollout.wave else None,
                pause=rollout.pause.reason if rollout and rollout.pause else None,
                people=dict(totals.by_state),
                flagged=sum(totals.by_flag.values()),
                refused_messages=totals.refused_messages,
            )
        ]
    )


async def keep_refused(refused: Collection[Receipt], world: World) -> None:
    """Keep messages that cannot be taken, whole, and tell of each without its body."""
    if not refused:
        return
    await world.ledger.record_receipts(refused)
    tell(
        MessageRefused(
            queue=one.queue,
            key=one.key,
            field=plain_field(one.field),
            reason=plain_text(one.detail),
        )
        for one in refused
    )
