"""The hour: how many people were written in it without anybody's having seen a plan of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Self

from shared.domain.person.enrolment import Enrolment, State
from shared.domain.person.policy import TenantRules
from shared.domain.person.reasons import Reason
from shared.domain.rollout.document import Limit

HOUR = timedelta(hours=1)
_SHOWN = frozenset({Reason.IN_WAVE, Reason.ROLLED_BACK, Reason.CALLED_OFF})
"""Why people are written whom an operator was shown first: by a plan of waves, or by a rollback."""
_MOST_REMEMBERED = 2_000
"""Marks kept of those who were counted; a property of a table holds 32 Ki characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """Numbers of people; below nothing where an operator has allowed as many more."""

    begins: datetime
    additions: int = 0
    removals: int = 0
    repairs: int = 0
    """Memberships that others had changed; each is one of the above as well."""
    counted: tuple[str, ...] = ()
    """Marks of the newest who were counted, so that a message that comes again counts nobody twice:
    Graph was away, or its lock was lost."""

    def counting(self, owed: Iterable[Enrolment], now: datetime) -> Self:
        """Returns the hour with these people in it, or the next one where this one is over."""
        hour = self._at(now)
        known = set(hour.counted)
        marks = {_mark(one): one.state for one in owed if _counts(one)}
        fresh = {mark: state for mark, state in marks.items() if mark not in known}
        states = list(fresh.values())
        return replace(
            hour,
            additions=hour.additions + states.count(State.REQUESTED),
            removals=hour.removals + states.count(State.WITHDRAWING),
            counted=(*hour.counted, *fresh)[-_MOST_REMEMBERED:],
        )

    def allowing_owed(self, owed: Mapping[tuple[State, Reason], int], now: datetime) -> Self:
        """Returns the hour in which an operator allows everybody who is owed a write by now.

        Each of them counts once more when it is written, whether or not they were counted before.

        Args:
            owed: How many people are in each state, for which reason.
            now: The time, in UTC.
        """
        unshown = {one: people for one, people in owed.items() if one[1] not in _SHOWN}
        sums = {
            state: sum(people for (one, _), people in unshown.items() if one is state)
            for state in (State.REQUESTED, State.WITHDRAWING)
        }
        allowed = self.allowing(
            now, additions=sums[State.REQUESTED], removals=sums[State.WITHDRAWING]
        )
        return replace(allowed, counted=())

    def repairing(self, people: int, now: datetime) -> Self:
        """Returns the hour with so many repairs in it, or the next one where this one is over."""
        hour = self._at(now)
        return replace(hour, repairs=hour.repairs + people)

    def allowing(
        self, now: datetime, *, additions: int = 0, removals: int = 0, repairs: int = 0
    ) -> Self:
        """Returns the hour in which an operator allows so many beside those that were counted."""
        hour = self._at(now)
        return replace(
            hour,
            additions=hour.additions - additions,
            removals=hour.removals - removals,
            repairs=hour.repairs - repairs,
        )

    def exceeded(self, rules: TenantRules, in_scope: int) -> str | None:
        """Says by how much these are too many for an hour, or returns None if they are not."""
        additions = Limit(people=rules.additions_per_hour)
        if too_many := additions.exceeded_by(self.additions, max(self.additions, in_scope)):
            return f"additions within an hour: {too_many}"
        removals = Limit(rules.removals_per_hour_share, rules.removals_per_hour)
        if too_many := removals.exceeded_by(self.removals, in_scope):
            return f"removals within an hour: {too_many}"
        return None

    def _at(self, now: datetime) -> Self:
        """Returns the hour that it is; what was allowed and not used is still allowed."""
        if now - self.begins < HOUR:
            return self
        return replace(
            self,
            begins=now,
            additions=min(0, self.additions),
            removals=min(0, self.removals),
            repairs=min(0, self.repairs),
        )


def _mark(enrolment: Enrolment) -> str:
    """Returns what is kept of one who was counted: it names nobody, and is new with each wish."""
    told = f"{enrolment.key}\0{enrolment.state}\0{enrolment.since.isoformat()}"
    return sha256(told.encode()).hexdigest()[:12]


def _counts(enrolment: Enrolment) -> bool:
    """Tells whether a write is one that no plan has shown, and is not issued once more."""
    return enrolment.reason not in _SHOWN and enrolment.reissues == 0
