"""Wants: what asks for a person to be in scope, a claim, the rule for new hires or a wave."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from shared.domain.person.enrolment import CauseKind, Claim
from shared.domain.person.reasons import Reason
from shared.domain.person.summary import EnrolmentSummary
from shared.domain.plan.roster import RosterRow
from shared.domain.plan.selection import Reach
from shared.domain.rollout.state import Rollout

_ORDER = (CauseKind.EVENT, CauseKind.OVERRIDE, CauseKind.WAVE, CauseKind.NEW_HIRE)
"""Which of several claims is named as the one that wants the person."""


class DesiredBy(NamedTuple):
    """What wants a person in scope."""

    kind: CauseKind
    reference: str

    @property
    def wave(self) -> str | None:
        """The name of the wave, if it is one."""
        return self.reference if self.kind is CauseKind.WAVE else None


class DesiredScope:
    """Everything that may want somebody in scope: claims, the rule for new hires, waves."""

    def __init__(self, rollout: Rollout, reach: Reach, now: datetime, *, through: int) -> None:
        document = rollout.document
        since = document.new_hires_since
        self._now = now
        self._reach = reach
        self._widens = rollout.widens or through > rollout.started
        self._claiming_waves = rollout.claiming_waves
        self._rolled_back = rollout.rolled_back
        self._new_hire = DesiredBy(CauseKind.NEW_HIRE, since.isoformat()) if since else None
        self._waves = [
            None if wave.name in rollout.rolled_back else DesiredBy(CauseKind.WAVE, wave.name)
            for wave in document.waves[:through]
        ] + [None]

    def of(self, row: RosterRow, summary: EnrolmentSummary | None) -> DesiredBy | None:
        """Returns what wants the person in, or None if nothing does.

        Where the rollout does not widen, its rule and its waves still keep whoever is in.
        """
        is_in = summary is not None and summary.is_in
        claimed = self._claimed(summary.claims, is_in=is_in) if summary and summary.claims else None
        if claimed or not (self._widens or is_in):
            return claimed
        if row.is_new_hire:
            return self._new_hire
        return self._waves[self._reach.first(row.place, row.stratum, row.ring)]

    def why_not(self, summary: EnrolmentSummary) -> Reason:
        """Returns why somebody who is in, and whom nothing wants, is to go.

        Whom nothing claims but a wave that is rolled back goes by the operator's word.
        """
        claims = [one for one in summary.claims if not one.is_over(self._now)]
        if claims and all(self._is_rolled_back(one) for one in claims):
            return Reason.ROLLED_BACK
        return Reason.NO_LONGER_WANTED

    def _is_rolled_back(self, claim: Claim) -> bool:
        return claim.cause.kind is CauseKind.WAVE and claim.cause.reference in self._rolled_back

    def _claimed(self, claims: Iterable[Claim], *, is_in: bool) -> DesiredBy | None:
        wanting = {one.cause.kind: one for one in claims if self._counts(one, is_in=is_in)}
        first = next((wanting[kind] for kind in _ORDER if kind in wanting), None)
        return DesiredBy(first.cause.kind, first.cause.reference) if first else None

    def _counts(self, claim: Claim, *, is_in: bool) -> bool:
        """Tells whether the claim counts now.

        Until they end, claims of events and operators always count; what the rollout said counts as
        long as it is heeded. Whoever is in by a wave stays in, even under a later document that
        does not name it.
        """
        if claim.is_over(self._now):
            return False
        match claim.cause.kind:
            case CauseKind.WAVE if is_in:
                return not self._is_rolled_back(claim)
            case CauseKind.WAVE:
                return self._widens and claim.cause.reference in self._claiming_waves
            case CauseKind.NEW_HIRE:
                return self._new_hire is not None and (is_in or self._widens)
            case _:
                return True


def claimed_without_rollout(claims: Iterable[Claim], now: datetime) -> DesiredBy | None:
    """Returns what wants a person in where no rollout does: an event's claim or an operator's."""
    wanting = {one.cause.kind: one.cause for one in claims if not one.is_over(now)}
    for kind in (CauseKind.EVENT, CauseKind.OVERRIDE):
        if cause := wanting.get(kind):
            return DesiredBy(kind, cause.reference)
    return None
