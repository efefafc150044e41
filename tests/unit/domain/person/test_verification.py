"""Whether people move as they should: looks at Entra, deadlines, and arrivals."""

from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.person.enrolment import (
    MOST_STEPS,
    Cause,
    CauseKind,
    Claim,
    Enrolment,
    Exclusion,
    Provenance,
    State,
)
from shared.domain.person.methods import HeldMethods
from shared.domain.person.people import (
    REPORT_LAG,
    REPORT_STRAGGLERS,
    Candidate,
    Memberships,
    Person,
    Registration,
    UserRef,
)
from shared.domain.person.policy import Policy, SourceOfAuthority
from shared.domain.person.reasons import Reason
from shared.domain.person.verification import (
    Observation,
    adopt,
    is_arrival_of,
    joined,
    joined_on_arrival,
    verify,
)
from shared.domain.person.write_results import record
from shared.domain.person.writes import ScopeAction, WriteOutcome, WriteResult
from tests.support.enrolments import (
    ANNA,
    ANNA_ID,
    ANNA_UPN,
    CLOUD_ANNA,
    CLOUD_ONLY,
    DAY,
    HOUR,
    IN_SCOPE,
    NOW,
    POLICY,
    SYNCED_ANNA,
    SYNCED_ONLY,
    enrolment,
    provisional,
    reasons,
)

UNSEEN = Observation()
MEMBER = Observation(member=True)
ENABLED = Observation(True, Registration(ANNA_ID, sspr_enabled=True, sspr_registered=False))
UNNAMED = Observation(True, Registration(ANNA_ID, sspr_enabled=True, sspr_registered=True))
"""Registered, by a report that names no methods."""
EMAIL = HeldMethods(frozenset({"email"}))
REGISTERED = Observation(True, Registration(ANNA_ID, True, True, EMAIL))
INSTANT = timedelta(microseconds=1)
WAY = [State.APPLIED, State.VISIBLE]


def fresh(state: State, **changes: Any) -> Enrolment:
    return enrolment(state, **({"since": NOW} | changes))


def after(current: Enrolment, wait: timedelta, seen: Observation = UNSEEN) -> Enrolment:
    return verify(current, seen, POLICY, NOW + wait)


@pytest.mark.parametrize(
    ("state", "seen", "becomes", "way"),
    [
        (State.APPLIED, MEMBER, State.VISIBLE, [Reason.SEEN_IN_ENTRA]),
        (State.VISIBLE, ENABLED, State.EFFECTIVE, [Reason.SSPR_ENABLED]),
        (State.EFFECTIVE, UNNAMED, State.REGISTERED, [Reason.SSPR_REGISTERED]),
        (
            State.APPLIED,
            REGISTERED,
            State.RESETTABLE,
            [
                Reason.SEEN_IN_ENTRA,
                Reason.SSPR_ENABLED,
                Reason.SSPR_REGISTERED,
                Reason.RESET_POSSIBLE,
            ],
        ),
    ],
)
def test_somebody_moves_on_as_far_as_entra_shows(
    state: State, seen: Observation, becomes: State, way: list[Reason]
) -> None:
    moved = after(fresh(state, flag=Reason.NOT_VISIBLE, reissues=1), INSTANT, seen)
    assert (moved.state, moved.flag) == (becomes, None)
    assert reasons(moved) == way


@pytest.mark.parametrize(
    "registration", [None, Registration(ANNA_ID, sspr_enabled=False, sspr_registered=True)]
)
def test_registered_before_being_enabled_is_not_yet_effective(
    registration: Registration | None,
) -> None:
    visible = fresh(State.VISIBLE, held=HeldMethods())
    assert after(visible, INSTANT, Observation(True, registration)) == visible


