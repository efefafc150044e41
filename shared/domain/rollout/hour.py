"""The hour: how many people were written in it without anybody's having seen a plan of it.

It slides: at any moment it is the last one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, Self

from shared.domain.person.enrolment import Enrolment, State
from shared.domain.person.policy import SourceOfAuthority, TenantRules
from shared.domain.person.reasons import Reason
from shared.domain.rollout.allowance import (
    Allowance,
    Allowances,
    Numbers,
    still_held,
    together,
    use,
)
from shared.domain.rollout.document import Limit
from shared.domain.rollout.minutes import (
    MOST_REMEMBERED,
    Minute,
    Minutes,
    counted_now,
    in_last_hour,
    marks_of,
    total_of,
    without_marks,
)

_SHOWN = frozenset({Reason.IN_WAVE, Reason.ROLLED_BACK, Reason.CALLED_OFF})
"""Why people are written whom an operator was shown first: by a plan of waves, or by a rollback."""
_REPAIR = Numbers(repairs=1)
_MOST_OPERATIONS = 100
"""Operations remembered; a message that comes again does so for an hour or two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """Numbers of people whom no operator has allowed, and what operators have allowed beside them.

    In rows of before allowances were kept by themselves a number is below nothing where an operator
    had allowed so many.
    """

    begins: datetime
    """When the oldest were counted; in rows of before it slid, when the hour began."""
    additions: int = 0
    removals: int = 0
    repairs: int = 0
    """Memberships that others had changed; each is one of the above as well."""
    counted: tuple[str, ...] = ()
    """Marks of those who were counted, in rows of before the hour slid."""
    allowances: Allowances = ()
    """What operators have allowed and nobody has used."""
    repaired: tuple[str, ...] = ()
    """Marks of repairs that were counted, likewise."""
    minutes: Minutes = ()
    """Who was counted when; the numbers above are their sum."""
    excused: tuple[str, ...] = ()
    """Marks of the newest who have used what operators had allowed; they count no more."""
    allowed_for: tuple[str, ...] = ()
    """Keys of the newest operations that allowed anybody, so that none allows them twice."""

    def counting(self, owed: Iterable[Enrolment], now: datetime) -> Self:
        """Returns the hour with these people in it.

        Whoever was counted in the last hour and comes again counts once, as of now: it is now that
        they are written. Whoever was counted earlier, and was not written, counts again.
        """
        return self._counting(_marks(owed), now)

    def knows(self, owed: Iterable[Enrolment], now: datetime) -> bool:
        """Tells whether each of them was found to be few enough before, in this very hour."""
        hour = self._at(now)
        return _marks(owed).keys() <= marks_of(hour.minutes) | set(hour.excused)

    def allowing_owed(self, owed: Iterable[Enrolment], now: datetime) -> Self:
        """Returns the hour in which an operator allows everybody who is owed a write by now.

        Each of them counts once more when it is written, whether or not they were counted before.
        What was allowed before and nobody has used is taken to be theirs, and holds as long as this
        word: so nobody is allowed twice, by whatever words, and nothing is left over.

        Args:
            owed: Whoever may be owed a write; who only awaits confirmation is not.
            now: The time, in UTC.
        """
        states = [one.state for one in owed if one.awaits_write and _counts(one)]
        people = Numbers(states.count(State.REQUESTED), states.count(State.WITHDRAWING))
        hour = self._at(now)
        others, _ = use(hour.allowances, people)
        allowances = together(others, Allowance.given(people, now))
        return replace(hour, allowances=allowances, excused=(), minutes=without_marks(hour.minutes))

    def repairing(self, marks: Iterable[str], now: datetime) -> Self:
        """Returns the hour with these repairs in it; one that comes again counts once, as of now.

        Args:
            marks: As `mark_of_repair` tells one repair from another.
            now: The time, in UTC.
        """
        return self._counting(dict.fromkeys(marks, _REPAIR), now)

    def allowing(
        self,
        now: datetime,
        *,
        additions: int = 0,
        removals: int = 0,
        repairs: int = 0,
        operation: str = "",
    ) -> Self:
        """Returns the hour in which an operator allows so many beside those that were counted.

        Args:
            now: The time, in UTC.
            additions: How many may be put in.
            removals: How many may be taken out.
            repairs: How many of them undo what others did.
            operation: What they were shown for, if that may be said again: it counts once.
        """
        if operation and operation in self.allowed_for:
            return self
        hour = self._at(now)
        given = Allowance.given(Numbers(additions, removals, repairs), now)
        said = (*hour.allowed_for, operation) if operation else hour.allowed_for
        return replace(
            hour,
            allowances=together(hour.allowances, given),
            allowed_for=said[-_MOST_OPERATIONS:],
        )

    def allowed(self, now: datetime) -> Allowances:
        """Returns what operators have allowed, nobody has used, and has not ended."""
        return self._at(now).allowances

    def exceeded(self, rules: TenantRules, in_scope: int) -> str | None:
        """Says by how much these are too many for an hour, or returns None if they are not."""
        additions = Limit(people=rules.additions_per_hour)
        if too_many := additions.exceeded_by(self.additions, max(self.additions, in_scope)):
            return f"additions within an hour: {too_many}"
        removals = Limit(rules.removals_per_hour_share, rules.removals_per_hour)
        if too_many := removals.exceeded_by(self.removals, in_scope):
            return f"removals within an hour: {too_many}"
        return None

    @property
    def _numbers(self) -> Numbers:
        return Numbers(self.additions, self.removals, self.repairs)

    def _counting(self, marks: Mapping[str, Numbers], now: datetime) -> Self:
        """Returns the hour with these in it; what is allowed is used up first."""
        hour = self._at(now)
        known, excused = marks_of(hour.minutes), set(hour.excused)
        counted = {mark: of for mark, of in marks.items() if mark in known}
        fresh = {mark: of for mark, of in marks.items() if mark not in known | excused}
        allowances, left = hour.allowances, list[str]()
        for mark, of in fresh.items():
            allowances, unallowed = use(allowances, of)
            if any(unallowed):
                counted[mark] = of
            else:
                left.append(mark)
        minutes = counted_now(hour.minutes, counted, now)
        return replace(
            hour,
            allowances=allowances,
            excused=(*hour.excused, *left)[-MOST_REMEMBERED:],
            **_summed(minutes, hour.begins),
        )

    def _at(self, now: datetime) -> Self:
        """Returns the hour that it is, with what is still allowed."""
        hour = self._by_itself()
        minutes = in_last_hour(hour.minutes, now)
        return replace(
            hour, allowances=still_held(hour.allowances, now), **_summed(minutes, hour.begins)
        )

    def _by_itself(self) -> Self:
        """Returns the hour as it is kept by now, whatever row of before it was read from."""
        if self.minutes:
            return self
        counted = self._numbers.at_least_none()
        allowances = self.allowances
        if counted != self._numbers:
            given = Allowance.given(counted.minus(self._numbers), self.begins)
            allowances = together(allowances, given)
        minute = Minute(at=self.begins, marks=(*self.counted, *self.repaired), **counted._asdict())
        minutes = (minute,) if any(counted) else ()
        hour = replace(self, allowances=allowances, counted=(), repaired=())
        return replace(hour, **_summed(minutes, self.begins))


