"""The first decision: what an onboarding or offboarding request makes of a person."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.domain.person.eligibility import refusal
from shared.domain.person.enrolment import Claim, Enrolment, Provenance, State
from shared.domain.person.happenings import Happening
from shared.domain.person.membership import take
from shared.domain.person.onboarding import decide
from shared.domain.person.people import Memberships, Person, UserRef
from shared.domain.person.policy import Policy, SourceOfAuthority
from shared.domain.person.reasons import Reason
from shared.domain.person.request import Action, Lookup, Request, key_of
from shared.domain.person.waiting import wait_again
from shared.domain.person.withdrawal import take_out
from tests.support.enrolments import (
    ANNA_ID,
    ANNA_UPN,
    BREAK_GLASS,
    CLOUD_ANNA,
    CLOUD_ONLY,
    DAY,
    HOUR,
    IN_SCOPE,
    NOBODY,
    NOW,
    POLICY,
    SCOPE,
    SYNCED_ANNA,
    SYNCED_ONLY,
    enrolment,
    found,
    provisional,
    reasons,
    request,
)


def decided(
    asked: Request,
    finding: Lookup,
    current: Enrolment | None = None,
    policy: Policy = POLICY,
    now: datetime = NOW,
) -> Enrolment:
    return decide(asked, finding, current, policy, now)


@pytest.mark.parametrize(
    ("finding", "policy", "reason"),
    [
        (found(replace(CLOUD_ANNA, guest=True)), POLICY, Reason.GUEST),
        (found(replace(CLOUD_ANNA, enabled=False)), POLICY, Reason.DISABLED),
        (found(CLOUD_ANNA, holds_role=True), POLICY, Reason.ADMINISTRATOR),
        (found(CLOUD_ANNA, BREAK_GLASS), POLICY, Reason.EXCLUDED_GROUP),
        (found(replace(CLOUD_ANNA, licensed=False)), POLICY, Reason.UNLICENSED),
        (found(CLOUD_ANNA), SYNCED_ONLY, Reason.CLOUD_USER_OUT_OF_REACH),
    ],
    ids=lambda value: str(value) if isinstance(value, Reason) else "",
)
def test_whoever_is_not_eligible_is_excluded_with_the_reason(
    finding: Lookup, policy: Policy, reason: Reason
) -> None:
    excluded = decided(request(), finding, policy=policy)
    assert (excluded.state, excluded.reason) == (State.EXCLUDED, reason)
    assert reasons(excluded) == [reason]


@pytest.mark.parametrize("hint", [Action.LOOK_AGAIN, Action.LIST])
def test_a_hint_that_somebody_is_there_is_no_wish_to_enrol_them(hint: Action) -> None:
    with pytest.raises(ValueError, match="enrols nobody"):
        decide(request(hint), found(CLOUD_ANNA), None, POLICY, NOW)


@pytest.mark.parametrize(
    ("changes", "is_back"),
    [
        ({}, True),
        ({"joins_by_day": True}, False),
        ({"joins_by_day": True, "effective_date": NOW - DAY}, False),
        ({"joins_by_day": True, "effective_date": NOW + DAY}, True),
    ],
)
def test_whose_day_alone_says_that_they_join_is_back_only_if_it_is_later_than_their_leaving(
    changes: dict[str, Any], is_back: bool
) -> None:
    """Given a leaver whom a report still lists with the first day of before, they stay out."""
    left = decided(request(Action.OFFBOARD, key="left"), found(CLOUD_ANNA))
    asked = request(key="listed", occurred_at=NOW + HOUR, **changes)
    after = decided(asked, found(CLOUD_ANNA), left, now=NOW + HOUR)
    assert (after.exclusion is None) is is_back
    assert after.is_kept_out(NOW + HOUR) is not is_back


def test_entra_s_first_day_begins_where_the_rollout_is() -> None:
    """Given midnight UTC as hire date, when it is midnight in Auckland, then they are in."""
    person = replace(CLOUD_ANNA, hire_date=datetime(2026, 3, 3, tzinfo=UTC))
    policy = replace(POLICY, time_zone="Pacific/Auckland")
    begins = datetime(2026, 3, 2, 11, tzinfo=UTC)
    assert decided(request(), found(person), policy=policy, now=begins - HOUR).due == begins
    assert decided(request(), found(person), policy=policy, now=begins).state is State.REQUESTED


def test_an_administrator_without_a_licence_is_told_that_they_are_an_administrator() -> None:
    person = replace(CLOUD_ANNA, licensed=False)
    assert refusal(person, Memberships(holds_directory_role=True), POLICY) is Reason.ADMINISTRATOR


def test_whoever_is_eligible_by_now_is_enrolled_by_the_next_event() -> None:
    excluded = enrolment(State.EXCLUDED, Provenance.UNKNOWN, reason=Reason.UNLICENSED)
    assert decided(request(), found(CLOUD_ANNA), excluded).state is State.REQUESTED


@pytest.mark.parametrize(
    ("person", "policy", "source_of_authority", "provenance"),
    [
        (CLOUD_ANNA, POLICY, SourceOfAuthority.CLOUD, Provenance.OURS),
        (SYNCED_ANNA, POLICY, SourceOfAuthority.ON_PREMISES, Provenance.UNKNOWN),
        (SYNCED_ANNA, SYNCED_ONLY, SourceOfAuthority.ON_PREMISES, Provenance.UNKNOWN),
        (SYNCED_ANNA, CLOUD_ONLY, SourceOfAuthority.CLOUD, Provenance.OURS),
    ],
)
def test_an_eligible_person_is_requested_where_the_topology_keeps_them(
    person: Person, policy: Policy, source_of_authority: SourceOfAuthority, provenance: Provenance
) -> None:
    requested = decided(request(), found(person), policy=policy)
    assert (requested.state, requested.reason) == (State.REQUESTED, Reason.ONBOARDED)
    assert (requested.source_of_authority, requested.provenance) == (
        source_of_authority,
        provenance,
    )
    assert requested.key == ANNA_ID
    assert requested.user == person.ref


@pytest.mark.parametrize("finding", [found(CLOUD_ANNA), NOBODY], ids=["in Entra", "nowhere"])
def test_an_effective_date_ahead_waits_for_that_day(finding: Lookup) -> None:
    waiting = decided(request(effective_date=NOW + 3 * DAY), finding)
    assert (waiting.state, waiting.reason) == (State.WAITING, Reason.HIRE_DATE_AHEAD)
    assert waiting.due == waiting.effective_date == NOW + 3 * DAY
    assert waiting.deadline == NOW + 3 * DAY + POLICY.waiting_deadline


def test_the_directorys_hire_date_counts_where_the_event_names_none() -> None:
    hired = found(replace(CLOUD_ANNA, hire_date=NOW + DAY))
    assert decided(request(), hired).due == NOW + DAY
    assert decided(request(effective_date=NOW - DAY), hired).state is State.REQUESTED


@pytest.mark.parametrize("days_ago", [0, 1, 300])
@pytest.mark.parametrize("finding", [found(CLOUD_ANNA), found(SYNCED_ANNA), NOBODY])
def test_an_effective_date_that_has_come_or_is_long_past_enrols_now(
    finding: Lookup, days_ago: int
) -> None:
    late = request(effective_date=NOW - days_ago * DAY)
    assert decided(late, finding).state is State.REQUESTED


def test_whoever_waits_for_their_hire_date_is_enrolled_once_it_has_come() -> None:
    asked = request(effective_date=NOW + DAY)
    waiting = decided(asked, found(CLOUD_ANNA))
    enrolled = decided(asked, found(CLOUD_ANNA), waiting, now=NOW + DAY)
    assert (enrolled.state, enrolled.due) == (State.REQUESTED, None)
    assert reasons(enrolled) == [Reason.HIRE_DATE_AHEAD, Reason.ONBOARDED]


def test_a_name_of_several_people_enrols_none_of_them() -> None:
    asked = request(identifier="4711")
    failed = decided(asked, Lookup((CLOUD_ANNA, SYNCED_ANNA)))
    assert (failed.state, failed.reason) == (State.FAILED, Reason.AMBIGUOUS)
    assert failed.key == "employee:4711"


@pytest.mark.parametrize("policy", [POLICY, SYNCED_ONLY], ids=["nested", "synced"])
@pytest.mark.parametrize(
    ("identifier", "user"),
    [
        (ANNA_UPN, UserRef(user_principal_name=ANNA_UPN)),
        ("4711", UserRef(employee_id="4711")),
    ],
)
def test_whoever_is_not_in_entra_is_looked_for_on_premises(
    policy: Policy, identifier: str, user: UserRef
) -> None:
    asked = request(identifier=identifier)
    requested = decided(asked, NOBODY, policy=policy)
    assert (requested.state, requested.source_of_authority) == (
        State.REQUESTED,
        SourceOfAuthority.ON_PREMISES,
    )
    assert (requested.key, requested.user) == (str(asked.identifier), user)
    assert requested.is_provisional
    assert requested.deadline == NOW + POLICY.waiting_deadline


def test_an_object_id_of_nobody_fails_because_on_premises_knows_none() -> None:
    failed = decided(request(identifier=ANNA_ID), NOBODY)
    assert (failed.state, failed.reason) == (State.FAILED, Reason.NOT_IN_ENTRA)


def test_without_an_on_premises_side_whoever_is_not_in_entra_waits() -> None:
    waiting = decided(request(), NOBODY, policy=CLOUD_ONLY)
    assert (waiting.state, waiting.reason) == (State.WAITING, Reason.NOT_IN_ANY_DIRECTORY)
    assert waiting.due == NOW + POLICY.first_retry
    assert waiting.deadline == NOW + POLICY.waiting_deadline


def test_the_deadline_counts_from_the_first_day_where_that_is_later_than_the_event() -> None:
    asked = request(occurred_at=NOW - 30 * DAY, effective_date=NOW - DAY)
    requested = decided(asked, NOBODY)
    assert requested.deadline == NOW - DAY + POLICY.waiting_deadline


def test_looks_for_somebody_who_waits_become_rarer_and_end_at_the_deadline() -> None:
    asked, now, gaps = request(), NOW, list[timedelta]()
    waiting = decided(asked, NOBODY, policy=CLOUD_ONLY)
    while waiting.state is State.WAITING:
        assert waiting.due is not None
        gaps.append(waiting.due - now)
        now = waiting.due
        waiting = decided(asked, NOBODY, waiting, CLOUD_ONLY, now)
    assert gaps == sorted(gaps)
    assert (gaps[0], gaps[-1]) == (POLICY.first_retry, POLICY.longest_retry)
    assert (waiting.state, waiting.reason) == (State.FAILED, Reason.DEADLINE_PASSED)
    assert NOW + POLICY.waiting_deadline <= now < NOW + POLICY.waiting_deadline + gaps[-1]
    assert reasons(waiting) == [Reason.NOT_IN_ANY_DIRECTORY, Reason.DEADLINE_PASSED]


def test_whoever_waits_without_a_deadline_of_their_own_goes_on_waiting() -> None:
    waiting = wait_again(provisional(State.REQUESTED), POLICY, NOW + 1000 * DAY)
    assert waiting.state is State.WAITING


def test_a_new_event_after_a_passed_deadline_starts_a_new_wait() -> None:
    failed = provisional(
        State.FAILED,
        reason=Reason.DEADLINE_PASSED,
        deadline=NOW - 60 * DAY,
        source_of_authority=None,
    )
    waiting = decided(request(), NOBODY, failed, CLOUD_ONLY)
    assert waiting.state is State.WAITING
    assert waiting.deadline == NOW + POLICY.waiting_deadline


@pytest.mark.parametrize("policy", [POLICY, CLOUD_ONLY], ids=["nested", "cloud"])
def test_another_event_does_not_put_off_the_deadline_of_whoever_waits(policy: Policy) -> None:
    waiting = provisional(State.WAITING, deadline=NOW + DAY, source_of_authority=None)
    assert decided(request(), NOBODY, waiting, policy).deadline == NOW + DAY


def test_whoever_is_a_member_already_is_visible_at_once_and_not_ours() -> None:
    visible = decided(request(), found(CLOUD_ANNA, SCOPE))
    assert (visible.state, visible.reason) == (State.VISIBLE, Reason.ALREADY_MEMBER)
    assert visible.provenance is Provenance.PREEXISTING


def test_an_offboarding_leaves_a_membership_that_is_not_ours() -> None:
    visible = decided(request(), found(CLOUD_ANNA, SCOPE))
    left = decided(request(Action.OFFBOARD, occurred_at=NOW + HOUR), NOBODY, visible)
    assert (left.state, left.reason) == (State.WITHDRAWING, Reason.MEMBERSHIP_NOT_OURS)
    assert (left.awaits_confirmation, left.awaits_write) == (True, False)


def test_a_membership_still_shown_after_our_own_removal_is_not_taken_for_somebody_elses() -> None:
    withdrawn = enrolment(State.WITHDRAWN, Provenance.OURS)
    back = decided(request(), found(SYNCED_ANNA, SCOPE), withdrawn)
    assert (back.state, back.provenance) == (State.REQUESTED, Provenance.OURS)


@pytest.mark.parametrize("later", [HOUR / 2, 2 * HOUR, 29 * DAY])
@pytest.mark.parametrize("provenance", Provenance)
@pytest.mark.parametrize("state", sorted(IN_SCOPE))
def test_a_restored_account_is_whose_it_was(
    state: State, provenance: Provenance, later: timedelta
) -> None:
    """Given an account that is deleted and restored with its membership, that is as it was."""
    member = enrolment(state, provenance, source_of_authority=SourceOfAuthority.CLOUD)
    deleted = take(member, Reason.NOT_IN_ENTRA, NOW)
    ours = provenance is Provenance.OURS
    for when in (NOW + later, NOW + 2 * later):
        back = decided(request(occurred_at=when), found(CLOUD_ANNA, SCOPE), deleted, now=when)
        assert back.state.is_enrolled
        assert (back.provenance is Provenance.OURS) is ours

        leaves = request(Action.OFFBOARD, occurred_at=when)
        for current in (deleted, back):
            gone = decided(leaves, found(CLOUD_ANNA, SCOPE), current, now=when)
            assert (gone.state, gone.awaits_write) == (State.WITHDRAWING, ours)
            assert (gone.reason is Reason.MEMBERSHIP_NOT_OURS) is not ours


@pytest.mark.parametrize(
    ("state", "provenance", "after", "reason"),
    [
        (State.REQUESTED, Provenance.OURS, State.WITHDRAWING, Reason.OFFBOARDED),
        (State.REQUESTED, Provenance.UNKNOWN, State.WITHDRAWN, Reason.OFFBOARDED),
        (State.REQUESTED, Provenance.PREEXISTING, State.WITHDRAWING, Reason.MEMBERSHIP_NOT_OURS),
        (State.WAITING, Provenance.UNKNOWN, State.WITHDRAWN, Reason.OFFBOARDED),
        (State.APPLIED, Provenance.OURS, State.WITHDRAWING, Reason.OFFBOARDED),
        (State.APPLIED, Provenance.PREEXISTING, State.WITHDRAWING, Reason.MEMBERSHIP_NOT_OURS),
        (State.VISIBLE, Provenance.OURS, State.WITHDRAWING, Reason.OFFBOARDED),
        (State.VISIBLE, Provenance.PREEXISTING, State.WITHDRAWING, Reason.MEMBERSHIP_NOT_OURS),
        (State.EFFECTIVE, Provenance.OURS, State.WITHDRAWING, Reason.OFFBOARDED),
        (State.EFFECTIVE, Provenance.PREEXISTING, State.WITHDRAWING, Reason.MEMBERSHIP_NOT_OURS),
        (State.REGISTERED, Provenance.OURS, State.WITHDRAWING, Reason.OFFBOARDED),
        (State.REGISTERED, Provenance.PREEXISTING, State.WITHDRAWING, Reason.MEMBERSHIP_NOT_OURS),
        (State.EXCLUDED, Provenance.UNKNOWN, State.WITHDRAWN, Reason.OFFBOARDED),
        (State.FAILED, Provenance.UNKNOWN, State.WITHDRAWN, Reason.OFFBOARDED),
        (State.WITHDRAWING, Provenance.OURS, State.WITHDRAWING, Reason.ONBOARDED),
        (State.WITHDRAWN, Provenance.OURS, State.WITHDRAWN, Reason.ONBOARDED),
    ],
)
def test_an_offboarding_takes_out_what_is_ours_and_nothing_else(
    state: State, provenance: Provenance, after: State, reason: Reason
) -> None:
    left = decided(request(Action.OFFBOARD), NOBODY, enrolment(state, provenance))
    assert (left.state, left.reason) == (after, reason)
    assert left.awaits_write is (after is State.WITHDRAWING and provenance is Provenance.OURS)
    assert left.event_time == NOW


def test_a_leaver_whose_command_is_out_waits_for_its_answer_under_the_same_key() -> None:
    asked = enrolment(State.REQUESTED, Provenance.UNKNOWN, command_key="command-1", reissues=2)
    leaving = take_out(asked, Happening.OFFBOARDED, Reason.OFFBOARDED, NOW)
    assert (leaving.state, leaving.command_key) == (State.WITHDRAWING, "command-1")
    assert leaving.reissues == 0


def test_an_unknown_leaver_is_remembered_so_that_an_older_onboarding_stays_out() -> None:
    leaver = decided(request(Action.OFFBOARD), NOBODY)
    assert (leaver.state, leaver.reason) == (State.WITHDRAWN, Reason.UNKNOWN_LEAVER)
    late = request(key="late", occurred_at=NOW - HOUR)
    still_out = decided(late, NOBODY, leaver)
    assert (still_out.state, still_out.reason) == (State.WITHDRAWN, Reason.UNKNOWN_LEAVER)
    assert reasons(still_out) == [Reason.UNKNOWN_LEAVER, Reason.OUTDATED]


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("action", [Action.ONBOARD, Action.OFFBOARD])
def test_an_older_event_only_leaves_a_note(state: State, action: Action) -> None:
    current = enrolment(state)
    older = request(action, key="late", occurred_at=current.event_time - timedelta(microseconds=1))
    noted = decided(older, found(SYNCED_ANNA), current)
    assert [step.detail for step in noted.steps] == ["late"]
    assert replace(noted, steps=()) == current


@pytest.mark.parametrize("action", [Action.ONBOARD, Action.OFFBOARD])
def test_an_event_that_is_delivered_again_has_done_what_it_did_the_first_time(
    action: Action,
) -> None:
    event = request(action, key="twice")
    first = decided(event, found(CLOUD_ANNA), enrolment(State.APPLIED, Provenance.OURS))
    if action is Action.ONBOARD:
        first = decided(event, found(CLOUD_ANNA))
    did = first.reason
    further = first.moved(State.VISIBLE, Reason.SEEN_IN_ENTRA, NOW)
    newer = replace(further, event_time=NOW + HOUR)

    for current in (first, further, newer):
        again = decided(event, found(CLOUD_ANNA), current)
        step = again.step_of("twice")
        assert step is not None
        assert (step.reason, again.event_time) == (did, current.event_time)
    assert decided(event, found(CLOUD_ANNA), newer).steps == newer.steps


@pytest.mark.parametrize("state", sorted(IN_SCOPE | {State.REQUESTED}))
def test_an_onboarding_of_somebody_on_the_way_changes_only_the_newest_event_and_its_hold(
    state: State,
) -> None:
    current = enrolment(state)
    asked = request()
    held = replace(current, event_time=NOW, claims=(Claim(asked.cause),))
    assert decided(asked, found(SYNCED_ANNA), current) == held


@pytest.mark.parametrize("state", [State.WITHDRAWING, State.WITHDRAWN])
def test_somebody_who_comes_back_is_enrolled_again(state: State) -> None:
    back = decided(request(), found(SYNCED_ANNA), enrolment(state, command_key="remove-1"))
    assert (back.state, back.command_key) == (State.REQUESTED, None)


def test_a_person_is_remembered_by_object_id_in_entra_and_by_name_elsewhere() -> None:
    asked = request(identifier="ANNA@contoso.test ")
    assert key_of(asked.identifier, found(CLOUD_ANNA)) == ANNA_ID
    assert key_of(asked.identifier, NOBODY) == f"upn:{ANNA_UPN}"
