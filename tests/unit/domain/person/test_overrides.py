"""What an operator says of somebody counts in the place of their leaving, and never ends it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.person.enrolment import Cause, CauseKind, Enrolment, Exclusion, State
from shared.domain.person.event_history import take_event, with_leaving
from shared.domain.person.membership import put_in
from shared.domain.person.overrides import keep_out, let_go, let_in
from shared.domain.person.people import Candidate, Memberships
from shared.domain.person.reasons import Reason
from shared.domain.person.request import Action
from shared.domain.person.summary import EnrolmentSummary
from tests.support.enrolments import CLOUD_ANNA, DAY, HOUR, NOW, POLICY, found, request

HERE = Candidate(CLOUD_ANNA, Memberships())
NEVER = NOW + 999 * DAY


@dataclass
class Course:
    """One person, beside what of their course counts for whether they are kept out."""

    current: Enrolment | None = None
    now: datetime = NOW
    has_left: bool = False
    in_until: datetime | None = None
    out_until: datetime | None = None
    barred: bool = False
    _events: int = 0

    def hears(self, action: Action) -> None:
        """An event of HR's is taken as soon as it has happened."""
        self._events += 1
        key = f"{self._events:032x}"
        cause = Cause(CauseKind.EVENT, key, "hr")
        asked = request(action, key=key, cause=cause, occurred_at=self.now)
        self.current = take_event(asked, found(CLOUD_ANNA), self.current, POLICY, self.now)
        self.has_left = action is Action.OFFBOARD
        if self.has_left:
            self.in_until = self.out_until = None

    def includes(self, until: timedelta | None = None) -> None:
        if not self.barred:
            end = self.now + until if until else None
            word = Cause(CauseKind.OVERRIDE, "needed", "olga")
            self.current = let_in(HERE, word, self.current, POLICY, self.now, until=end)
            self.in_until, self.out_until = end or NEVER, None

    def excludes(self, until: timedelta | None = None, *, for_good: bool = False) -> None:
        end = self.now + until if until else None
        reason = Reason.EXCLUDED_FOR_GOOD if for_good else Reason.EXCLUDED_BY_OPERATOR
        word = Exclusion(reason, "olga", "on leave", end)
        self.current = keep_out(CLOUD_ANNA, self.current, word, POLICY, self.now)
        if not self.barred or for_good:
            self.barred = for_good
            self.in_until, self.out_until = None, end or NEVER

    def releases(self, *, for_good: bool = False) -> None:
        if self.current and (for_good or not self.barred):
            self.current = let_go(self.current, for_good=for_good)
            self.in_until, self.out_until, self.barred = None, None, False

    def reached(self) -> None:
        """A wave reaches them."""
        if self.current is None or not self.current.is_kept_out(self.now):
            wave = Cause(CauseKind.WAVE, "early", "clock")
            self.current = put_in(HERE, wave, self.current, POLICY, self.now)

    def is_kept_out(self, then: datetime) -> bool:
        """What the words and the events come to at that time."""
        if self.barred or (self.out_until and then < self.out_until):
            return True
        return self.has_left and not (self.in_until and then < self.in_until)


SHORT = 3 * HOUR
HAPPENINGS: dict[str, Callable[[Course], None]] = {
    "joins": lambda course: course.hears(Action.ONBOARD),
    "leaves": lambda course: course.hears(Action.OFFBOARD),
    "include": Course.includes,
    "include for a time": lambda course: course.includes(SHORT),
    "exclude": Course.excludes,
    "exclude for a time": lambda course: course.excludes(SHORT),
    "exclude for good": lambda course: course.excludes(for_good=True),
    "release": Course.releases,
    "release for good": lambda course: course.releases(for_good=True),
    "is reached by a wave": Course.reached,
}