@pytest.mark.parametrize("source_of_authority", SourceOfAuthority)
def test_whoever_is_not_seen_in_time_is_issued_again_and_at_last_flagged(
    source_of_authority: SourceOfAuthority,
) -> None:
    within, now = POLICY.visible_within(source_of_authority), NOW
    current = fresh(State.APPLIED, source_of_authority=source_of_authority)
    for count in range(1, POLICY.reissue_limit + 1):
        assert verify(current, UNSEEN, POLICY, now + within - INSTANT) == current
        now += within
        again = verify(current, UNSEEN, POLICY, now)
        assert (again.state, again.reissues) == (State.REQUESTED, count)
        current = again.moved(State.APPLIED, Reason.ADDED, now)
    flagged = verify(current, UNSEEN, POLICY, now + within)
    assert (flagged.state, flagged.flag) == (State.APPLIED, Reason.NOT_VISIBLE)
    assert verify(flagged, UNSEEN, POLICY, now + 9 * within) == flagged


def arriving(**changes: Any) -> Enrolment:
    """Somebody whom the worker has put in, and who is not in Entra."""
    known = {"provenance": Provenance.OURS, "deadline": NOW + DAY, "since": NOW}
    return provisional(State.APPLIED, **(known | changes))


def test_whoever_never_comes_to_be_in_entra_is_taken_out_by_the_deadline_and_has_failed() -> None:
    """Given an account outside the sync's scope, when the deadline of the wish is over, then so."""
    waiting = verify(arriving(), UNSEEN, POLICY, NOW + DAY - INSTANT)
    assert waiting.state is not State.WITHDRAWING
    out = verify(arriving(), UNSEEN, POLICY, NOW + DAY)
    assert (out.state, out.reason) == (State.WITHDRAWING, Reason.NOT_SYNCED)
    for outcome in (WriteOutcome.DONE, WriteOutcome.ALREADY, WriteOutcome.NOT_FOUND):
        removed = WriteResult(change=ScopeAction.REMOVE, outcome=outcome)
        ended = record(out, removed, POLICY, NOW + DAY)
        assert (ended.state, ended.reason) == (State.FAILED, Reason.NOT_SYNCED)


def test_the_deadline_of_an_arrival_outlives_the_state_and_never_touches_what_is_not_ours() -> None:
    again = arriving(since=NOW + DAY - INSTANT, reissues=2)
    assert verify(again, UNSEEN, POLICY, NOW + DAY).reason is Reason.NOT_SYNCED
    theirs = verify(arriving(provenance=Provenance.PREEXISTING), UNSEEN, POLICY, NOW + DAY)
    assert (theirs.state, theirs.reason) == (State.FAILED, Reason.NOT_SYNCED)
    without = arriving(deadline=None)
    late = without.event_time + POLICY.waiting_deadline
    assert verify(without, UNSEEN, POLICY, late).reason is Reason.NOT_SYNCED


def test_who_has_arrived_has_no_such_deadline() -> None:
    here = fresh(State.APPLIED, deadline=NOW)
    assert after(here, INSTANT).state is State.APPLIED


def test_cloud_members_are_missed_sooner_than_synced_ones() -> None:
    assert POLICY.visible_within(SourceOfAuthority.CLOUD) < POLICY.visible_within(
        SourceOfAuthority.ON_PREMISES
    )


def test_whoever_is_flagged_as_not_visible_moves_on_once_seen() -> None:
    flagged = fresh(State.APPLIED, reissues=2, flag=Reason.NOT_VISIBLE)
    seen = after(flagged, POLICY.visible_within_synced, MEMBER)
    assert (seen.state, seen.flag, seen.reissues) == (State.VISIBLE, None, 0)


def test_a_member_who_is_not_effective_in_time_is_flagged_once_and_stays() -> None:
    visible = fresh(State.VISIBLE)
    assert after(visible, POLICY.effective_within - INSTANT, MEMBER) == visible
    flagged = after(visible, POLICY.effective_within, MEMBER)
    assert (flagged.state, flagged.flag) == (State.VISIBLE, Reason.NOT_EFFECTIVE)
    assert after(flagged, 2 * POLICY.effective_within, MEMBER) == flagged


