"""Whoever owes a write has a writer: it is known where the membership is written."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.domain.person.enrolment import Enrolment, Provenance, State
from shared.domain.person.membership import put_back, take_stranger
from shared.domain.person.people import Person
from shared.domain.person.policy import Policy, SourceOfAuthority
from shared.domain.person.request import Action
from shared.domain.person.verification import adopt, joined
from tests.support.enrolments import (
    CLOUD_ANNA,
    CLOUD_ONLY,
    DAY,
    NOW,
    POLICY,
    SYNCED_ANNA,
    SYNCED_ONLY,
    enrolment,
    found,
    provisional,
)
from tests.support.person_way import HAPPENINGS, STEP, Course


def repaired(course: Course) -> None:
    """A reconciliation finds somebody who is not to be in, and has them taken out."""
    known = course.current
    if course.member and not (known and _is_left_alone(known)):
        course.current = take_stranger(
            course.person, known, course.policy, course.now, actor="clock"
        )


def _is_left_alone(known: Enrolment) -> bool:
    is_theirs = known.provenance is Provenance.PREEXISTING
    return known.state.is_enrolled or known.state.has_to_end_first or is_theirs


def refused(course: Course) -> None:
    """Somebody comes to be disabled, or enabled again, and is heard of."""
    course.person = replace(course.person, enabled=not course.person.enabled)
    course.hears(Action.ONBOARD)


def converted(course: Course) -> None:
    """Their source of authority is moved to the other directory."""
    course.person = CLOUD_ANNA if course.person.synced else SYNCED_ANNA


def present(course: Course, *, member: bool) -> None:
    course.member = member


WAYS: dict[str, Callable[[Course], None]] = HAPPENINGS | {
    "hired for later": lambda course: course.hears(Action.ONBOARD, day=course.now + 5 * DAY),
    "leaves later": lambda course: course.hears(Action.OFFBOARD, day=course.now + 5 * DAY),
    "refused or not": refused,
    "converted": converted,
    "put in by hand": lambda course: present(course, member=True),
    "repaired": repaired,
    "put back": lambda course: course.becomes(
        lambda one: put_back(course.person, one, course.policy, course.now)
    ),
}


@settings(max_examples=900)
@given(
    st.sampled_from([CLOUD_ANNA, SYNCED_ANNA]),
    st.sampled_from([POLICY, CLOUD_ONLY, SYNCED_ONLY]),
    st.lists(st.sampled_from(list(WAYS)), max_size=14),
)
@example(CLOUD_ANNA, POLICY, ["offboarded", "put in by hand", "repaired"])
@example(SYNCED_ANNA, POLICY, ["leaves later", "put in by hand", "repaired"])
@example(
    CLOUD_ANNA,
    CLOUD_ONLY,
    ["offboarded", "put in by hand", "excluded", "taken out all the same"],
)
@example(CLOUD_ANNA, POLICY, ["refused or not", "put in by hand", "repaired"])
@example(CLOUD_ANNA, SYNCED_ONLY, ["put in by hand", "repaired"])
@example(CLOUD_ANNA, SYNCED_ONLY, ["put in by hand", "found", "taken out by hand", "put back"])
def test_of_whoever_owes_a_write_it_is_known_where_it_is_written(
    person: Person, policy: Policy, names: list[str]
) -> None:
    course = Course(person, policy=policy)
    for name in names:
        course.now += STEP
        WAYS[name](course)
        if course.current and course.current.awaits_write:
            assert course.current.source_of_authority is not None, name


@pytest.mark.parametrize(
    ("person", "policy", "source"),
    [
        (CLOUD_ANNA, POLICY, SourceOfAuthority.CLOUD),
        (SYNCED_ANNA, POLICY, SourceOfAuthority.ON_PREMISES),
        (SYNCED_ANNA, CLOUD_ONLY, SourceOfAuthority.CLOUD),
        (SYNCED_ANNA, SYNCED_ONLY, SourceOfAuthority.ON_PREMISES),
    ],
)
def test_of_a_leaver_of_whom_nobody_had_heard_it_is_known_too(
    person: Person, policy: Policy, source: SourceOfAuthority
) -> None:
    course = Course(person, policy=policy)
    course.hears(Action.OFFBOARD)
    assert course.current
    assert (course.current.state, course.current.source_of_authority) == (State.WITHDRAWN, source)


@pytest.mark.parametrize("policy", [POLICY, SYNCED_ONLY])
@pytest.mark.parametrize(
    "known",
    [
        provisional(State.WITHDRAWING, provenance=Provenance.OURS),
        provisional(State.REQUESTED, command_key="command-1"),
        provisional(State.APPLIED, provenance=Provenance.OURS),
    ],
    ids=["on the way out", "a command is out", "written"],
)
def test_what_was_written_in_ad_is_taken_out_of_ad_whatever_account_arrives(
    known: Enrolment, policy: Policy
) -> None:
    """Given a membership in AD, when a cloud account of that name arrives, it is still there."""
    arrived = adopt(known, CLOUD_ANNA, found(CLOUD_ANNA).memberships, policy, NOW)
    assert arrived.source_of_authority is SourceOfAuthority.ON_PREMISES


def test_of_two_keys_the_one_says_where_that_knows() -> None:
    waits = enrolment(State.WAITING, Provenance.UNKNOWN, source_of_authority=None)
    both = joined(waits, enrolment(State.WITHDRAWN), NOW)
    assert (both.provenance, both.source_of_authority) == (
        Provenance.OURS,
        SourceOfAuthority.ON_PREMISES,
    )
