"""The count of a brake: who was admitted in the time that it looks back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Self

from shared.domain.person.brake import Rate

_DIGITS = 16
"""Of a digest: names of people are not kept for longer than the people."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """By a digest of whom: when, in seconds since 1970."""

    at: Mapping[str, int]

    def admitting(
        self, people: Sequence[str], rate: Rate, now: datetime
    ) -> tuple[Self, frozenset[str]]:
        """Returns the count afterwards, and who of the people is within the rate."""
        if rate.people is None:
            return self, frozenset(people)
        seconds = int(now.timestamp())
        since = int((now - min(rate.within, timedelta(days=400))).timestamp())
        # Another instance's clock may be a little ahead: what it has counted counts.
        counted = {one: at for one, at in self.at.items() if at > since}
        admitted: set[str] = set()
        for person in people:
            digest = _digest(person)
            if digest not in counted and len(counted) >= rate.people:
                continue
            counted.setdefault(digest, seconds)
            admitted.add(person)
        return type(self)(counted), frozenset(admitted)


def _digest(person: str) -> str:
    return sha256(person.encode()).hexdigest()[:_DIGITS]