def test_nobody_is_late_before_the_group_is_selected_and_the_report_had_its_time() -> None:
    visible, patience = fresh(State.VISIBLE), POLICY.effective_within
    awaiting = replace(POLICY, awaits_selection=True)
    assert verify(visible, MEMBER, awaiting, NOW + 9 * patience) == visible
    selected = replace(POLICY, selected_at=NOW + 9 * patience)
    assert verify(visible, MEMBER, selected, NOW + 10 * patience - INSTANT) == visible
    assert verify(visible, MEMBER, selected, NOW + 10 * patience).flag is Reason.NOT_EFFECTIVE
    before = replace(POLICY, selected_at=NOW - patience)
    assert verify(visible, MEMBER, before, NOW + patience - INSTANT) == visible
    assert verify(visible, MEMBER, before, NOW + patience).flag is Reason.NOT_EFFECTIVE


def test_the_report_has_the_time_that_microsoft_gives_it() -> None:
    assert POLICY.effective_within >= REPORT_LAG + REPORT_STRAGGLERS


@pytest.mark.parametrize("state", [State.REQUESTED, State.WITHDRAWING])
@pytest.mark.parametrize(
    ("command_key", "patience", "flag"),
    [
        (None, POLICY.written_within, Reason.NOT_WRITTEN),
        ("command-1", POLICY.answered_within, Reason.WORKER_SILENT),
    ],
)
def test_an_unanswered_write_is_issued_again_ever_more_rarely_then_flagged(
    state: State, command_key: str | None, patience: timedelta, flag: Reason
) -> None:
    current, now, gaps = fresh(state, command_key=command_key), NOW + patience, list[timedelta]()
    assert after(current, patience - INSTANT) == current
    for count in range(1, 10):
        current = verify(current, UNSEEN, POLICY, now)
        assert current.due is not None
        assert (current.state, current.reissues, current.command_key) == (state, count, None)
        assert current.flag is (flag if count > POLICY.reissue_limit else None)
        assert verify(current, UNSEEN, POLICY, current.due - INSTANT) == current
        gaps.append(current.due - now)
        now = current.due
        current = replace(current, command_key=command_key)
    assert gaps[:2] == [2 * patience, 4 * patience]
    assert gaps == sorted(gaps)
    assert gaps[-1] == POLICY.longest_retry


RESTING = sorted({State.WAITING, State.EXCLUDED, State.FAILED, State.WITHDRAWN})


@pytest.mark.parametrize("state", RESTING)
@pytest.mark.parametrize("seen", [UNSEEN, MEMBER, REGISTERED, Observation(member=False)])
def test_a_look_changes_nothing_for_whoever_is_not_on_the_way(
    state: State, seen: Observation
) -> None:
    current = fresh(state)
    assert after(current, timedelta(days=99), seen) == current


LOOKS = st.builds(
    Observation,
    st.sampled_from([None, False, True]),
    st.none()
    | st.builds(
        Registration,
        st.just(ANNA_ID),
        st.booleans(),
        st.booleans(),
        st.sampled_from([HeldMethods(), EMAIL, HeldMethods(frozenset({"mobilePhone", "strange"}))]),
    ),
)
WAITS = st.integers(0, 60 * 48).map(lambda minutes: timedelta(minutes=minutes))


@given(
    st.sampled_from(WAY),
    st.sampled_from(SourceOfAuthority),
    st.lists(st.tuples(WAITS, LOOKS), max_size=12),
)
def test_no_look_ever_moves_a_visible_person_back_nor_an_applied_one_before_its_time(
    state: State, source_of_authority: SourceOfAuthority, looks: list[tuple[timedelta, Observation]]
) -> None:
    current, now = fresh(state, source_of_authority=source_of_authority), NOW
    for wait, seen in looks:
        now += wait
        before, current = current, verify(current, seen, POLICY, now)
        if current.state is State.REQUESTED:
            assert before.state is State.APPLIED
            assert now >= before.since + POLICY.visible_within(source_of_authority)
            return
        assert current.state.is_seen or before.state is State.APPLIED


@given(st.sampled_from(State), LOOKS, WAITS)
def test_looking_twice_at_once_is_as_good_as_looking_once(
    state: State, seen: Observation, wait: timedelta
) -> None:
    once = after(fresh(state), wait, seen)
    assert after(once, wait, seen) == once


