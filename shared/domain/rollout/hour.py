"""The hour: how many people were written in it without anybody's having seen a plan of it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Self

from shared.domain.person.enrolment import Enrolment, State
from shared.domain.person.policy import TenantRules
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

HOUR = timedelta(hours=1)
_SHOWN = frozenset({Reason.IN_WAVE, Reason.ROLLED_BACK, Reason.CALLED_OFF})
"""Why people are written whom an operator was shown first: by a plan of waves, or by a rollback."""
_MOST_REMEMBERED = 2_000
"""Marks kept of those who were counted; a property of a table holds 32 Ki characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """Numbers of people whom no operator has allowed, and what operators have allowed beside them.

    In rows of before allowances were kept by themselves a number is below nothing where an operator
    had allowed so many.
    """

    begins: datetime
    additions: int = 0
    removals: int = 0
    repairs: int = 0
    """Memberships that others had changed; each is one of the above as well."""
    counted: tuple[str, ...] = ()
    """Marks of the newest who were counted, so that a message that comes again counts nobody twice:
    Graph was away, or its lock was lost."""
    allowances: Allowances = ()
    """What operators have allowed and nobody has used."""
    repaired: tuple[str, ...] = ()
    """Marks of the newest repairs that were counted, so that one that was interrupted before it was
    made, and comes again, does not count twice."""

    def counting(self, owed: Iterable[Enrolment], now: datetime) -> Self:
        """Returns the hour with these people in it, or the next one where this one is over."""
        known = set(self.counted)
        marks = {_mark(one): one.state for one in owed if _counts(one)}
        fresh = {mark: state for mark, state in marks.items() if mark not in known}
        states = list(fresh.values())
        people = Numbers(states.count(State.REQUESTED), states.count(State.WITHDRAWING))
        counted = (*self.counted, *fresh)[-_MOST_REMEMBERED:]
        return replace(self._with(people, now), counted=counted)

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
        return replace(hour, allowances=allowances, counted=())

    def repairing(self, marks: Iterable[str], now: datetime) -> Self:
        """Returns the hour with these repairs in it, or the next one where this one is over.

        Args:
            marks: As `mark_of_repair` tells one repair from another.
            now: The time, in UTC.
        """
        known = set(self.repaired)
        fresh = [mark for mark in dict.fromkeys(marks) if mark not in known]
        repaired = (*self.repaired, *fresh)[-_MOST_REMEMBERED:]
        return replace(self._with(Numbers(repairs=len(fresh)), now), repaired=repaired)

    def allowing(
        self, now: datetime, *, additions: int = 0, removals: int = 0, repairs: int = 0
    ) -> Self:
        """Returns the hour in which an operator allows so many beside those that were counted."""
        hour = self._at(now)
        given = Allowance.given(Numbers(additions, removals, repairs), now)
        return replace(hour, allowances=together(hour.allowances, given))

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

    def _with(self, people: Numbers, now: datetime) -> Self:
        """Returns the hour with these people in it; what is allowed is used up first."""
        hour = self._at(now)
        allowances, unallowed = use(hour.allowances, people)
        counted = Numbers(hour.additions, hour.removals, hour.repairs).plus(unallowed)
        return replace(hour, allowances=allowances, **counted._asdict())

    def _at(self, now: datetime) -> Self:
        """Returns the hour that it is, with what is still allowed."""
        hour = self._by_itself()
        held = still_held(hour.allowances, now)
        if now - hour.begins < HOUR:
            return replace(hour, allowances=held)
        return replace(hour, begins=now, allowances=held, **Numbers()._asdict())

    def _by_itself(self) -> Self:
        """Returns the hour with what a row of before had allowed as an allowance that ends."""
        counted = self._numbers.at_least_none()
        if counted == self._numbers:
            return self
        given = Allowance.given(counted.minus(self._numbers), self.begins)
        allowances = together(self.allowances, given)
        return replace(self, allowances=allowances, **counted._asdict())


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


def _mark(enrolment: Enrolment) -> str:
    """Returns what is kept of one who was counted: it names nobody, and is new with each wish."""
    told = f"{enrolment.key}\0{enrolment.state}\0{enrolment.since.isoformat()}"
    return sha256(told.encode()).hexdigest()[:12]


def _counts(enrolment: Enrolment) -> bool:
    """Tells whether a write is one that no plan has shown, and is not issued once more."""
    return enrolment.reason not in _SHOWN and enrolment.reissues == 0