def _summed(minutes: Minutes, begins: datetime) -> dict[str, Any]:
    """Returns the fields that follow from the minutes."""
    began = minutes[0].at if minutes else begins
    return {"minutes": minutes, "begins": began, **total_of(minutes)._asdict()}


def mark_of_repair(key: str, reason: Reason, since: datetime | None) -> str:
    """Returns what is kept of a repair: it names nobody, and is new with each change by hand.

    Args:
        key: Whom it concerns.
        reason: What others have done.
        since: When the person came to be in their state; a repair moves them to another. None for
            somebody of whom nothing is remembered.
    """
    told = f"{key}\0{reason}\0{since.isoformat() if since else ''}"
    return sha256(told.encode()).hexdigest()[:12]


def _marks(owed: Iterable[Enrolment]) -> Mapping[str, Numbers]:
    """Returns what each counts as who counts, by their marks."""
    return {_mark(one): _as_counted(one) for one in owed if _counts(one)}


def _as_counted(enrolment: Enrolment) -> Numbers:
    is_added = enrolment.state is State.REQUESTED
    is_removed = enrolment.state is State.WITHDRAWING
    return Numbers(additions=int(is_added), removals=int(is_removed))


def _mark(enrolment: Enrolment) -> str:
    """Returns what is kept of one who was counted: it names nobody, and is new with each wish."""
    told = f"{enrolment.key}\0{enrolment.state}\0{enrolment.since.isoformat()}"
    return sha256(told.encode()).hexdigest()[:12]


def _counts(enrolment: Enrolment) -> bool:
    """Tells whether a write is one that no plan has shown, and that nobody has carried out yet.

    A membership that was written and does not show is written once more, and a command is sent once
    more to a worker that has not answered: neither puts anybody in besides. Who was never written,
    since Graph was away, counts as often as it is tried.
    """
    if enrolment.reason in _SHOWN:
        return False
    is_of_cloud = enrolment.source_of_authority is SourceOfAuthority.CLOUD
    never_written = is_of_cloud and enrolment.reason is not Reason.REQUESTED_AGAIN
    return enrolment.reissues == 0 or never_written