@pytest.mark.parametrize(
    ("known", "person", "is_theirs"),
    [
        (UserRef(user_principal_name=ANNA_UPN.upper()), CLOUD_ANNA, True),
        (UserRef(employee_id="4711"), CLOUD_ANNA, True),
        (UserRef(employee_id="4712"), CLOUD_ANNA, False),
        (UserRef(source_anchor="anchor=="), SYNCED_ANNA, True),
        (UserRef(source_anchor="ANCHOR=="), SYNCED_ANNA, False),
        (UserRef(source_anchor="anchor==", user_principal_name=ANNA_UPN), CLOUD_ANNA, False),
        (UserRef(source_anchor="another=", sid="s-1-5-21-1"), SYNCED_ANNA, True),
        (UserRef(source_anchor="anchor==", sid="S-1-5-21-2"), SYNCED_ANNA, False),
        (UserRef(user_principal_name=ANNA_UPN, sid="S-1-5-21-2"), SYNCED_ANNA, False),
        (UserRef(source_anchor="anchor==", sid="S-1-5-21-1"), CLOUD_ANNA, False),
        (UserRef(), CLOUD_ANNA, False),
        (UserRef(employee_id="4711"), Person(ref=UserRef(object_id=ANNA_ID)), False),
    ],
)
def test_an_arrival_is_known_by_sid_then_by_anchor_and_else_by_name(
    known: UserRef, person: Person, is_theirs: bool
) -> None:
    assert is_arrival_of(provisional(State.APPLIED, user=known), person) is is_theirs


def adopted(
    current: Enrolment,
    person: Person = SYNCED_ANNA,
    policy: Policy = POLICY,
    memberships: Memberships = Memberships(),
) -> Enrolment:
    return adopt(current, person, memberships, policy, NOW)


@pytest.mark.parametrize("state", sorted(IN_SCOPE | {State.REQUESTED}))
def test_an_eligible_arrival_goes_on_under_the_object_id(state: State) -> None:
    arrived = adopted(provisional(state, command_key="add-1"))
    assert (arrived.key, arrived.state, arrived.command_key) == (ANNA_ID, state, "add-1")
    assert arrived.user == SYNCED_ANNA.ref
    assert not arrived.is_provisional
    assert reasons(arrived) == [Reason.ARRIVED_IN_ENTRA]


def test_whoever_waits_is_looked_at_again_at_once_on_arrival() -> None:
    arrived = adopted(
        provisional(State.WAITING, due=NOW + timedelta(hours=4), source_of_authority=None)
    )
    assert (arrived.state, arrived.due, arrived.source_of_authority) == (
        State.WAITING,
        NOW,
        SourceOfAuthority.ON_PREMISES,
    )


def test_an_arrival_without_a_licence_is_flagged_and_stays() -> None:
    arrived = adopted(provisional(State.APPLIED), replace(SYNCED_ANNA, licensed=False))
    assert (arrived.state, arrived.flag) == (State.APPLIED, Reason.UNLICENSED)


@pytest.mark.parametrize(
    ("person", "memberships", "policy", "reason"),
    [
        (replace(SYNCED_ANNA, enabled=False), Memberships(), POLICY, Reason.DISABLED),
        (SYNCED_ANNA, Memberships(holds_directory_role=True), POLICY, Reason.ADMINISTRATOR),
        (CLOUD_ANNA, Memberships(), SYNCED_ONLY, Reason.CLOUD_USER_OUT_OF_REACH),
    ],
)
@pytest.mark.parametrize("state", sorted(IN_SCOPE))
def test_an_arrival_who_is_not_eligible_is_taken_out_again_with_the_reason(
    state: State, person: Person, memberships: Memberships, policy: Policy, reason: Reason
) -> None:
    member = provisional(state, provenance=Provenance.OURS)
    leaving = adopted(member, person, policy, memberships)
    assert (leaving.state, leaving.reason) == (State.WITHDRAWING, reason)


def test_an_arrival_who_is_not_eligible_keeps_a_membership_that_is_not_ours() -> None:
    member = provisional(State.APPLIED, provenance=Provenance.PREEXISTING)
    left = adopted(member, replace(SYNCED_ANNA, enabled=False))
    assert (left.state, left.steps[-1].reason) == (State.APPLIED, Reason.DISABLED)


