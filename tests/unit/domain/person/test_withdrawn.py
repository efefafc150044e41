"""Withdrawn is who Entra does not show; nobody ends so while they are in."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.person.enrolment import Enrolment, Provenance, State
from shared.domain.person.people import Person
from shared.domain.person.reasons import Reason
from shared.domain.person.still_in import why_still_in
from tests.support.enrolments import CLOUD_ANNA, DAY, NOW, SYNCED_ANNA, enrolment
from tests.support.person_way import HAPPENINGS, STEP, Course


@settings(max_examples=600)
@given(
    st.sampled_from([CLOUD_ANNA, SYNCED_ANNA]),
    st.lists(st.sampled_from(list(HAPPENINGS)), max_size=14),
)
def test_nobody_becomes_withdrawn_while_entra_shows_them(person: Person, names: list[str]) -> None:
    course = Course(person)
    for name in names:
        course.now += STEP
        before = course.current
        HAPPENINGS[name](course)
        after = course.current
        is_fresh = after is not None and (before is None or before.state is not after.state)
        if after and is_fresh and after.state is State.WITHDRAWN:
            assert not course.member, name


@pytest.mark.parametrize("last", ["rolled back", "no longer wanted", "forgotten"])
def test_who_was_there_before_and_is_no_longer_wanted_is_in_as_before(last: str) -> None:
    course = Course(SYNCED_ANNA, member=True)
    for name in ("found", "reached by a wave", "onboarded", last):
        HAPPENINGS[name](course)
    assert course.current
    assert (course.current.state, course.current.provenance) == (
        State.VISIBLE,
        Provenance.PREEXISTING,
    )


@pytest.mark.parametrize("known", [[], ["found"], ["excluded"], ["found", "rolled back"]])
@pytest.mark.parametrize("person", [CLOUD_ANNA, SYNCED_ANNA])
def test_a_leaver_whom_others_put_in_is_on_the_way_out_until_entra_shows_it(
    known: list[str], person: Person
) -> None:
    course = Course(person, member=True)
    for name in (*known, "offboarded", "written", "looked for"):
        HAPPENINGS[name](course)
    assert course.current
    assert (course.current.state, course.member) == (State.WITHDRAWING, True)
    assert "others put them in" in why_still_in(course.current)
    course.now += 9 * DAY
    course.looked_for()
    assert course.current.flag is Reason.MEMBERSHIP_NOT_OURS
    for name in ("taken out by hand", "looked for", "looked for"):
        HAPPENINGS[name](course)
        course.now += STEP
    assert course.current.state is State.WITHDRAWN


@pytest.mark.parametrize(
    ("out", "said"),
    [
        (enrolment(State.WITHDRAWING), "not written yet"),
        (enrolment(State.WITHDRAWING, removed_at=NOW), "does not show it yet"),
        (enrolment(State.WITHDRAWN), "put them in since"),
        (enrolment(State.WITHDRAWN, Provenance.PREEXISTING), "others put them in"),
        (enrolment(State.EXCLUDED, Provenance.UNKNOWN), "others put them in"),
        (
            enrolment(
                State.WITHDRAWING,
                Provenance.PREEXISTING,
                reason=Reason.MEMBERSHIP_NOT_OURS,
                removed_at=NOW,
            ),
            "others put them in",
        ),
    ],
)
def test_it_is_said_why_somebody_is_still_in(out: Enrolment, said: str) -> None:
    assert said in why_still_in(out)
