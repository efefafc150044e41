"""Planning: the difference between who is wanted in scope and who is in it."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import batched
from operator import attrgetter

from shared.domain.person.eligibility import refusal
from shared.domain.person.enrolment import Provenance, State
from shared.domain.person.people import Candidate
from shared.domain.person.policy import Policy
from shared.domain.person.reasons import UNWANTED, Reason
from shared.domain.person.summary import EnrolmentSummary
from shared.domain.plan.desired import DesiredBy, DesiredScope
from shared.domain.plan.roster import Roster, RosterRow
from shared.domain.plan.scope_plan import Addition, Drift, Removal, ScopePlan, Skip
from shared.domain.plan.selection import Reach, Rings
from shared.domain.rollout.cohort import Cut
from shared.domain.rollout.state import Rollout

_TOLERATED = frozenset(
    {
        Reason.UNLICENSED,
        Reason.CLOUD_USER_OUT_OF_REACH,
        Reason.DOMAIN_NOT_SERVED,
        Reason.ADMINISTRATOR,
    }
)
"""Refusals that let nobody in and take nobody out. A role may be held for an hour at a time, and
whoever is in gains or loses nothing by it."""
_REST = timedelta(days=1)
"""How long whoever could not be put in is left alone: AD may have been mended since."""
_STALE_READS = timedelta(hours=1)
"""How long after a removal Entra may still show the membership."""
_BATCH = 4096
"""People whose lines are hashed at once."""


def plan_scope(  # noqa: PLR0917 - no two of them are of one type
    candidates: Iterable[Candidate],
    summaries: Mapping[str, EnrolmentSummary],
    members: Collection[str] | None,
    rollout: Rollout,
    policy: Policy,
    now: datetime,
    *,
    through: int,
    refills: bool = False,
) -> ScopePlan:
    """Plans what has to be done so that everybody wanted is in scope, and nobody else.

    Args:
        candidates: everybody in the tenant; read once, and nobody counts twice.
        summaries: everybody who is remembered, by object id.
        members: who is seen in the scope group, directly or not; None where nobody looked, and
            then nothing is said of drift.
        rollout: where the rollout is.
        policy: the tenant's rules with the document's on top.
        now: the time, in UTC.
        through: so many waves are taken as begun. More than have begun is a look ahead, and shows
            who would be put in whatever the phase is.
        refills: whether the group is in the place of another one, whose people are to be in it.
    """
    waves = rollout.document.waves[:through]
    roster = Roster(rollout.document, Rings(waves), now)
    for candidate in candidates:
        summary = summaries.get(candidate.person.object_id)
        obstacle = _obstacle(candidate, summary, policy, now)
        kind = policy.kind_of(candidate.person) if obstacle is Reason.EXCLUDED_KIND else None
        roster.enter(candidate.person, candidate.memberships.group_ids, obstacle, kind)
    cuts = roster.census.cuts(waves, rollout.cuts)
    wants = DesiredScope(rollout, Reach(waves, cuts), now, through=through)
    draft = _Draft(wants, members, now, refills=refills)
    for row in roster.rows():
        draft.judge(row, summaries.get(row.object_id))
    draft.miss(key for key, one in summaries.items() if key not in roster and one.is_in)
    return draft.plan(rollout, roster, cuts)


def _obstacle(
    candidate: Candidate, summary: EnrolmentSummary | None, policy: Policy, now: datetime
) -> Reason | None:
    """Returns what keeps the person out, whatever wants them in; None if nothing does."""
    if summary and (exclusion := summary.kept_out_by(now)):
        return exclusion.reason
    return refusal(candidate.person, candidate.memberships, policy)


class _Draft:
    """A plan in the making."""

    def __init__(
        self,
        wants: DesiredScope,
        members: Collection[str] | None,
        now: datetime,
        *,
        refills: bool = False,
    ) -> None:
        self._wants = wants
        self._refills = refills
        self._looked = members is not None
        self._members = frozenset(members or ())
        self._now = now
        self._additions: list[Addition] = []
        self._removals: list[Removal] = []
        self._skips: list[Skip] = []
        self._drift: list[Drift] = []
        self._kept = 0
        self._awaited = 0
        self._overdue: list[Addition] = []

    def judge(self, row: RosterRow, summary: EnrolmentSummary | None) -> None:
        """Decides what is to be done for one person."""
        want = self._wants.of(row, summary)
        if summary and summary.is_in:
            self._keep_or_remove(row, summary, want)
            return
        is_added = want is not None and self._add_or_skip(row, summary, want)
        if not is_added and self._is_stranger(row, summary):
            self._drift.append(Drift(row.object_id, Reason.ADDED_BY_HAND))

    def miss(self, object_ids: Iterable[str]) -> None:
        """Plans the removal of people who are in and whom the directory did not list."""
        self._removals.extend(Removal(one, Reason.NOT_IN_ENTRA) for one in object_ids)

    def plan(self, rollout: Rollout, roster: Roster, cuts: tuple[Cut, ...]) -> ScopePlan:
        """Returns the plan, with everything in it in the order of the object ids."""
        everybody = (self._additions, self._removals, self._skips, self._drift, self._overdue)
        for people in everybody:
            people.sort(key=attrgetter("object_id"))
        return ScopePlan(
            additions=tuple(self._additions),
            removals=tuple(self._removals),
            skips=tuple(self._skips),
            drift=tuple(self._drift),
            kept=self._kept,
            awaited=self._awaited,
            overdue=tuple(self._overdue),
            eligible=roster.census.size,
            listed=len(roster),
            cuts=cuts,
            fingerprint=_fingerprint(rollout, self._lines()),
        )

    def _keep_or_remove(
        self, row: RosterRow, summary: EnrolmentSummary, want: DesiredBy | None
    ) -> None:
        """Plans to keep or to remove somebody who is in.

        Whoever was in before the rollout is never taken out. If they are gone all the same, they
        are no longer in, whatever was seen of them once.
        """
        reason = None if want else self._wants.why_not(summary)
        if row.obstacle and row.obstacle not in _TOLERATED:
            reason = row.obstacle
        if reason and summary.provenance is not Provenance.PREEXISTING:
            self._removals.append(Removal(row.object_id, reason))
            return
        if not self._has_gone(row, summary):
            self._kept += 1
            return
        drift = self._drift_of(reason)
        self._kept += drift is not Reason.NO_LONGER_MEMBER
        self._drift.append(Drift(row.object_id, drift))

    def _drift_of(self, reason: Reason | None) -> Reason:
        """Returns what has become of somebody who is gone; `reason` is why nothing keeps them."""
        if self._refills and reason in {None, *UNWANTED}:
            return Reason.FORMER_GROUP
        return Reason.NO_LONGER_MEMBER if reason else Reason.REMOVED_BY_HAND

    def _add_or_skip(
        self, row: RosterRow, summary: EnrolmentSummary | None, want: DesiredBy
    ) -> bool:
        """Returns whether somebody who is wanted is to be put in, and says why if not."""
        reason = row.obstacle
        if reason is None and summary:
            if summary.has_to_end_first:
                if summary.state is State.WITHDRAWING:
                    self._await(row, summary, want)
                return False
            reason = summary.reason if self._rests(summary) else None
        if reason:
            self._skips.append(Skip(row.object_id, reason, want.wave, row.kind))
            return False
        self._additions.append(_addition(row, want))
        return True

    def _await(self, row: RosterRow, summary: EnrolmentSummary, want: DesiredBy) -> None:
        """Notes somebody who can be put in once they are out; who is flagged is not waited for."""
        if summary.flag:
            self._overdue.append(_addition(row, want))
        else:
            self._awaited += 1
        reason = summary.flag or Reason.STILL_ON_THE_WAY_OUT
        self._skips.append(Skip(row.object_id, reason, want.wave))

    def _rests(self, summary: EnrolmentSummary) -> bool:
        """Tells whether AD refused the person a short while ago.

        Entra cannot tell that AD would not refuse them again.
        """
        refused = summary.state is State.FAILED or (
            summary.state is State.EXCLUDED and summary.reason is Reason.PROTECTED
        )
        return refused and summary.since > self._now - _REST

    def _has_gone(self, row: RosterRow, summary: EnrolmentSummary) -> bool:
        return self._looked and summary.state.is_seen and row.object_id not in self._members

    def _is_stranger(self, row: RosterRow, summary: EnrolmentSummary | None) -> bool:
        """Tells whether somebody who is not to be in is seen in the group all the same."""
        if row.object_id not in self._members:
            return False
        if summary is None:
            return True
        if summary.provenance is Provenance.PREEXISTING or summary.state.has_to_end_first:
            return False
        return summary.state is not State.WITHDRAWN or summary.since < self._now - _STALE_READS

    def _lines(self) -> Iterator[str]:
        for one in self._additions:
            yield f"add\0{one.object_id}\0{one.kind}\0{one.reference}\0"
        for gone in self._removals:
            yield f"remove\0{gone.object_id}\0{gone.reason}\0"
        for drift in self._drift:
            yield f"drift\0{drift.object_id}\0{drift.reason}\0"


def _addition(row: RosterRow, want: DesiredBy) -> Addition:
    return Addition(row.object_id, want.kind, want.reference, row.department)


def _fingerprint(rollout: Rollout, lines: Iterable[str]) -> str:
    digest = sha256()
    where = (
        rollout.document.digest,
        rollout.phase,
        str(rollout.started),
        *sorted(rollout.rolled_back),
    )
    digest.update("\0".join((*where, "", "")).encode())
    for batch in batched(lines, _BATCH, strict=False):
        digest.update("".join(batch).encode())
    return digest.hexdigest()