@pytest.mark.parametrize("state", [State.WITHDRAWING, State.WITHDRAWN, State.FAILED])
def test_an_arrival_who_is_on_the_way_out_stays_there(state: State) -> None:
    arrived = adopted(provisional(state), replace(SYNCED_ANNA, guest=True))
    assert (arrived.state, arrived.key) == (state, ANNA_ID)


def test_in_a_cloud_topology_an_arrival_belongs_to_the_cloud_group_even_when_synced() -> None:
    waiting = provisional(
        State.WAITING, source_of_authority=None, user=UserRef(employee_id=ANNA.employee_id)
    )
    assert adopted(waiting, SYNCED_ANNA, CLOUD_ONLY).source_of_authority is SourceOfAuthority.CLOUD


WAVE = Cause(CauseKind.WAVE, "early", "clock")
EVENT = Cause(CauseKind.EVENT, "event-7", "hr")


def test_somebody_enrolled_under_two_keys_keeps_what_was_said_under_both() -> None:
    known = enrolment(
        State.REQUESTED, Provenance.UNKNOWN, claims=(Claim(WAVE),), event_time=NOW - 9 * DAY
    )
    arrived = enrolment(State.APPLIED, claims=(Claim(EVENT),), event_time=NOW)
    both = joined(known, arrived, NOW)
    assert (both.state, both.provenance) == (State.REQUESTED, Provenance.OURS)
    assert set(both.claims) == {Claim(WAVE), Claim(EVENT)}
    assert both.event_time == NOW
    assert joined(both, arrived, NOW) == both


def test_a_leaver_who_was_enrolled_under_two_keys_is_held_by_nothing() -> None:
    known = enrolment(State.REQUESTED, claims=(Claim(WAVE),), event_time=NOW - 9 * DAY)
    left = Exclusion(Reason.OFFBOARDED, "hr")
    arrived = enrolment(State.WITHDRAWN, exclusion=left, event_time=NOW)
    both = joined(known, arrived, NOW)
    assert (both.claims, both.exclusion) == ((), left)


@pytest.mark.parametrize("is_newer", [True, False])
def test_a_leaver_of_whom_an_operator_has_spoken_is_one_under_both_keys(*, is_newer: bool) -> None:
    """Given an operator's word under either key, and a leaving under the one of newer events."""
    left = Exclusion(Reason.OFFBOARDED, "hr")
    word = Exclusion(Reason.EXCLUDED_BY_OPERATOR, "olga", until=NOW + DAY)
    include = Claim(Cause(CauseKind.OVERRIDE, "needed", "olga"), NOW + DAY)
    older = enrolment(State.EXCLUDED, exclusion=word, event_time=NOW - 9 * DAY)
    newer = enrolment(State.WITHDRAWN, exclusion=word, set_aside=left, event_time=NOW)
    both = joined(older, newer, NOW) if is_newer else joined(newer, older, NOW)
    assert (both.exclusion, both.set_aside) == (word, left)
    included = replace(newer, exclusion=None, claims=(include,))
    both = joined(enrolment(State.WITHDRAWN, event_time=NOW - 9 * DAY), included, NOW)
    assert (both.exclusion, both.set_aside, both.claims) == (None, left, (include,))


def test_an_operators_exclusion_under_either_key_stays() -> None:
    exclusion = Exclusion(Reason.EXCLUDED_BY_OPERATOR, "olga")
    known = enrolment(State.EXCLUDED, exclusion=exclusion, event_time=NOW - 9 * DAY)
    arrived = enrolment(State.APPLIED, claims=(Claim(EVENT),), event_time=NOW)
    both = joined(known, arrived, NOW)
    assert (both.exclusion, both.claims) == (exclusion, (Claim(EVENT),))


