"""Cohorts: everybody's fixed place in the rollout, and where a wave cuts.

A person's position follows from the rollout's salt and the object id alone, so that a restart
picks the same people, and a wave that cuts higher holds everybody whom a lower cut holds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

_DIGITS = 13
"""Hexadecimal digits of the digest that are used: 52 bits, all of which a float keeps."""
_PLACES = 1 << (4 * _DIGITS)


def position(salt: str, object_id: str) -> float:
    """Returns the person's place in [0, 1), evenly spread and the same every time."""
    digest = sha256(f"{salt}\0{object_id}".encode()).hexdigest()
    return int(digest[:_DIGITS], 16) / _PLACES


@dataclass(frozen=True, slots=True)
class Cut:
    """Up to where a wave reaches: everybody whose position is below, by stratum where balanced.

    It is fixed when the wave starts. Who joins a stratum later is measured by the same cut; who
    is the first of a new stratum, by the one for all.
    """

    below: float
    by_stratum: Mapping[str, float] = field(default_factory=dict)

    def covers(self, place: float, stratum: str) -> bool:
        """Tells whether somebody at that position is within."""
        return place < self.by_stratum.get(stratum, self.below)

    def at_least(self, other: "Cut") -> "Cut":
        """Returns the cut that holds everybody whom either holds: a later wave lets nobody go."""
        strata = self.by_stratum.keys() | other.by_stratum.keys()
        return Cut(
            max(self.below, other.below),
            {
                one: max(
                    self.by_stratum.get(one, self.below), other.by_stratum.get(one, other.below)
                )
                for one in strata
            },
        )


NOBODY = Cut(0.0)
EVERYBODY = Cut(1.0)


def cut_after(count: int, places: Sequence[float]) -> float:
    """Returns where to cut so that so many of the places, sorted from low to high, are within.

    If that is all of them, whoever comes later is within as well.
    """
    if count <= 0:
        return 0.0
    return places[count] if count < len(places) else 1.0