@settings(max_examples=600)
@given(st.lists(st.sampled_from(list(HAPPENINGS)), max_size=10))
def test_whoever_has_left_is_kept_out_whenever_no_operator_s_word_counts(
    names: list[str],
) -> None:
    """Given events and words in any order, at any time what counts then is what was said last.

    An offboarding ends what was said by hand before it, but for a word for good; what is said
    since counts until it is over or taken back, and then they have left as before.
    """
    course = Course()
    for name in names:
        course.now += HOUR
        HAPPENINGS[name](course)
        for then in (course.now, course.now + SHORT / 2, course.now + 2 * SHORT, NEVER - DAY):
            kept_out = course.current is not None and course.current.is_kept_out(then)
            assert kept_out is course.is_kept_out(then), (name, then)
            if course.current:
                summary = EnrolmentSummary.of(course.current)
                assert summary.kept_out_by(then) == course.current.kept_out_by(then)


def left() -> Course:
    course = Course()
    for name in ("joins", "leaves"):
        HAPPENINGS[name](course)
        course.now += HOUR
    return course


@pytest.mark.parametrize(
    "word", ["exclude", "exclude for a time", "exclude for good", "include", "include for a time"]
)
def test_a_leaver_who_joins_again_is_a_leaver_no_more_whatever_an_operator_has_said(
    word: str,
) -> None:
    course = left()
    for name in (word, "joins", "release for good"):
        HAPPENINGS[name](course)
    assert course.current is not None
    assert (course.current.leaving, course.current.is_kept_out(NEVER)) == (None, False)
    assert course.current.claim(CauseKind.EVENT) is not None


@pytest.mark.parametrize("word", ["exclude", "exclude for a time", "exclude for good"])
def test_a_hire_after_a_leaving_undoes_every_exclusion_but_one_for_good(word: str) -> None:
    """Given an excluded person, when HR's events say that they leave and come, then they are in."""
    course = Course()
    for name in ("joins", word, "leaves", "joins"):
        HAPPENINGS[name](course)
        course.now += HOUR / 2  # so that the exclusion for a time is not over by itself
    assert course.current is not None
    assert course.current.is_kept_out(course.now) is (word == "exclude for good")


@pytest.mark.parametrize("word", ["exclude", "exclude for a time", "exclude for good"])
def test_whom_an_operator_keeps_out_stays_out_when_hr_tells_of_a_last_day_that_is_ahead(
    word: str,
) -> None:
    """Given an announcement, the operator's word counts as before, and from that day on both do."""
    course = Course()
    course.hears(Action.ONBOARD)
    HAPPENINGS[word](course)
    leaves = request(
        Action.OFFBOARD, key="f" * 32, occurred_at=NOW + HOUR, effective_date=NOW + 30 * DAY
    )
    told = take_event(leaves, found(CLOUD_ANNA), course.current, POLICY, NOW + HOUR)
    assert told.is_kept_out(NOW + HOUR)
    assert told.is_kept_out(NOW + 4 * HOUR) is (word != "exclude for a time")
    released = let_go(told, for_good=True)
    assert not released.is_kept_out(NOW + 30 * DAY)
    for one in (told, released):
        assert one.is_kept_out(NOW + 31 * DAY)


def older(current: Enrolment | None) -> Enrolment:
    """The row as an older version stored it, which forgot a leaving at an operator's word."""
    assert current is not None
    return replace(current, set_aside=None)


@pytest.mark.parametrize("word", ["exclude", "exclude for a time", "include"])
def test_a_leaving_that_an_older_version_has_lost_is_found_among_the_events(word: str) -> None:
    course = left()
    HAPPENINGS[word](course)
    assert let_go(older(course.current)).is_kept_out(NEVER)
    if word != "include":
        assert with_leaving(older(course.current), course.now) == course.current


@pytest.mark.parametrize("word", ["exclude", "exclude for a time", "exclude for good"])
def test_a_leaving_of_before_events_were_remembered_holds_again_too(word: str) -> None:
    course = left()
    assert course.current is not None
    course.current = replace(course.current, events=None)
    HAPPENINGS[word](course)
    HAPPENINGS["release for good"](course)
    gone = course.current
    assert (gone.is_kept_out(NEVER), gone.state) == (True, State.WITHDRAWING)
