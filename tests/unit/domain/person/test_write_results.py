"""What the directory's answers make of a person, in whatever order and number they come."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.person.enrolment import Enrolment, Exclusion, Provenance, State
from shared.domain.person.happenings import Happening
from shared.domain.person.membership import put_back
from shared.domain.person.people import UserRef
from shared.domain.person.reasons import Reason
from shared.domain.person.transitions import move
from shared.domain.person.withdrawal import take_out
from shared.domain.person.write_results import note_delta_sync, record
from shared.domain.person.writes import ScopeAction, WriteOutcome, WriteResult
from tests.support.enrolments import (
    DAY,
    IN_SCOPE,
    NOW,
    POLICY,
    SYNCED_ANNA,
    enrolment,
    provisional,
    reasons,
)

OUT = sorted({State.EXCLUDED, State.FAILED, State.WITHDRAWN})


def added(outcome: WriteOutcome, **changes: Any) -> WriteResult:
    return replace(
        WriteResult(change=ScopeAction.ADD, outcome=outcome, command_key="add-1"), **changes
    )


def removed(outcome: WriteOutcome, **changes: Any) -> WriteResult:
    return replace(
        WriteResult(change=ScopeAction.REMOVE, outcome=outcome, command_key="out-1"), **changes
    )


def recorded(current: Enrolment, answer: WriteResult) -> Enrolment:
    return record(current, answer, POLICY, NOW)


def asked(provenance: Provenance = Provenance.UNKNOWN, **changes: Any) -> Enrolment:
    return enrolment(State.REQUESTED, provenance, **({"command_key": "add-1"} | changes))


@pytest.mark.parametrize("state", [State.REQUESTED, State.WAITING])
@pytest.mark.parametrize(
    ("outcome", "reason", "provenance"),
    [
        (WriteOutcome.DONE, Reason.ADDED, Provenance.OURS),
        (WriteOutcome.ALREADY, Reason.ALREADY_MEMBER, Provenance.PREEXISTING),
    ],
)
def test_a_written_membership_is_applied_and_tells_whose_it_is(
    state: State, outcome: WriteOutcome, reason: Reason, provenance: Provenance
) -> None:
    applied = recorded(enrolment(state, Provenance.UNKNOWN), added(outcome))
    assert (applied.state, applied.reason, applied.provenance) == (
        State.APPLIED,
        reason,
        provenance,
    )
    assert (applied.command_key, applied.since) == (None, NOW)


def test_what_is_known_to_be_ours_stays_ours_when_it_is_found_already_there() -> None:
    applied = recorded(asked(Provenance.OURS), added(WriteOutcome.ALREADY))
    assert applied.provenance is Provenance.OURS


@pytest.mark.parametrize("state", sorted(IN_SCOPE))
@pytest.mark.parametrize("provenance", [Provenance.OURS, Provenance.PREEXISTING])
@pytest.mark.parametrize("answered", [0, 1, 3])
def test_a_membership_that_is_restored_is_whose_it_was_however_often_it_is_written(
    state: State, provenance: Provenance, answered: int
) -> None:
    current = put_back(SYNCED_ANNA, enrolment(state, provenance), POLICY, NOW)
    for _ in range(answered):
        current = recorded(current, added(WriteOutcome.DONE))
    assert current.provenance is provenance
    again = put_back(SYNCED_ANNA, current, POLICY, NOW)
    assert recorded(again, added(WriteOutcome.DONE)).provenance is provenance


def test_whoever_was_there_before_and_comes_back_after_they_were_out_comes_by_us() -> None:
    restored = put_back(SYNCED_ANNA, enrolment(State.VISIBLE, Provenance.PREEXISTING), POLICY, NOW)
    out = move(restored, Happening.ACCOUNT_GONE, Reason.NOT_IN_ENTRA, NOW)
    back = move(out, Happening.ASKED_FOR, Reason.ONBOARDED, NOW)
    assert recorded(back, added(WriteOutcome.DONE)).provenance is Provenance.OURS


def test_an_answer_tells_who_somebody_known_by_name_alone_is() -> None:
    who = UserRef(source_anchor="anchor==", sid="S-1-5-21-1")
    applied = recorded(provisional(State.REQUESTED), added(WriteOutcome.DONE, user=who))
    assert (applied.user.source_anchor, applied.user.sid) == ("anchor==", "S-1-5-21-1")
    assert applied.user.user_principal_name == "anna@contoso.test"


def test_whoever_is_in_neither_directory_waits_for_the_next_look() -> None:
    waiting = recorded(provisional(State.REQUESTED, attempts=1), added(WriteOutcome.NOT_FOUND))
    assert (waiting.state, waiting.reason) == (State.WAITING, Reason.NOT_IN_ANY_DIRECTORY)
    assert (waiting.due, waiting.attempts) == (NOW + 2 * POLICY.first_retry, 2)


def test_whoever_is_in_neither_directory_by_the_deadline_fails() -> None:
    failed = recorded(provisional(State.REQUESTED, deadline=NOW), added(WriteOutcome.NOT_FOUND))
    assert (failed.state, failed.reason) == (State.FAILED, Reason.DEADLINE_PASSED)


def test_somebody_synced_whom_active_directory_does_not_know_fails() -> None:
    failed = recorded(asked(), added(WriteOutcome.NOT_FOUND))
    assert (failed.state, failed.reason) == (State.FAILED, Reason.NOT_IN_ACTIVE_DIRECTORY)


@pytest.mark.parametrize(
    ("given_reason", "state", "reason"),
    [
        (Reason.PROTECTED, State.EXCLUDED, Reason.PROTECTED),
        (Reason.DISABLED, State.EXCLUDED, Reason.DISABLED),
        (Reason.GUEST, State.EXCLUDED, Reason.GUEST),
        (Reason.SID_MISMATCH, State.FAILED, Reason.SID_MISMATCH),
        (Reason.AMBIGUOUS, State.FAILED, Reason.AMBIGUOUS),
        (None, State.FAILED, Reason.WRITE_REFUSED),
    ],
)
def test_a_refused_add_excludes_the_ineligible_and_fails_the_others_with_the_detail(
    given_reason: Reason | None, state: State, reason: Reason
) -> None:
    refused = added(WriteOutcome.REFUSED, reason=given_reason, detail="as AD says")
    after = recorded(asked(), refused)
    assert (after.state, after.reason) == (state, reason)
    assert after.steps[-1].detail == "as AD says"


@pytest.mark.parametrize("state", [State.REQUESTED, State.WITHDRAWING])
def test_an_expired_command_is_asked_again_and_nobody_is_flagged(state: State) -> None:
    current = enrolment(state, command_key="add-1")
    make = added if state is State.REQUESTED else removed
    expired = make(WriteOutcome.REFUSED, reason=Reason.COMMAND_EXPIRED)
    again = recorded(current, expired)
    assert (again.state, again.reason) == (state, current.reason)
    assert (again.command_key, again.flag) == (None, None)
    assert reasons(again) == [Reason.COMMAND_EXPIRED]


@pytest.mark.parametrize(
    ("outcome", "reason", "flag"),
    [
        (WriteOutcome.REFUSED, Reason.GROUP_NOT_WRITABLE, Reason.GROUP_NOT_WRITABLE),
        (WriteOutcome.REFUSED, Reason.GROUP_DYNAMIC, Reason.GROUP_DYNAMIC),
        (WriteOutcome.REFUSED, Reason.UNKNOWN_REFUSAL, Reason.UNKNOWN_REFUSAL),
        (WriteOutcome.REFUSED, Reason.NOT_NOW, None),
        (WriteOutcome.NOT_FOUND, Reason.NOT_IN_ENTRA, None),
    ],
)
def test_what_is_not_the_persons_fault_is_asked_again_and_flagged_if_somebody_has_to_look(
    outcome: WriteOutcome, reason: Reason, flag: Reason | None
) -> None:
    again = recorded(asked(), added(outcome, reason=reason))
    assert (again.state, again.command_key, again.flag) == (State.REQUESTED, None, flag)
    assert reasons(again) == [reason]


@pytest.mark.parametrize("state", sorted(IN_SCOPE))
@pytest.mark.parametrize("outcome", WriteOutcome)
def test_an_add_answered_again_changes_nothing_for_whoever_is_in(
    state: State, outcome: WriteOutcome
) -> None:
    current = enrolment(state)
    assert recorded(current, added(outcome)) == current


@pytest.mark.parametrize("state", OUT)
def test_a_late_add_for_somebody_given_up_is_taken_back(state: State) -> None:
    leaving = recorded(enrolment(state, Provenance.UNKNOWN, reissues=2), added(WriteOutcome.DONE))
    assert (leaving.state, leaving.provenance) == (State.WITHDRAWING, Provenance.OURS)
    assert (leaving.command_key, leaving.reissues) == (None, 0)


@pytest.mark.parametrize("state", OUT)
@pytest.mark.parametrize("outcome", sorted(set(WriteOutcome) - {WriteOutcome.DONE}))
def test_a_late_answer_that_wrote_nothing_leaves_somebody_given_up_alone(
    state: State, outcome: WriteOutcome
) -> None:
    current = enrolment(state, Provenance.UNKNOWN)
    assert recorded(current, added(outcome)) == current


def leaver(provenance: Provenance = Provenance.UNKNOWN) -> Enrolment:
    """Somebody who left while the command to add them was on its way."""
    return enrolment(State.WITHDRAWING, provenance, command_key="add-1")


def test_a_leaver_whose_add_was_carried_out_is_ours_to_remove_now() -> None:
    leaving = recorded(leaver(), added(WriteOutcome.DONE))
    assert (leaving.state, leaving.provenance) == (State.WITHDRAWING, Provenance.OURS)
    assert leaving.command_key is None


@pytest.mark.parametrize("outcome", [WriteOutcome.NOT_FOUND, WriteOutcome.REFUSED])
def test_a_leaver_whose_add_wrote_nothing_is_out(outcome: WriteOutcome) -> None:
    out = recorded(leaver(), added(outcome))
    assert (out.state, out.reason) == (State.WITHDRAWN, Reason.NOT_A_MEMBER)


def test_a_leaver_whom_others_had_put_in_is_out_once_entra_no_longer_shows_them() -> None:
    left = replace(leaver(), exclusion=Exclusion(Reason.OFFBOARDED, "hr"))
    still = recorded(left, added(WriteOutcome.ALREADY))
    assert (still.state, still.reason) == (State.WITHDRAWING, Reason.MEMBERSHIP_NOT_OURS)
    assert (still.awaits_confirmation, still.awaits_write, still.command_key) == (True, False, None)


def test_who_is_only_not_wanted_any_more_and_was_there_before_is_in_as_before() -> None:
    there = recorded(leaver(), added(WriteOutcome.ALREADY))
    assert (there.state, there.reason) == (State.APPLIED, Reason.ALREADY_MEMBER)
    assert there.provenance is Provenance.PREEXISTING


def test_what_was_written_after_all_for_who_leaves_is_taken_back() -> None:
    asked = enrolment(State.REQUESTED, Provenance.PREEXISTING, command_key="add-1")
    left = take_out(asked, Happening.OFFBOARDED, Reason.OFFBOARDED, NOW)
    assert (left.awaits_write, left.command_key) == (False, "add-1")
    ours = recorded(left, added(WriteOutcome.DONE))
    assert (ours.provenance, ours.awaits_write) == (Provenance.OURS, True)


def test_an_add_answered_after_the_removal_was_asked_for_does_not_stop_the_removal() -> None:
    removing = enrolment(State.WITHDRAWING, command_key="out-1")
    assert recorded(removing, added(WriteOutcome.DONE)) == removing


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (WriteOutcome.DONE, Reason.REMOVED),
        (WriteOutcome.ALREADY, Reason.NOT_A_MEMBER),
        (WriteOutcome.NOT_FOUND, Reason.NOT_A_MEMBER),
    ],
)
def test_an_answered_removal_ends_the_writing_and_not_the_way(
    outcome: WriteOutcome, reason: Reason
) -> None:
    """Given a removal that is answered, nothing more is owed, and it is looked for in Entra.

    A second answer says nothing new. Who is not in Entra, where nobody can look, is out.
    """
    leaving = enrolment(State.WITHDRAWING, command_key="out-1")
    out = recorded(leaving, removed(outcome))
    assert (out.state, out.steps[-1].reason, out.command_key) == (State.WITHDRAWING, reason, None)
    assert (out.awaits_confirmation, out.awaits_write) == (True, False)
    assert recorded(out, removed(outcome)) == out
    unseen = provisional(State.WITHDRAWING, command_key="out-1")
    gone = recorded(unseen, removed(outcome))
    assert (gone.state, gone.reason, gone.command_key) == (State.WITHDRAWN, reason, None)


def test_a_removal_that_entra_knows_nothing_of_is_owed_until_it_is_seen() -> None:
    unconfirmed = removed(WriteOutcome.ALREADY, reason=Reason.REMOVAL_UNCONFIRMED)
    still = recorded(enrolment(State.WITHDRAWING), unconfirmed)
    assert (still.state, still.flag) == (State.WITHDRAWING, None)
    assert still.awaits_confirmation
    assert still.due
    assert still.due > NOW + POLICY.written_within
    for state in set(State) - {State.WITHDRAWING}:
        assert recorded(enrolment(state), unconfirmed) == enrolment(state)


def test_a_removal_that_could_not_be_made_just_then_flags_nobody() -> None:
    later = removed(WriteOutcome.REFUSED, reason=Reason.NOT_NOW)
    still = recorded(enrolment(State.WITHDRAWING), later)
    assert (still.state, still.flag) == (State.WITHDRAWING, None)


@pytest.mark.parametrize("given_reason", [None, Reason.GROUP_NOT_WRITABLE])
def test_a_refused_removal_is_still_owed_and_flagged(given_reason: Reason | None) -> None:
    refused = removed(WriteOutcome.REFUSED, reason=given_reason)
    still = recorded(enrolment(State.WITHDRAWING, command_key="out-1"), refused)
    assert (still.state, still.command_key) == (State.WITHDRAWING, None)
    assert still.flag is (given_reason or Reason.WRITE_REFUSED)


@pytest.mark.parametrize("state", sorted(set(State) - {State.WITHDRAWING}))
@pytest.mark.parametrize("outcome", WriteOutcome)
def test_a_late_removal_changes_nothing_for_whoever_is_not_leaving(
    state: State, outcome: WriteOutcome
) -> None:
    current = enrolment(state)
    assert recorded(current, removed(outcome)) == current


ANSWERS = st.builds(
    WriteResult,
    change=st.sampled_from(ScopeAction),
    outcome=st.sampled_from(WriteOutcome),
    reason=st.none() | st.sampled_from([Reason.PROTECTED, Reason.COMMAND_EXPIRED]),
    command_key=st.sampled_from(["add-1", "out-1", None]),
)
ANYBODY = st.builds(
    enrolment,
    st.sampled_from(State),
    st.sampled_from(Provenance),
    command_key=st.sampled_from(["add-1", "out-1", None]),
)


@given(ANYBODY, ANSWERS)
def test_an_answer_that_comes_twice_is_as_good_as_one(
    current: Enrolment, answer: WriteResult
) -> None:
    once = recorded(current, answer)
    assert recorded(once, answer) == once


@given(ANYBODY, ANSWERS)
def test_only_a_membership_written_by_us_ever_becomes_ours(
    current: Enrolment, answer: WriteResult
) -> None:
    after = recorded(current, answer)
    if after.provenance is Provenance.OURS and current.provenance is not Provenance.OURS:
        assert (answer.change, answer.outcome) == (ScopeAction.ADD, WriteOutcome.DONE)


@pytest.mark.parametrize(
    ("succeeded", "reason"),
    [(True, Reason.DELTA_SYNC_SUCCEEDED), (False, Reason.DELTA_SYNC_FAILED)],
)
@pytest.mark.parametrize("state", sorted(IN_SCOPE | {State.WITHDRAWN}))
def test_the_end_of_the_delta_sync_is_told_once_to_whom_it_carried(
    state: State, succeeded: bool, reason: Reason
) -> None:
    current = enrolment(state)
    told = note_delta_sync(current, succeeded=succeeded, detail="busy", now=NOW)
    assert (told.state, told.reason) == (state, current.reason)
    assert reasons(told) == [reason]
    assert note_delta_sync(told, succeeded=succeeded, detail="busy", now=NOW + DAY) == told


@pytest.mark.parametrize("state", sorted(set(State) - IN_SCOPE - {State.WITHDRAWN}))
def test_the_end_of_the_delta_sync_is_nothing_to_whoever_it_did_not_carry(state: State) -> None:
    current = enrolment(state)
    assert note_delta_sync(current, succeeded=False, detail="", now=NOW) == current
