"""The words that decisions are made of: steps, references, identifiers, waits and reasons."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import InvalidMessage, SsprRolloutError
from shared.domain.person.enrolment import MOST_STEPS, State, Step, merged
from shared.domain.person.people import Identifier, IdentifierKind, Person, UserRef, is_object_id
from shared.domain.person.policy import Policy, doubled
from shared.domain.person.reasons import Reason
from tests.support.enrolments import ANNA_ID, ANNA_UPN, HOUR, NOW, POLICY, enrolment

KNOWN = st.none() | st.sampled_from(["one", "other"])
REFS = st.builds(
    UserRef,
    object_id=KNOWN,
    user_principal_name=KNOWN,
    employee_id=KNOWN,
    source_anchor=KNOWN,
    sid=KNOWN,
)


def test_a_change_of_state_clears_what_belonged_to_the_old_one() -> None:
    current = enrolment(State.REQUESTED, command_key="c", due=NOW, flag=Reason.WORKER_SILENT)
    moved = current.moved(State.APPLIED, Reason.ADDED, NOW, detail="dc1")
    assert (moved.since, moved.command_key, moved.due, moved.flag) == (NOW, None, None, None)
    assert moved.steps == (Step(NOW, State.APPLIED, Reason.ADDED, "dc1"),)


def test_a_step_within_a_state_keeps_what_belongs_to_it() -> None:
    current = enrolment(State.REQUESTED, command_key="c", due=NOW, flag=Reason.WORKER_SILENT)
    moved = current.moved(State.REQUESTED, Reason.REQUESTED_AGAIN, NOW)
    assert (moved.since, moved.command_key, moved.due, moved.flag) == (
        NOW - HOUR,
        "c",
        NOW,
        Reason.WORKER_SILENT,
    )


def test_of_too_many_steps_the_first_and_the_newest_are_kept() -> None:
    current = enrolment(State.APPLIED)
    for number in range(MOST_STEPS + 5):
        current = current.noted(Reason.OUTDATED, NOW, detail=str(number))
    details = [int(step.detail) for step in current.steps]
    assert details == [0, *range(6, MOST_STEPS + 5)]


def test_a_note_leaves_the_reason_and_is_not_repeated() -> None:
    current = enrolment(State.APPLIED)
    noted = current.noted(Reason.OUTDATED, NOW, detail="e1")
    assert (noted.state, noted.reason) == (State.APPLIED, current.reason)
    assert noted.noted(Reason.OUTDATED, NOW + HOUR, detail="e1") is noted
    assert len(noted.noted(Reason.OUTDATED, NOW + HOUR, detail="e2").steps) == 2


@given(REFS, REFS)
def test_of_two_references_the_newer_one_counts_where_it_knows_something(
    known: UserRef, found: UserRef
) -> None:
    both = merged(known, found)
    for name in UserRef.__dataclass_fields__:
        assert getattr(both, name) == (getattr(found, name) or getattr(known, name))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (ANNA_UPN, IdentifierKind.USER_PRINCIPAL_NAME),
        ("E4711", IdentifierKind.EMPLOYEE_ID),
        (ANNA_ID, IdentifierKind.OBJECT_ID),
    ],
)
def test_an_identifier_is_told_by_its_form_and_compared_without_case(
    text: str, kind: IdentifierKind
) -> None:
    identifier = Identifier.parse(text)
    assert identifier.kind is kind
    assert Identifier.parse(f" {text.upper()} ") == identifier


@given(st.sampled_from(IdentifierKind), st.text(min_size=1, max_size=20))
def test_an_identifier_comes_back_from_its_text(kind: IdentifierKind, value: str) -> None:
    identifier = Identifier(kind, value)
    assert Identifier.parse(str(identifier)) == identifier


@pytest.mark.parametrize(
    "text", ["", "4711", ANNA_ID[:-1], ANNA_ID.replace("-", ""), f"{ANNA_ID[:-1]}g", f"{ANNA_ID}-"]
)
def test_only_a_guid_with_its_hyphens_is_an_object_id(text: str) -> None:
    assert not is_object_id(text)
    assert is_object_id(ANNA_ID)


def test_a_person_without_an_object_id_is_a_mistake_in_the_program() -> None:
    with pytest.raises(ValueError, match="object id"):
        _ = Person(ref=UserRef(user_principal_name=ANNA_UPN)).object_id


@given(st.integers(-5, 10_000))
def test_waits_double_between_the_first_and_the_longest_and_never_overflow(attempts: int) -> None:
    wait = POLICY.retry_after(attempts)
    assert POLICY.first_retry <= wait <= POLICY.longest_retry
    if 0 <= attempts < 6:
        assert POLICY.retry_after(attempts + 1) == 2 * wait


def test_a_first_wait_longer_than_the_longest_is_kept() -> None:
    assert doubled(timedelta(hours=8), 3, timedelta(hours=4)) == timedelta(hours=8)
    assert Policy(scope_group_id="").retry_after(0) == timedelta(minutes=2)


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_sentence_of_its_own(reason: Reason) -> None:
    assert reason.text.endswith((".", "?"))
    assert [other for other in Reason if other.text == reason.text] == [reason]


def test_a_refused_message_names_field_and_reason_and_is_one_of_our_errors() -> None:
    error = InvalidMessage("data.employeeId", "too long")
    assert isinstance(error, SsprRolloutError)
    assert (str(error), error.field, error.reason) == (
        "data.employeeId: too long",
        "data.employeeId",
        "too long",
    )
