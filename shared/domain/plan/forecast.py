"""Outlook: what the rollout would make of one person, told without a look at everybody."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from shared.domain.person.eligibility import refusal
from shared.domain.person.people import Candidate
from shared.domain.person.policy import Policy
from shared.domain.person.reasons import Reason
from shared.domain.plan.roster import Roster, RosterRow
from shared.domain.plan.selection import Reach, Rings
from shared.domain.rollout.cohort import EVERYBODY, NOBODY, Cut
from shared.domain.rollout.document import Document, Share, Wave
from shared.domain.rollout.state import Rollout


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastPlace:
    """Where somebody stands in the rollout."""

    position: float
    earliest: Wave | None
    """The first wave that may mean the person; None where none does."""
    latest: Wave | None
    """The first wave that is sure to; the same one where no plan is needed to tell."""
    begun: bool
    """Whether the one wave that means the person has begun."""
    is_new_hire: bool
    """Whether the rule for new hires means the person."""

    @property
    def is_sure(self) -> bool:
        """Whether it can be told without a plan which wave it is, or that there is none."""
        return self.earliest == self.latest

    @property
    def wave(self) -> Wave | None:
        """The first wave that means the person; None where none does, or only a plan can tell."""
        return self.latest if self.is_sure else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What keeps somebody out whom nothing has asked for yet, and what would put them in."""

    refusal: Reason | None
    """Why they may not be enrolled at all."""
    is_member: bool
    """Whether Entra shows them in the scope group all the same."""
    place: ForecastPlace | None
    """None where there is no rollout."""


def look_ahead(
    candidate: Candidate, rollout: Rollout | None, policy: Policy, now: datetime
) -> Forecast:
    """Tells what becomes of somebody in Entra who is not remembered."""
    group_ids = candidate.memberships.group_ids
    return Forecast(
        refusal=refusal(candidate.person, candidate.memberships, policy),
        is_member=policy.scope_group_id in group_ids,
        place=_place(candidate, rollout, now) if rollout else None,
    )


def _place(candidate: Candidate, rollout: Rollout, now: datetime) -> ForecastPlace:
    document, waves = rollout.document, rollout.document.waves
    row = _listed(candidate, document, now)
    later = waves[len(rollout.cuts) :]
    nearest = (*rollout.cuts, *_cuts(document, later, unknown=EVERYBODY))
    furthest = (*rollout.cuts, *_cuts(document, later, unknown=NOBODY))
    earliest, latest = (
        Reach(waves, cuts).first(row.place, row.stratum, row.ring) for cuts in (nearest, furthest)
    )
    by_number = (*waves, None)
    return ForecastPlace(
        position=row.place,
        earliest=by_number[earliest],
        latest=by_number[latest],
        begun=latest < rollout.started,
        is_new_hire=row.is_new_hire,
    )


def _listed(candidate: Candidate, document: Document, now: datetime) -> RosterRow:
    """Returns the person as a plan would list them."""
    roster = Roster(document, Rings(document.waves), now)
    roster.enter(candidate.person, candidate.memberships.group_ids, None)
    return next(roster.rows())


def _cuts(document: Document, waves: tuple[Wave, ...], *, unknown: Cut) -> Iterator[Cut]:
    """Yields where waves that have not begun cut.

    A number or a balanced share depends on everybody; for those it yields `unknown`.
    """
    for wave in waves:
        match wave.selection:
            case Share(share) if document.balance is None or share >= 1:
                yield Cut(share)
            case _:
                yield unknown
