"""Within an hour no more people are written unasked than the rules say, in whatever portions."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.person.enrolment import Enrolment, State
from shared.domain.person.policy import TenantRules
from shared.domain.person.reasons import Reason
from shared.domain.rollout.hour import HOUR, Hour
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


@given(st.lists(st.tuples(st.integers(0, 90), st.integers(0, 40), st.integers(0, 20)), max_size=9))
def test_from_its_first_write_on_no_hour_has_more_than_its_limits(batches: list[Batch]) -> None:
    hour, written = FRESH, list[Batch]()
    for number, (minute, additions, removals) in enumerate(sorted(batches)):
        now = NOW + minute * MINUTE
        counting = hour.counting(people(additions, removals, of=number), now)
        if counting.exceeded(RULES, IN_SCOPE) is None:
            hour = counting
            written.append((minute, additions, removals))
        begins = (hour.begins - NOW) // MINUTE
        inside = [one for one in written if begins <= one[0] < begins + HOUR // MINUTE]
        assert sum(one[1] for one in inside) <= RULES.additions_per_hour
        assert sum(one[2] for one in inside) <= 15, "a tenth of those in scope"


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 300))
def test_whatever_an_operator_was_shown_is_written_however_long_it_takes(
    additions: int, removals: int, minutes: int
) -> None:
    allowed = FRESH.allowing(NOW, additions=additions, removals=removals)
    hour = allowed.counting(people(additions, removals), NOW + minutes * MINUTE)
    assert hour.exceeded(RULES, IN_SCOPE) is None
    assert (hour.additions, hour.removals) == (0, 0)


def test_what_was_shown_by_a_plan_or_is_issued_again_does_not_count() -> None:
    shown: list[dict[str, Any]] = [
        {"reason": Reason.IN_WAVE},
        {"reason": Reason.ROLLED_BACK},
        {"reissues": 1},
    ]
    for changes in shown:
        assert FRESH.counting(people(9, 9, **changes), NOW) == FRESH


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
    assert (again, hour.additions, hour.removals) == (hour, 30, 5)
    anew = [replace(one, since=NOW + MINUTE) for one in owed]
    assert hour.counting(anew, NOW + MINUTE).additions == 60


def test_after_a_start_whoever_was_owed_a_write_has_used_up_nothing_and_left_nothing_over() -> None:
    owed = people(30, 5)
    counted = FRESH.counting(owed[:10], NOW)
    shown = {(State.REQUESTED, Reason.IN_WAVE): 900, (State.VISIBLE, Reason.ONBOARDED): 7}
    waiting = {(State.REQUESTED, Reason.ONBOARDED): 30, (State.WITHDRAWING, Reason.OFFBOARDED): 5}
    started = counted.allowing_owed(shown | waiting, NOW + MINUTE)
    after = started.counting(owed, NOW + 2 * MINUTE)
    assert (after.additions, after.removals) == (counted.additions, counted.removals)


def test_of_however_many_it_remembers_what_a_row_can_hold() -> None:
    hour = FRESH.counting(people(3_000, 0), NOW)
    assert (hour.additions, len(hour.counted)) == (3_000, 2_000)
