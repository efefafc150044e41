"""What is known of whom SSPR is on for: by the audit log, by the report, and by neither."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.rollout.sspr_finding import SsprFinding
from shared.domain.rollout.sspr_policy import PolicyChange, SettingChange, SsprScope
from shared.domain.rollout.sspr_shares import FEWEST, EnabledCount, SharesSeen
from shared.domain.rollout.sspr_sight import LAG, SightSource, SsprSight

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
OURS, THEIRS = "0f0e0d0c-0000-4000-8000-00000000000a", "0f0e0d0c-0000-4000-8000-00000000000b"
CHOICE, GROUP = "EnablementType", "PasswordResetEnabledGroupIds"
ALL, NONE, SELECTED = (CHOICE, "2"), (CHOICE, "0"), (CHOICE, "1")
NOTHING_KNOWN = SsprSight()

ON = SsprFinding.ON_FOR_GROUP
settings = st.sampled_from(
    [ALL, NONE, SELECTED, (CHOICE, "?"), (GROUP, OURS), (GROUP, THEIRS), ("NotifyUsers", "1")]
)
changes = st.lists(
    st.builds(
        lambda minutes, named: change(*named, at=NOW + minutes * MINUTE),
        st.integers(0, 5000),
        st.lists(settings, max_size=3),
    ),
    max_size=8,
)
counts = st.integers(0, 40).flatmap(
    lambda people: st.builds(EnabledCount, st.just(people), st.integers(0, people))
)
readings = st.builds(
    lambda minutes, inside, outside: SharesSeen(
        read_at=NOW + minutes * MINUTE, inside=inside, outside=outside
    ),
    st.integers(0, 5000),
    counts,
    counts,
)


def change(*named: tuple[str, str], at: datetime = NOW) -> PolicyChange:
    made = tuple(SettingChange(name, None, after) for name, after in named)
    return PolicyChange(at=at, activity="Update SSPR Settings", settings=made)


def after(*made: tuple[tuple[str, str], ...], known: SsprSight = NOTHING_KNOWN) -> SsprSight:
    several = [change(*one, at=NOW + number * MINUTE) for number, one in enumerate(made)]
    return known.following(several, OURS)


def test_what_the_report_shows_is_as_old_as_it_may_lag() -> None:
    by_log = after((ALL,))
    assert (by_log.known_for, by_log.logged_at) == (NOW, NOW)
    later = NOW + 2 * LAG
    both = by_log.weighing(seen((9, 9), (9, 9), later))
    assert (both.known_for, both.logged_at) == (later - LAG, NOW)
    by_report = NOTHING_KNOWN.weighing(seen((9, 9), (9, 0), NOW))
    assert (by_report.known_for, by_report.logged_at) == (NOW - LAG, None)
    overruled = by_log.weighing(seen((9, 9), (9, 0), later))
    assert overruled.logged_at is None
    assert NOTHING_KNOWN.known_for is None


def seen(inside: tuple[int, int], outside: tuple[int, int], at: datetime = NOW) -> SharesSeen:
    """Shares of a reading; each pair is how many people, and how many of them enabled."""
    return SharesSeen(read_at=at, inside=EnabledCount(*inside), outside=EnabledCount(*outside))


@pytest.mark.parametrize(
    ("made", "finding", "scope"),
    [
        ([(ALL,)], SsprFinding.ON_FOR_ALL, SsprScope.ALL),
        ([(NONE,)], SsprFinding.OFF, SsprScope.NONE),
        ([(SELECTED, (GROUP, OURS))], ON, SsprScope.GROUP),
        ([((GROUP, THEIRS),)], SsprFinding.OTHER_GROUP, None),
        ([(SELECTED,)], SsprFinding.CHANGED, None),
        ([(SELECTED, (GROUP, OURS)), (NONE,), (SELECTED,)], ON, SsprScope.GROUP),
        ([((GROUP, THEIRS),), (ALL,), (SELECTED,)], SsprFinding.OTHER_GROUP, None),
        ([((GROUP, THEIRS),), ((GROUP, OURS),)], ON, SsprScope.GROUP),
        ([(ALL,), ((GROUP, OURS),)], SsprFinding.CHANGED, None),
        ([((CHOICE, "?"), (GROUP, OURS))], SsprFinding.CHANGED, None),
        ([(ALL,), ()], SsprFinding.CHANGED, None),
        ([(ALL,), (("NotifyUsers", "1"),)], SsprFinding.ON_FOR_ALL, SsprScope.ALL),
        ([], SsprFinding.NOT_KNOWN, None),
    ],
)
def test_the_log_is_believed_as_far_as_it_can_be_read(
    made: list[tuple[tuple[str, str], ...]], finding: SsprFinding, scope: SsprScope | None
) -> None:
    known = after(*made)
    assert (known.finding, known.scope) == (finding, scope)
    assert known.source is (SightSource.AUDIT_LOG if made else None)


@pytest.mark.parametrize(
    ("inside", "outside", "finding"),
    [
        ((10, 10), (10, 0), ON),
        ((10, 9), (10, 1), ON),
        ((10, 10), (10, 10), SsprFinding.ON_FOR_ALL),
        ((0, 0), (10, 9), SsprFinding.ON_FOR_ALL),
        ((10, 1), (10, 0), SsprFinding.OFF),
        ((10, 0), (4, 4), SsprFinding.OFF),
        ((10, 0), (1000, 5), SsprFinding.OTHER_GROUP),
        ((10, 0), (10, 10), SsprFinding.OTHER_GROUP),
        ((10, 10), (4, 0), None),
        ((4, 0), (4, 4), None),
        ((0, 0), (10, 0), None),
        ((10, 5), (10, 0), None),
        ((10, 10), (10, 5), None),
    ],
)
def test_the_report_shows_the_choice_by_enough_people_on_a_side(
    inside: tuple[int, int], outside: tuple[int, int], finding: SsprFinding | None
) -> None:
    assert seen(inside, outside).finding is finding
    known = NOTHING_KNOWN.weighing(seen(inside, outside))
    assert known.finding is (finding or SsprFinding.NOT_KNOWN)


def test_a_report_that_may_be_of_before_a_change_does_not_overrule_it_and_a_later_one_does() -> (
    None
):
    known = after((NONE,))
    showing = seen((10, 10), (10, 0), NOW + LAG - MINUTE)
    assert known.weighing(showing) == known
    over = known.weighing(replace(showing, read_at=NOW + LAG))
    assert (over.finding, over.since, over.source) == (ON, NOW + LAG, SightSource.REPORT)
    assert over.selects_ours is True


def test_a_report_that_shows_the_same_makes_it_newer_and_not_another_finding() -> None:
    known = after((NONE,)).weighing(seen((10, 0), (10, 0), NOW + LAG))
    assert (known.since, known.as_of) == (NOW, NOW + LAG)


def test_each_change_that_cannot_be_read_is_one_of_its_own() -> None:
    first, second = after(()), after((), ())
    assert (first.since, second.since) == (NOW, NOW + MINUTE)
    assert (after((ALL,)).since, after((ALL,), (ALL,)).since) == (NOW, NOW)


@given(changes, changes)
def test_the_log_may_be_read_again_and_in_any_portions(
    some: Sequence[PolicyChange], more: Sequence[PolicyChange]
) -> None:
    times = {one.at for one in some}
    later = [one for one in more if not times or one.at > max(times)]
    whole = NOTHING_KNOWN.following([*later, *some], OURS)
    portions = NOTHING_KNOWN.following(some, OURS).following(later, OURS)
    assert portions == whole
    assert whole.following([*some, *later], OURS) == whole


@given(changes, st.lists(readings, max_size=5))
def test_what_is_known_never_goes_back_in_time_and_is_never_more_than_was_shown(
    made: Sequence[PolicyChange], read: Sequence[SharesSeen]
) -> None:
    known = NOTHING_KNOWN.following(made, OURS)
    for shares in read:
        before, known = known, known.weighing(shares)
        if known.as_of != before.as_of:
            assert known.as_of is not None
            assert before.as_of is None or known.as_of > before.as_of
            assert known.changed_at is None or known.as_of >= known.changed_at + LAG
            assert max(shares.inside.people, shares.outside.people) >= FEWEST
            assert known.finding is shares.finding
    assert (known.finding is SsprFinding.NOT_KNOWN) == (known.as_of is None)
    assert known.since is None or (known.as_of is not None and known.since <= known.as_of)


@given(changes)
def test_it_is_on_for_our_group_only_where_the_log_has_named_it(
    made: Sequence[PolicyChange],
) -> None:
    named = any(one.names_group(OURS) for one in made)
    known = NOTHING_KNOWN.following(made, OURS)
    assert named or known.scope is not SsprScope.GROUP


@given(counts, counts, st.integers(2, 9))
def test_shares_do_not_depend_on_how_many_there_are_once_there_are_enough(
    inside: EnabledCount, outside: EnabledCount, times: int
) -> None:
    def larger(count: EnabledCount) -> EnabledCount:
        return EnabledCount(count.people * times, count.enabled * times)

    once = SharesSeen(read_at=NOW, inside=inside, outside=outside)
    often = replace(once, inside=larger(inside), outside=larger(outside))
    if min(inside.people, outside.people) >= FEWEST and outside.enabled * times < FEWEST:
        assert often.finding is once.finding
