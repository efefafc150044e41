"""Everybody's place in the rollout, and whom a cut holds."""

from collections import Counter
from uuid import NAMESPACE_OID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.rollout.cohort import EVERYBODY, NOBODY, Cut, cut_after, position

STRATA = ["it", "sales", "law", "nobody knows"]
PLACES = st.floats(0, 1, exclude_max=True)
CUTS = st.builds(
    Cut,
    st.floats(0, 1),
    st.dictionaries(st.sampled_from(STRATA[:3]), st.floats(0, 1)),
)


def object_ids(count: int) -> list[str]:
    return [str(uuid5(NAMESPACE_OID, str(number))) for number in range(count)]


@given(CUTS, CUTS, PLACES, st.sampled_from(STRATA))
def test_a_later_cut_holds_exactly_whom_it_or_the_earlier_one_holds(
    earlier: Cut, later: Cut, place: float, stratum: str
) -> None:
    reach = later.at_least(earlier)
    assert reach.covers(place, stratum) == (
        earlier.covers(place, stratum) or later.covers(place, stratum)
    )


@given(st.lists(CUTS, min_size=1, max_size=5), PLACES, st.sampled_from(STRATA))
def test_whoever_a_wave_holds_every_later_wave_holds(
    cuts: list[Cut], place: float, stratum: str
) -> None:
    reach, held = NOBODY, []
    for cut in cuts:
        reach = cut.at_least(reach)
        held.append(reach.covers(place, stratum))
    assert held == sorted(held)


@given(st.text(max_size=8), st.text(min_size=1, max_size=40), st.sampled_from(STRATA))
def test_everybody_is_within_the_whole_and_nobody_within_nothing(
    salt: str, object_id: str, stratum: str
) -> None:
    place = position(salt, object_id)
    assert 0 <= place < 1
    assert EVERYBODY.covers(place, stratum)
    assert not NOBODY.covers(place, stratum)


def test_a_place_is_the_same_in_every_process_and_release() -> None:
    # printf 'salt\\0a22a0000-0000-0000-0000-00000000000a' | sha256sum | cut -c1-13
    expected = 0x9C3E83BD51C69 / 2**52
    assert position("salt", "a22a0000-0000-0000-0000-00000000000a") == expected


def test_places_are_spread_evenly() -> None:
    people = object_ids(20_000)
    tenths = Counter(int(position("spring", one) * 10) for one in people)
    assert set(tenths) == set(range(10))
    # Five standard deviations of a fair draw of 2,000 are 212.
    assert all(abs(count - 2_000) < 212 for count in tenths.values())


def test_another_salt_draws_other_people() -> None:
    people = object_ids(20_000)
    spring = {one for one in people if position("spring", one) < 0.1}
    autumn = {one for one in people if position("autumn", one) < 0.1}
    # By chance a tenth of a tenth is in both; five standard deviations are 70.
    assert abs(len(spring & autumn) - 200) < 70


@given(
    st.lists(st.uuids().map(str), unique=True, max_size=20).flatmap(
        lambda ids: st.tuples(st.just(ids), st.permutations(ids))
    ),
    st.integers(0, 25),
)
def test_whom_a_cut_picks_does_not_depend_on_the_order_of_the_people(
    orders: tuple[list[str], list[str]], count: int
) -> None:
    def picked(ids: list[str]) -> set[str]:
        places = {one: position("salt", one) for one in ids}
        cut = cut_after(count, sorted(places.values()))
        return {one for one, place in places.items() if place < cut}

    assert picked(orders[0]) == picked(orders[1])


@given(st.sets(PLACES, max_size=30).map(sorted), st.integers(0, 40))
def test_a_cut_after_so_many_holds_so_many_or_all(places: list[float], count: int) -> None:
    cut = cut_after(count, places)
    assert sum(place < cut for place in places) == min(count, len(places))


@pytest.mark.parametrize(
    ("count", "places", "cut"),
    [(0, [], 0.0), (0, [0.5], 0.0), (1, [0.5], 1.0), (1, [], 1.0), (1, [0.2, 0.5], 0.5)],
)
def test_whoever_comes_later_is_within_only_where_all_are_wanted(
    count: int, places: list[float], cut: float
) -> None:
    assert cut_after(count, places) == cut


def test_somebody_of_a_new_stratum_is_measured_by_the_cut_for_all() -> None:
    cut = Cut(0.5, {"it": 0.1, "sales": 0.9})
    assert [cut.covers(0.4, one) for one in STRATA] == [False, True, True, True]