ENDED = Claim(Cause(CauseKind.OVERRIDE, "needed", "olga"), NOW - HOUR)
LEFT = Exclusion(Reason.OFFBOARDED, "hr")
BY_OPERATOR = Exclusion(Reason.EXCLUDED_BY_OPERATOR, "olga")
AHEAD = replace(LEFT, begins=NOW + DAY)
WORDS: dict[str, dict[str, Any]] = {
    "joins": {"claims": (Claim(EVENT),)},
    "joins, and leaves later": {"claims": (Claim(EVENT),), "exclusion": AHEAD},
    "was included for a time": {"claims": (ENDED,)},
    "has left": {"exclusion": LEFT},
    "has left, and is no longer included": {"claims": (ENDED,), "set_aside": LEFT},
    "kept out by an operator": {"claims": (Claim(EVENT),), "exclusion": BY_OPERATOR},
}


def on_arrival(known: Enrolment, arrived: Enrolment) -> Enrolment:
    who = Candidate(SYNCED_ANNA, Memberships())
    return joined_on_arrival(known, arrived, NOW, candidate=who, policy=POLICY)


@pytest.mark.parametrize(
    "is_newer", [True, False], ids=["the arrival's counts", "the other counts"]
)
@pytest.mark.parametrize("provenance", Provenance)
@pytest.mark.parametrize("newest", WORDS)
@pytest.mark.parametrize("other", WORDS)
def test_of_two_keys_the_newest_word_is_acted_on_wherever_the_person_is(
    other: str, newest: str, provenance: Provenance, *, is_newer: bool
) -> None:
    """Given any two states of one person, then they are in, or out, as the newest word has it."""
    older_word = WORDS[other] | {"event_time": NOW - 9 * DAY}
    words = (older_word, WORDS[newest] | {"event_time": NOW})
    first, second = words if is_newer else reversed(words)
    for there, arriving in product(State, State):
        known = enrolment(there, provenance, **first)
        arrived = enrolment(arriving, provenance, **second).noted(Reason.ONBOARDED, NOW - HOUR)
        both = on_arrival(known, arrived)
        case = (there, arriving, both.state)
        is_claimed = any(not one.is_over(NOW) for one in both.claims)
        if both.is_kept_out(NOW):
            assert not both.state.is_coming, case
            had_something = arriving.is_enrolled or there.is_enrolled
            if had_something and provenance is Provenance.OURS:
                assert both.state is State.WITHDRAWING, case
        elif is_claimed:
            assert both.state.is_enrolled or both.state is there is State.WAITING, case
        again = on_arrival(both, arrived)
        assert replace(again, steps=both.steps) == both, case


@pytest.mark.parametrize("state", sorted(State))
@pytest.mark.parametrize("kept_out", [LEFT, replace(LEFT, begins=NOW), BY_OPERATOR])
def test_whoever_is_kept_out_by_the_time_that_they_arrive_is_on_the_way_out(
    kept_out: Exclusion, state: State
) -> None:
    arrived = adopted(provisional(state, exclusion=kept_out, provenance=Provenance.OURS))
    assert not arrived.state.is_coming
    assert arrived.state is State.WITHDRAWING or not state.is_enrolled
    staying = adopted(provisional(state, exclusion=AHEAD))
    assert staying.state is state


def test_what_two_keys_have_led_to_is_shown_in_the_order_in_which_it_happened() -> None:
    """Given one who is out under one key and in under the other, all steps are kept."""
    out = enrolment(State.FAILED).moved(State.WITHDRAWN, Reason.OFFBOARDED, NOW - 2 * HOUR)
    asked = provisional(State.REQUESTED, claims=(Claim(EVENT),)).noted(Reason.ONBOARDED, NOW - HOUR)
    out = out.moved(State.WITHDRAWN, Reason.OUTDATED, NOW - HOUR / 2)
    both = joined(out, adopted(asked), NOW)
    assert reasons(both) == [
        Reason.OFFBOARDED,
        Reason.ONBOARDED,
        Reason.OUTDATED,
        Reason.ARRIVED_IN_ENTRA,
    ]
    long = out
    for hour in range(2 * MOST_STEPS):
        long = long.moved(State.WITHDRAWN, Reason.OUTDATED, NOW + hour * HOUR, detail=str(hour))
    both = joined(long, adopted(asked), NOW)
    assert (len(both.steps), both.steps[0]) == (MOST_STEPS, long.steps[0])
