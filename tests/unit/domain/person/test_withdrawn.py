"""Withdrawn is who Entra does not show; nobody ends so while they are in."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.person.enrolment import Enrolment, Provenance, State
from shared.domain.person.people import Person
from shared.domain.person.policy import Policy
from shared.domain.person.reasons import Reason
from shared.domain.person.still_in import why_still_in
from tests.support.enrolments import (
    CLOUD_ANNA,
    CLOUD_ONLY,
    DAY,
    NOW,
    POLICY,
    SYNCED_ANNA,
    SYNCED_ONLY,
    enrolment,
)
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


_BY_HAND = {"put in by hand", "taken out by hand", "taken out all the same"}


@settings(max_examples=600)
@given(
    st.sampled_from([CLOUD_ANNA, SYNCED_ANNA]),
    st.sampled_from([POLICY, CLOUD_ONLY, SYNCED_ONLY]),
    st.lists(st.sampled_from([one for one in HAPPENINGS if one not in _BY_HAND]), max_size=14),
)
def test_who_was_there_before_is_in_as_soon_as_nothing_keeps_them_out(
    person: Person, policy: Policy, names: list[str]
) -> None:
    """Given somebody whom nobody has taken out, whatever was said of them and taken back."""
    course = Course(person, member=True, policy=policy)
    for name in ("found", *names, "looked for"):
        course.now += STEP
        HAPPENINGS[name](course)
        after = course.current
        assert after, name
        if name == "looked for" and not after.is_kept_out(course.now):
            assert (after.state.is_seen, after.provenance) == (True, Provenance.PREEXISTING)


@pytest.mark.parametrize("flagged", [False, True])
@pytest.mark.parametrize(
    "word",
    [["excluded", "released"], ["excluded for good", "released"], ["offboarded", "forgotten"]],
)
def test_an_exclusion_that_was_taken_back_leaves_who_was_there_before_as_they_were(
    word: list[str], *, flagged: bool
) -> None:
    course = Course(SYNCED_ANNA, member=True)
    said, taken_back = word
    HAPPENINGS["found"](course)
    HAPPENINGS[said](course)
    if flagged:
        course.now += 9 * DAY
        course.looked_for()
        assert course.current
        assert course.current.flag is Reason.MEMBERSHIP_NOT_OURS
    HAPPENINGS[taken_back](course)
    course.looked_for()
    assert course.current
    assert (course.current.state, course.current.reason, course.current.flag) == (
        State.VISIBLE,
        Reason.ALREADY_MEMBER,
        None,
    )


def test_who_was_excluded_before_others_put_them_in_is_in_once_they_are_released() -> None:
    """Given somebody whom the first rollout finds in the group although they are excluded."""
    course = Course(CLOUD_ANNA)
    HAPPENINGS["excluded"](course)
    course.member = True
    HAPPENINGS["found"](course)
    assert course.current
    assert (course.current.state, course.current.awaits_write) == (State.WITHDRAWING, False)
    for name in ("released", "looked for"):
        HAPPENINGS[name](course)
    assert course.current.state is State.VISIBLE


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
