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
from shared.domain.person.reasons import Reason
from shared.domain.person.summary import Standing
from shared.domain.plan.desired import Want, Wants
from shared.domain.plan.roster import Listed, Listing
from shared.domain.plan.scope_plan import Addition, Drift, Removal, ScopePlan, Skip
from shared.domain.plan.selection import Reach, Rings
from shared.domain.rollout.cohort import Cut
from shared.domain.rollout.state import Rollout

_SEEN = frozenset({State.VISIBLE, State.EFFECTIVE, State.REGISTERED})
"""States in which Entra has shown the membership."""
_UNDER_WAY = frozenset({State.WAITING, State.WITHDRAWING})
"""States that have to end before the person can be put in."""
_TOLERATED = frozenset({Reason.UNLICENSED, Reason.CLOUD_USER_OUT_OF_REACH})
"""Refusals that let nobody in and take nobody out."""
_REST = timedelta(days=1)
"""How long whoever could not be put in is left alone: AD may have been mended since."""
_STALE_READS = timedelta(hours=1)
"""How long after a removal Entra may still show the membership."""
_BATCH = 4096
"""People whose lines are hashed at once."""


def draw_up(  # noqa: PLR0917 - no two of them are of one type
    candidates: Iterable[Candidate],
    standings: Mapping[str, Standing],
    members: Collection[str] | None,
    rollout: Rollout,
    policy: Policy,
    now: datetime,
    *,
    through: int,
) -> ScopePlan:
    """What would have to be done so that everybody wanted is in scope, and nobody else.

    Args:
        candidates: everybody in the tenant; read once, and nobody counts twice.
        standings: everybody who is remembered, by object id.
        members: who is seen in the scope group, directly or not; None where nobody looked, and
            then nothing is said of drift.
        rollout: where the rollout is.
        policy: the tenant's rules with the document's on top.
        now: the time, in UTC.
        through: so many waves are taken as begun. More than have begun is a look ahead, and shows
            who would be put in whatever the phase is.
    """
    waves = rollout.document.waves[:through]
    listing = Listing(rollout.document, Rings(waves), now)
    for candidate in candidates:
        standing = standings.get(candidate.person.object_id)
        listing.enter(
            candidate.person,
            candidate.memberships.group_ids,
            _obstacle(candidate, standing, policy, now),
        )
    cuts = listing.census.cuts(waves, rollout.cuts)
    wants = Wants(rollout, Reach(waves, cuts), now, through=through)
    draft = _Draft(wants, members, now)
    for row in listing.rows():
        draft.judge(row, standings.get(row.object_id))
    draft.miss(key for key, one in standings.items() if key not in listing and one.is_in)
    return draft.plan(rollout, listing, cuts)


def _obstacle(
    candidate: Candidate, standing: Standing | None, policy: Policy, now: datetime
) -> Reason | None:
    """What keeps the person out, whatever wants them in."""
    if standing and standing.bar and not standing.bar.is_over(now):
        return standing.bar.reason
    return refusal(candidate.person, candidate.memberships, policy)


class _Draft:
    """A plan in the making."""

    def __init__(self, wants: Wants, members: Collection[str] | None, now: datetime) -> None:
        self._wants = wants
        self._looked = members is not None
        self._members = frozenset(members or ())
        self._now = now
        self._additions: list[Addition] = []
        self._removals: list[Removal] = []
        self._skips: list[Skip] = []
        self._drift: list[Drift] = []
        self._kept = 0
        self._awaited = 0

    def judge(self, row: Listed, standing: Standing | None) -> None:
        """What is to be done for one person."""
        want = self._wants.of(row, standing)
        if standing and standing.is_in:
            self._keep_or_remove(row, standing, want)
            return
        is_added = want is not None and self._add_or_skip(row, standing, want)
        if not is_added and self._is_stranger(row, standing):
            self._drift.append(Drift(row.object_id, Reason.ADDED_BY_HAND))

    def miss(self, object_ids: Iterable[str]) -> None:
        """People who are in and whom the directory did not list."""
        self._removals.extend(Removal(one, Reason.NOT_IN_ENTRA) for one in object_ids)

    def plan(self, rollout: Rollout, listing: Listing, cuts: tuple[Cut, ...]) -> ScopePlan:
        """The plan, everything in it in the order of the object ids."""
        for people in (self._additions, self._removals, self._skips, self._drift):
            people.sort(key=attrgetter("object_id"))
        return ScopePlan(
            additions=tuple(self._additions),
            removals=tuple(self._removals),
            skips=tuple(self._skips),
            drift=tuple(self._drift),
            kept=self._kept,
            awaited=self._awaited,
            eligible=listing.census.size,
            listed=len(listing),
            cuts=cuts,
            fingerprint=_fingerprint(rollout, self._lines()),
        )

    def _keep_or_remove(self, row: Listed, standing: Standing, want: Want | None) -> None:
        """Whoever was in before the rollout is never touched."""
        reason = None if want else Reason.NO_LONGER_WANTED
        if row.obstacle and row.obstacle not in _TOLERATED:
            reason = row.obstacle
        if reason and standing.provenance is not Provenance.PREEXISTING:
            self._removals.append(Removal(row.object_id, reason))
            return
        self._kept += 1
        if reason is None and self._has_gone(row, standing):
            self._drift.append(Drift(row.object_id, Reason.REMOVED_BY_HAND))

    def _add_or_skip(self, row: Listed, standing: Standing | None, want: Want) -> bool:
        """Whether somebody who is wanted is to be put in; where not, it is said why."""
        reason = row.obstacle
        if reason is None and standing:
            if standing.state in _UNDER_WAY:
                self._awaited += standing.state is State.WITHDRAWING
                return False
            reason = standing.reason if self._rests(standing) else None
        if reason:
            self._skips.append(Skip(row.object_id, reason, want.wave))
            return False
        self._additions.append(Addition(row.object_id, want.kind, want.reference, row.department))
        return True

    def _rests(self, standing: Standing) -> bool:
        """Whether AD refused the person a short while ago; Entra cannot tell that it would not."""
        refused = standing.state is State.FAILED or (
            standing.state is State.EXCLUDED and standing.reason is Reason.PROTECTED
        )
        return refused and standing.since > self._now - _REST

    def _has_gone(self, row: Listed, standing: Standing) -> bool:
        return self._looked and standing.state in _SEEN and row.object_id not in self._members

    def _is_stranger(self, row: Listed, standing: Standing | None) -> bool:
        """Whether somebody who is not to be in is seen in the group all the same."""
        if row.object_id not in self._members:
            return False
        if standing is None:
            return True
        if standing.provenance is Provenance.PREEXISTING or standing.state in _UNDER_WAY:
            return False
        return standing.state is not State.WITHDRAWN or standing.since < self._now - _STALE_READS

    def _lines(self) -> Iterator[str]:
        for one in self._additions:
            yield f"add\0{one.object_id}\0{one.kind}\0{one.reference}\0"
        for gone in self._removals:
            yield f"remove\0{gone.object_id}\0{gone.reason}\0"
        for drift in self._drift:
            yield f"drift\0{drift.object_id}\0{drift.reason}\0"


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
