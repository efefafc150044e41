"""Within an hour no more people are written unasked than the rules say, in whatever portions."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.person.enrolment import Enrolment, State
from shared.domain.person.policy import SourceOfAuthority, TenantRules
from shared.domain.person.reasons import Reason
from shared.domain.rollout.allowance import Numbers, total
from shared.domain.rollout.hour import Hour
from shared.domain.rollout.minutes import HOUR, MOST_REMEMBERED, marks_of
from tests.support.enrolments import NOW, enrolment

RULES = TenantRules(
    scope_group_id="g", additions_per_hour=50, removals_per_hour=20, removals_per_hour_share=0.1
)
IN_SCOPE = 150
MINUTE = timedelta(minutes=1)
FRESH = Hour(begins=NOW)
type Batch = tuple[int, int, int]
"""When it comes, and how many are to be put in and taken out."""


def people(additions: int, removals: int, of: object = "", **changes: Any) -> list[Enrolment]:
    """So many people, others for each `of`."""
    added = replace(enrolment(State.REQUESTED), **({"reason": Reason.ONBOARDED} | changes))
    removed = replace(enrolment(State.WITHDRAWING), **({"reason": Reason.OFFBOARDED} | changes))
    each = [added] * additions + [removed] * removals
    return [replace(one, key=f"{of} {number}") for number, one in enumerate(each)]


def most_within_an_hour(written: list[Batch], of: int) -> int:
    """Returns how many were written in the fullest hour, wherever it begins."""
    hour = HOUR // MINUTE
    sums = [sum(one[of] for one in written if 0 <= one[0] - at[0] < hour) for at in written]
    return max(sums, default=0)


@given(
    st.lists(st.tuples(st.integers(0, 200), st.integers(0, 40), st.integers(0, 20)), max_size=15)
)
def test_wherever_it_begins_no_hour_has_more_than_its_limits(batches: list[Batch]) -> None:
    hour, written = FRESH, list[Batch]()
    for number, (minute, additions, removals) in enumerate(sorted(batches)):
        now = NOW + minute * MINUTE
        counting = hour.counting(people(additions, removals, of=number), now)
        if counting.exceeded(RULES, IN_SCOPE) is None:
            hour = counting
            written.append((minute, additions, removals))
    assert most_within_an_hour(written, 1) <= RULES.additions_per_hour
    assert most_within_an_hour(written, 2) <= 15, "a tenth of those in scope"


@given(
    st.lists(st.tuples(st.integers(0, 300), st.sets(st.integers(0, 4)), st.booleans()), max_size=15)
)
def test_nor_has_it_of_those_who_came_often_before_they_were_written(
    course: list[tuple[int, set[int], bool]],
) -> None:
    """Graph is away, and batches come again together with others: what counts is the write."""
    hour, written, waiting = FRESH, list[Batch](), set(range(5))
    for minute, batches, graph_answers in sorted(course, key=lambda one: one[0]):
        now = NOW + minute * MINUTE
        coming = batches & waiting
        owed = [one for batch in coming for one in people(20, 0, of=batch)]
        counting = hour.counting(owed, now)
        if not hour.knows(owed, now) and counting.exceeded(RULES, IN_SCOPE):
            continue
        hour = counting
        if graph_answers:
            waiting -= coming
            written.append((minute, len(owed), 0))
    assert most_within_an_hour(written, 1) <= RULES.additions_per_hour


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 9), st.integers(1, 8)), max_size=12))
def test_nor_has_it_more_repairs_than_were_made(course: list[tuple[int, int, int]]) -> None:
    """A repair that comes again is counted when it comes; of one never made nothing is left."""
    hour, newest = FRESH, dict[str, int]()
    for minute, first, size in sorted(course):
        marks = [str(number) for number in range(first, first + size)]
        hour = hour.repairing(marks, NOW + minute * MINUTE)
        newest |= dict.fromkeys(marks, minute)
        assert hour.repairs == sum(minute - at < 60 for at in newest.values())


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 24 * 60 - 1))
def test_whatever_an_operator_was_shown_is_written_though_it_takes_a_day(
    additions: int, removals: int, minutes: int
) -> None:
    allowed = FRESH.allowing(NOW, additions=additions, removals=removals)
    hour = allowed.counting(people(additions, removals), NOW + minutes * MINUTE)
    assert hour.exceeded(RULES, IN_SCOPE) is None
    assert (hour.additions, hour.removals, hour.allowances) == (0, 0, ())


@given(
    st.lists(
        st.tuples(st.integers(0, 4_000), st.sampled_from(["allow", "write"]), st.integers(0, 90)),
        max_size=12,
    )
)
def test_nobody_is_written_beyond_the_limit_by_an_allowance_older_than_a_day_and_an_hour(
    course: list[tuple[int, str, int]],
) -> None:
    hour, allowed = FRESH, list[tuple[int, int]]()
    for number, (minute, does, size) in enumerate(sorted(course)):
        now = NOW + minute * MINUTE
        if does == "allow":
            hour = hour.allowing(now, additions=size)
            allowed.append((minute, size))
        else:
            young = sum(many for at, many in allowed if minute - at < 25 * 60)
            counting = hour.counting(people(size, 0, of=number), now)
            if counting.exceeded(RULES, IN_SCOPE) is None:
                assert size <= RULES.additions_per_hour + young
                hour = counting
        assert total(hour.allowed(now)).additions <= sum(many for _, many in allowed)
        assert len(hour.allowances) <= 25


def test_what_ends_first_is_used_first_and_an_end_is_nobodys_loss_but_its_own() -> None:
    day, hours = timedelta(hours=24), timedelta(hours=5)
    twice = FRESH.allowing(NOW, additions=10).allowing(NOW + hours, additions=20)
    used = twice.counting(people(4, 0), NOW + hours)
    assert [(one.ends - NOW, one.additions) for one in used.allowances] == [
        (day, 6),
        (day + hours, 20),
    ]
    assert total(used.allowed(NOW + day)).additions == 20
    assert used.allowed(NOW + day + hours) == ()


def test_an_allowance_does_not_make_room_for_what_was_counted_before_it() -> None:
    full = FRESH.counting(people(50, 0), NOW)
    allowed = full.allowing(NOW, additions=10)
    assert allowed.counting(people(11, 0, of="more"), NOW).exceeded(RULES, IN_SCOPE)
    assert total(allowed.allowed(NOW + HOUR)).additions == 10, "nobody has used it"


def test_what_a_row_of_before_allows_without_an_end_ends_as_well() -> None:
    before = Hour(begins=NOW, additions=-30, removals=2)
    after = before.counting(people(10, 0), NOW + MINUTE)
    assert (after.additions, after.removals) == (0, 2)
    assert total(after.allowed(NOW + MINUTE)).additions == 20
    assert before.allowed(NOW + 25 * HOUR) == ()


def test_what_was_shown_by_a_plan_or_was_written_before_does_not_count() -> None:
    cloud = SourceOfAuthority.CLOUD
    shown: list[dict[str, Any]] = [
        {"reason": Reason.IN_WAVE},
        {"reason": Reason.ROLLED_BACK},
        # A command that is sent once more, and a membership that does not show.
        {"reissues": 1},
        {"reissues": 1, "reason": Reason.REQUESTED_AGAIN, "source_of_authority": cloud},
    ]
    for changes in shown:
        assert FRESH.counting(people(9, 9, **changes), NOW) == FRESH


def test_whom_nobody_could_write_counts_as_often_as_it_is_tried_and_once_an_hour() -> None:
    """Given Graph that was away for hours, then all who waited are not few."""
    tried = people(9, 9, reissues=3, source_of_authority=SourceOfAuthority.CLOUD)
    hour = FRESH.counting(tried, NOW).counting(tried, NOW + HOUR / 2)
    assert (hour.additions, hour.removals) == (9, 9)


def test_it_says_which_way_and_by_how_much_it_is_too_many() -> None:
    too_many = FRESH.counting(people(51, 0), NOW).exceeded(RULES, IN_SCOPE)
    assert too_many == "additions within an hour: 51 people, more than the 50 allowed"
    too_many = FRESH.counting(people(0, 16), NOW).exceeded(RULES, IN_SCOPE)
    assert too_many == "removals within an hour: 16 of 150 people, more than the 10% allowed"


def test_a_handful_is_never_too_many_by_its_share() -> None:
    assert FRESH.counting(people(11, 10), NOW).exceeded(RULES, 0) is None


def test_who_comes_again_before_they_are_written_counts_once_and_with_a_new_wish_anew() -> None:
    owed = people(30, 5)
    hour = FRESH.counting(owed, NOW)
    again = hour.counting([*owed[:20], *owed], NOW + HOUR / 2)
    assert hour.knows(owed, NOW + HOUR / 2)
    assert (again.additions, again.removals) == (hour.additions, hour.removals) == (30, 5)
    assert again.counting(people(21, 0, of="others"), NOW + HOUR * 1.4).exceeded(RULES, IN_SCOPE)
    anew = [replace(one, since=NOW + MINUTE) for one in owed]
    assert hour.counting(anew, NOW + MINUTE).additions == 60


def test_after_a_start_whoever_was_owed_a_write_has_used_up_nothing_and_left_nothing_over() -> None:
    owed = people(30, 5)
    counted = FRESH.counting(owed[:10], NOW)
    shown = people(900, 900, of="shown", reason=Reason.IN_WAVE)
    started = counted.allowing_owed([*owed, *shown], NOW + MINUTE)
    after = started.counting(owed, NOW + 2 * MINUTE)
    assert (after.additions, after.removals) == (counted.additions, counted.removals)
    assert after.allowances == ()


@given(
    already=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=3),
    additions=st.integers(0, 60),
    removals=st.integers(0, 60),
    confirmed=st.integers(0, 60),
    starts=st.integers(1, 3),
)
def test_whoever_is_owed_a_write_is_allowed_once_however_often_that_is_said(
    already: list[tuple[int, int]], additions: int, removals: int, confirmed: int, starts: int
) -> None:
    """What was allowed for them before counts, and holds as long as a start's own word does."""
    hour, before = FRESH, Numbers()
    for put_in, taken_out in already:
        hour = hour.allowing(NOW, additions=put_in, removals=taken_out)
        before = before.plus(Numbers(put_in, taken_out))
    owed = people(additions, removals)
    # Of whom all is written, and of whose membership nothing ever is.
    written = people(0, confirmed, of="written", removed_at=NOW)
    at = NOW + HOUR * 23
    for _ in range(starts):
        hour = hour.allowing_owed([*owed, *written], at)
    allowed = total(hour.allowed(at))
    assert allowed == Numbers(max(before.additions, additions), max(before.removals, removals))
    late = hour.counting(owed, at + HOUR * 23)
    assert (late.additions, late.removals) == (0, 0)


