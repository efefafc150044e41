"""Wants: what asks for a person to be in scope, a hold, the rule for new hires or a wave."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from shared.domain.person.enrolment import CauseKind, Hold
from shared.domain.person.summary import Standing
from shared.domain.plan.roster import Listed
from shared.domain.plan.selection import Reach
from shared.domain.rollout.state import Rollout

_ORDER = (CauseKind.EVENT, CauseKind.BY_HAND, CauseKind.WAVE, CauseKind.NEW_HIRE)
"""Which of several holds is named as the one that wants the person."""


class Want(NamedTuple):
    """What wants a person in scope."""

    kind: CauseKind
    reference: str

    @property
    def wave(self) -> str | None:
        """The name of the wave, if it is one."""
        return self.reference if self.kind is CauseKind.WAVE else None


class Wants:
    """Everything that may want somebody in scope: holds, the rule for new hires, waves."""

    def __init__(self, rollout: Rollout, reach: Reach, now: datetime, *, through: int) -> None:
        document = rollout.document
        since = document.new_hires_since
        self._now = now
        self._reach = reach
        self._widens = rollout.widens or through > rollout.started
        self._holding = rollout.holding
        self._rolled_back = rollout.rolled_back
        self._new_hire = Want(CauseKind.NEW_HIRE, since.isoformat()) if since else None
        self._waves = [
            None if wave.name in rollout.rolled_back else Want(CauseKind.WAVE, wave.name)
            for wave in document.waves[:through]
        ] + [None]

    def of(self, row: Listed, standing: Standing | None) -> Want | None:
        """What wants the person in; None where nothing does.

        Where the rollout does not widen, its rule and its waves still keep whoever is in.
        """
        is_in = standing is not None and standing.is_in
        held = self._held(standing.holds, is_in=is_in) if standing and standing.holds else None
        if held or not (self._widens or is_in):
            return held
        if row.is_new_hire:
            return self._new_hire
        return self._waves[self._reach.first(row.place, row.stratum, row.ring)]

    def _held(self, holds: Iterable[Hold], *, is_in: bool) -> Want | None:
        wanting = {one.cause.kind: one for one in holds if self._counts(one, is_in=is_in)}
        first = next((wanting[kind] for kind in _ORDER if kind in wanting), None)
        return Want(first.cause.kind, first.cause.reference) if first else None

    def _counts(self, hold: Hold, *, is_in: bool) -> bool:
        """Events and operators always count; what the rollout said, as long as it is heeded.

        Whoever is in by a wave stays in, even under a later document that does not name it.
        """
        if hold.is_over(self._now):
            return False
        match hold.cause.kind:
            case CauseKind.WAVE if is_in:
                return hold.cause.reference not in self._rolled_back
            case CauseKind.WAVE:
                return self._widens and hold.cause.reference in self._holding
            case CauseKind.NEW_HIRE:
                return self._new_hire is not None and (is_in or self._widens)
            case _:
                return True
