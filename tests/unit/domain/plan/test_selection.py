"""Where waves cut: fixed or as of today, never short of the wave before, in every stratum."""

import pytest

from shared.domain.plan.selection import Census, apportioned
from shared.domain.rollout.cohort import NOBODY, Cut
from shared.domain.rollout.document import Count, Ring, Selection, Share, Wave
from tests.support.plans import a_document

TENTHS = [number / 10 for number in range(10)]


def waves(*selections: Selection) -> tuple[Wave, ...]:
    return a_document(*selections).waves


def census(*, balanced: bool = False, **places: list[float]) -> Census:
    counted = Census(balanced=balanced)
    for stratum, there in places.items():
        for place in reversed(there):
            counted.count(place, stratum)
    return counted


def test_a_share_of_everybody_cuts_at_the_share_itself() -> None:
    assert census().cuts(waves(Share(0.25)), ()) == (Cut(0.25),)


def test_a_count_cuts_at_the_position_after_so_many_people() -> None:
    everybody = census(all=TENTHS)
    assert everybody.size == 10
    cuts = everybody.cuts(waves(Count(0), Count(3), Count(10)), ())
    assert [cut.below for cut in cuts] == [0.0, 0.3, 1.0]


def test_a_balanced_share_cuts_every_stratum_by_itself_and_a_new_one_at_the_share() -> None:
    both = census(balanced=True, sales=TENTHS, it=[0.7, 0.8, 0.9, 0.95])
    assert both.cuts(waves(Share(0.5)), ()) == (Cut(0.5, {"sales": 0.5, "it": 0.9}),)


def test_a_balanced_count_cuts_in_proportion_and_a_new_stratum_at_the_share_it_comes_to() -> None:
    both = census(balanced=True, sales=TENTHS[:6], it=[0.8, 0.9])
    assert both.cuts(waves(Count(4)), ()) == (Cut(0.5, {"sales": 0.3, "it": 0.9}),)


def test_a_balanced_count_among_nobody_holds_whoever_comes_as_a_plain_one_does() -> None:
    plain, even = census(), census(balanced=True)
    assert plain.cuts(waves(Count(4)), ()) == even.cuts(waves(Count(4)), ()) == (Cut(1.0),)


def test_a_wave_that_has_begun_cuts_where_it_was_fixed() -> None:
    everybody = census(all=TENTHS)
    fixed = Cut(0.15)
    assert everybody.cuts(waves(Count(3), Count(4)), (fixed,)) == (fixed, Cut(0.4))
    assert everybody.cuts(waves(Count(3)), (fixed, Cut(0.4))) == (fixed,)


@pytest.mark.parametrize("later", [Ring(frozenset()), Share(0.2), Count(1)])
def test_a_later_wave_reaches_at_least_as_far_as_the_one_before(later: Selection) -> None:
    everybody = census(all=TENTHS)
    assert everybody.cuts(waves(Share(0.5), later), ()) == (Cut(0.5), Cut(0.5))


def test_a_ring_at_the_beginning_reaches_nobody_by_position() -> None:
    assert census(all=TENTHS).cuts(waves(Ring(frozenset({"a"}))), ()) == (NOBODY,)


@pytest.mark.parametrize(
    ("people", "shares"),
    [
        (0, {"a": 0, "b": 0, "c": 0}),
        (1, {"a": 1, "b": 0, "c": 0}),
        (4, {"a": 2, "b": 1, "c": 1}),
        (9, {"a": 4, "b": 3, "c": 2}),
        (10, {"a": 5, "b": 3, "c": 2}),
        (99, {"a": 5, "b": 3, "c": 2}),
    ],
)
def test_people_are_shared_out_by_the_largest_remainders(
    people: int, shares: dict[str, int]
) -> None:
    assert apportioned(people, {"a": 5, "b": 3, "c": 2}) == shares


def test_of_equal_remainders_the_first_name_is_rounded_up() -> None:
    assert apportioned(1, {"b": 2, "a": 2}) == {"a": 1, "b": 0}