def test_of_however_many_it_remembers_what_a_row_can_hold() -> None:
    hour = FRESH.counting(people(3_000, 0), NOW)
    assert (hour.additions, len(marks_of(hour.minutes))) == (3_000, MOST_REMEMBERED)
    for second in range(0, 8_000, 7):
        hour = hour.counting(people(4, 0, of=second), NOW + timedelta(seconds=second))
    assert len(marks_of(hour.minutes)) <= MOST_REMEMBERED
    assert len(hour.minutes) <= 61
    allowed = FRESH.allowing(NOW, additions=3_000).counting(people(3_000, 0), NOW)
    assert (allowed.additions, len(allowed.excused)) == (0, MOST_REMEMBERED)


def test_what_a_row_of_before_the_hour_slid_has_counted_holds_for_an_hour() -> None:
    before = Hour(begins=NOW, additions=45, removals=3, counted=("a1b2c3d4e5f6",))
    after = before.counting(people(6, 0), NOW + 59 * MINUTE)
    assert (after.additions, after.removals) == (51, 3)
    assert before.counting(people(6, 0), NOW + HOUR).additions == 6


def test_whoever_was_allowed_once_counts_never_again_for_the_same_wish() -> None:
    owed = people(60, 0)
    hour = FRESH.allowing(NOW, additions=60).counting(owed, NOW)
    late = hour.counting(owed, NOW + 9 * HOUR)
    assert hour.knows(owed, NOW + 9 * HOUR)
    assert (late.additions, late.allowances) == (0, ())


def test_an_operation_that_says_again_whom_it_allows_allows_them_once() -> None:
    hour = FRESH.allowing(NOW, additions=9, operation="a").allowing(NOW, removals=2, operation="b")
    assert hour.allowing(NOW + HOUR, additions=7, operation="a") == hour
    assert total(hour.allowed(NOW)) == Numbers(additions=9, removals=2)
    for number in range(900):
        hour = hour.allowing(NOW, additions=1, operation=str(number))
    assert len(hour.allowed_for) == 100
