"""Selection: where each wave cuts, and which wave is the first to mean somebody."""

from array import array
from collections import defaultdict
from collections.abc import Mapping, Sequence

from shared.domain.rollout.cohort import NOBODY, Cut, cut_after
from shared.domain.rollout.document import Count, GroupRing, Ring, Selection, Share, Wave


class Census:
    """The positions of everybody who is eligible, by stratum; without strata all are in one."""

    def __init__(self, *, balanced: bool) -> None:
        self._balanced = balanced
        self._strata: defaultdict[str, array[float]] = defaultdict(lambda: array("d"))

    def count(self, place: float, stratum: str) -> None:
        """Counts somebody who is eligible."""
        self._strata[stratum].append(place)

    @property
    def size(self) -> int:
        """How many have been counted."""
        return sum(map(len, self._strata.values()))

    def cuts(self, waves: Sequence[Wave], begun: Sequence[Cut]) -> tuple[Cut, ...]:
        """Returns where each wave cuts: as it was fixed, or as it would be among those counted.

        Each wave reaches at least as far as the wave before; a ring reaches no further.
        """
        found = list(begun[: len(waves)])
        places = self._sorted() if len(found) < len(waves) else {}
        for wave in waves[len(found) :]:
            cut = self._cut(wave.selection, places)
            found.append(cut.at_least(found[-1] if found else NOBODY))
        return tuple(found)

    def _sorted(self) -> Mapping[str, Sequence[float]]:
        return {one: array("d", sorted(places)) for one, places in self._strata.items()}

    def _cut(self, selection: Selection, places: Mapping[str, Sequence[float]]) -> Cut:
        sizes = {stratum: len(there) for stratum, there in places.items()}
        match selection:
            case Share(share) if self._balanced:
                quotas = {stratum: round(share * size) for stratum, size in sizes.items()}
                return Cut(share, _after(quotas, places))
            case Share(share):
                return Cut(share)
            case Count(people) if self._balanced:
                share = min(people / self.size, 1.0) if self.size else 1.0
                return Cut(share, _after(apportioned(people, sizes), places))
            case Count(people):
                return Cut(cut_after(people, next(iter(places.values()), ())))
            case _:
                return NOBODY


def _after(quotas: Mapping[str, int], places: Mapping[str, Sequence[float]]) -> dict[str, float]:
    return {stratum: cut_after(quota, places[stratum]) for stratum, quota in quotas.items()}


def apportioned(people: int, sizes: Mapping[str, int]) -> dict[str, int]:
    """Shares so many people out by the sizes, exactly; the largest remainders are rounded up."""
    total = sum(sizes.values())
    people = min(people, total)
    quotas = {one: people * size // total for one, size in sizes.items()}
    by_remainder = sorted(sizes, key=lambda one: (-(people * sizes[one] % total), one))
    for one in by_remainder[: people - sum(quotas.values())]:
        quotas[one] += 1
    return quotas


class Rings:
    """The waves that name people or a group."""

    def __init__(self, waves: Sequence[Wave]) -> None:
        self._none = len(waves)
        self._named = [
            (number, wave.selection.object_ids)
            for number, wave in enumerate(waves)
            if isinstance(wave.selection, Ring)
        ]
        self._groups = [
            (number, wave.selection.group_id)
            for number, wave in enumerate(waves)
            if isinstance(wave.selection, GroupRing)
        ]

    def first(self, object_id: str, group_ids: frozenset[str]) -> int:
        """Returns the number, from 0, of the first ring with that person.

        For a person in no ring it is the number of all waves.
        """
        named = (number for number, ids in self._named if object_id in ids)
        groups = (number for number, group_id in self._groups if group_id in group_ids)
        return min(next(named, self._none), next(groups, self._none))


class Reach:
    """The waves that go by position, each up to its cut."""

    def __init__(self, waves: Sequence[Wave], cuts: Sequence[Cut]) -> None:
        self._cuts = [
            (number, cut)
            for number, (wave, cut) in enumerate(zip(waves, cuts, strict=True))
            if isinstance(wave.selection, Count | Share)
        ]

    def first(self, place: float, stratum: str, ring: int) -> int:
        """Returns the number of the first wave that holds that position.

        It is the number of the ring if the ring comes first.
        """
        for number, cut in self._cuts:
            if number > ring:
                break
            if cut.covers(place, stratum):
                return number
        return ring
