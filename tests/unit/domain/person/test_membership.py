"""What waves, operators and rollbacks make of one person."""

from dataclasses import replace
from datetime import datetime, timedelta

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
    Step,
)
from shared.domain.person.membership import (
    NO_EVENT,
    call_off,
    found,
    put_back,
    put_in,
    roll_back,
    stays,
    take,
    take_stranger,
)
from shared.domain.person.onboarding import decide
from shared.domain.person.overrides import keep_out, let_go
from shared.domain.person.people import Candidate, Memberships, Person
from shared.domain.person.policy import SourceOfAuthority
from shared.domain.person.reasons import Reason
from shared.domain.person.request import Action
from tests.support.enrolments import (
    CLOUD_ANNA,
    CLOUD_ONLY,
    DAY,
    HOUR,
    IN_SCOPE,
    NOW,
    POLICY,
    SCOPE,
    SYNCED_ANNA,
    enrolment,
    reasons,
    request,
)
from tests.support.enrolments import found as finding_of

WAVE = Cause(CauseKind.WAVE, "early", "clock")
EVENT = Cause(CauseKind.EVENT, "event-0", "hr")
OVERRIDE = Cause(CauseKind.OVERRIDE, "asked for", "olga")
NEW_HIRE = Cause(CauseKind.NEW_HIRE, "2026-11-01", "clock")
BAR = Exclusion(Reason.EXCLUDED_BY_OPERATOR, "olga", "on leave")
IN = sorted(IN_SCOPE | {State.REQUESTED})


def candidate(person: Person = CLOUD_ANNA, *group_ids: str) -> Candidate:
    return Candidate(person, Memberships(frozenset(group_ids)))


def claimed(state: State, *causes: Cause, **changes: object) -> Enrolment:
    given_changes = {"claims": tuple(Claim(cause) for cause in causes)} | changes
    return enrolment(state, **given_changes)  # type: ignore[arg-type]  # as replace() takes them


def test_a_wave_asks_for_somebody_unknown_and_counts_as_no_event() -> None:
    asked = put_in(candidate(), WAVE, None, POLICY, NOW)
    assert (asked.state, asked.reason) == (State.REQUESTED, Reason.IN_WAVE)
    assert (asked.event_time, asked.claims) == (NO_EVENT, (Claim(WAVE),))
    assert asked.provenance is Provenance.OURS


def test_an_older_offboarding_that_comes_after_the_wave_still_takes_the_person_out() -> None:
    asked = put_in(candidate(), WAVE, None, POLICY, NOW)
    left = request(Action.OFFBOARD, occurred_at=NOW - 9 * DAY)
    gone = decide(left, finding_of(CLOUD_ANNA), asked, POLICY, NOW)
    assert (gone.state, gone.reason) == (State.WITHDRAWING, Reason.OFFBOARDED)
    assert gone.is_kept_out(NOW)


def test_a_wave_does_not_bring_a_leaver_back_but_a_newer_event_does() -> None:
    left = request(Action.OFFBOARD)
    leaver = decide(left, finding_of(CLOUD_ANNA), claimed(State.WITHDRAWN), POLICY, NOW)
    assert put_in(candidate(), WAVE, leaver, POLICY, NOW).state is State.WITHDRAWN
    again = request(occurred_at=NOW + HOUR)
    back = decide(again, finding_of(CLOUD_ANNA), leaver, POLICY, NOW + HOUR)
    assert (back.state, back.exclusion) == (State.REQUESTED, None)


def test_somebody_who_was_in_the_group_before_stays_somebody_elses() -> None:
    known = put_in(candidate(CLOUD_ANNA, SCOPE), WAVE, None, POLICY, NOW)
    assert (known.state, known.provenance) == (State.VISIBLE, Provenance.PREEXISTING)
    assert roll_back(known, "early", NOW) == replace(known, claims=())


@pytest.mark.parametrize("state", IN)
def test_a_wave_only_adds_its_hold_to_somebody_who_is_in(state: State) -> None:
    current = claimed(state, EVENT)
    after = put_in(candidate(SYNCED_ANNA), WAVE, current, POLICY, NOW)
    assert after == replace(current, claims=(Claim(EVENT), Claim(WAVE)))


@pytest.mark.parametrize("state", IN)
def test_a_rollback_takes_out_whom_only_the_wave_holds(state: State) -> None:
    out = roll_back(claimed(state, WAVE), "early", NOW)
    assert (out.state, out.reason, out.claims) == (State.WITHDRAWING, Reason.ROLLED_BACK, ())


@pytest.mark.parametrize("cause", [EVENT, OVERRIDE, NEW_HIRE])
def test_a_rollback_leaves_in_whom_something_else_holds(cause: Cause) -> None:
    after = roll_back(claimed(State.EFFECTIVE, WAVE, cause), "early", NOW)
    assert (after.state, after.claims) == (State.EFFECTIVE, (Claim(cause),))


def test_a_hold_whose_time_is_over_keeps_nobody_in() -> None:
    over = enrolment(State.EFFECTIVE, claims=(Claim(WAVE), Claim(OVERRIDE, NOW)))
    assert roll_back(over, "early", NOW).state is State.WITHDRAWING


def test_the_rollback_of_another_wave_changes_nothing() -> None:
    current = claimed(State.EFFECTIVE, WAVE)
    assert roll_back(current, "everyone", NOW) == current


HOLDS = st.lists(
    st.builds(
        Claim,
        st.sampled_from([WAVE, EVENT, OVERRIDE, NEW_HIRE, replace(WAVE, reference="everyone")]),
        st.none() | st.sampled_from([NOW - DAY, NOW + DAY]),
    ),
    max_size=4,
    unique_by=lambda claim: claim.cause.kind,
).map(tuple)
ENROLMENTS = st.builds(enrolment, st.sampled_from(State), st.sampled_from(Provenance), claims=HOLDS)


@given(ENROLMENTS)
def test_a_rollback_is_exact(current: Enrolment) -> None:
    """Out goes who was in, by us, by that wave alone; everybody else stays where they were."""
    after = roll_back(current, "early", NOW)
    claim = current.claim(CauseKind.WAVE)
    mine = claim is not None and claim.cause.reference == "early"
    if not mine:
        assert after == current
        return
    assert after.claim(CauseKind.WAVE) is None
    others = any(
        one.cause.kind is not CauseKind.WAVE and not one.is_over(NOW) for one in current.claims
    )
    if current.state in IN_SCOPE and not others:
        ours = current.provenance is Provenance.OURS
        assert (after.state is State.WITHDRAWING) == ours
    if others:
        assert after.state is current.state
    assert roll_back(after, "early", NOW) == after


@given(ENROLMENTS, st.booleans())
def test_putting_in_twice_is_putting_in_once(current: Enrolment, known: bool) -> None:
    once = put_in(candidate(SYNCED_ANNA), WAVE, current if known else None, POLICY, NOW)
    assert put_in(candidate(SYNCED_ANNA), WAVE, once, POLICY, NOW) == once


@given(ENROLMENTS)
def test_nobody_who_was_there_before_is_ever_on_the_way_out(current: Enrolment) -> None:
    there = replace(current, provenance=Provenance.PREEXISTING)
    outs = [
        take(there, Reason.NO_LONGER_WANTED, NOW),
        take(there, Reason.DISABLED, NOW),
        roll_back(there, "early", NOW),
        call_off(there, NOW),
    ]
    moved = {one.state for one in outs if one.state is not there.state}
    assert State.WITHDRAWING not in moved


@given(ENROLMENTS)
def test_who_was_there_before_and_is_kept_out_is_looked_for_and_nothing_is_written(
    current: Enrolment,
) -> None:
    """Given somebody else's membership, an operator's exclusion says that they are still in."""
    there = replace(current, provenance=Provenance.PREEXISTING)
    kept = keep_out(SYNCED_ANNA, there, BAR, POLICY, NOW)
    if there.state.is_enrolled and not there.is_provisional:
        assert (kept.state, kept.reason) == (State.WITHDRAWING, Reason.MEMBERSHIP_NOT_OURS)
        assert not kept.awaits_write


def test_what_a_plan_takes_out_is_asked_for_again_when_it_may_be_in_again() -> None:
    out = take(claimed(State.VISIBLE, EVENT), Reason.DISABLED, NOW)
    assert (out.state, out.claims) == (State.WITHDRAWING, (Claim(EVENT),))


@pytest.mark.parametrize("reason", [Reason.NO_LONGER_WANTED, Reason.ROLLED_BACK])
def test_what_nothing_wants_any_more_forgets_what_the_rollout_said(reason: Reason) -> None:
    over = enrolment(State.VISIBLE, claims=(Claim(WAVE), Claim(NEW_HIRE), Claim(OVERRIDE, NOW)))
    out = take(over, reason, NOW)
    assert (out.state, out.reason, out.claims) == (State.WITHDRAWING, reason, ())


def test_whose_account_is_gone_is_out_without_a_write_and_may_be_restored() -> None:
    gone = take(claimed(State.REGISTERED, WAVE, EVENT), Reason.NOT_IN_ENTRA, NOW)
    assert (gone.state, gone.reason) == (State.WITHDRAWN, Reason.NOT_IN_ENTRA)
    assert gone.claims == (Claim(EVENT),)


@pytest.mark.parametrize("state", sorted(IN_SCOPE))
def test_whom_somebody_took_out_by_hand_is_written_again(state: State) -> None:
    again = put_back(SYNCED_ANNA, claimed(state, WAVE), POLICY, NOW)
    assert (again.state, again.reason) == (State.REQUESTED, Reason.PUT_BACK)


@pytest.mark.parametrize("state", sorted(set(State) - IN_SCOPE))
def test_only_who_is_in_can_be_put_back(state: State) -> None:
    current = claimed(state, WAVE)
    assert put_back(SYNCED_ANNA, current, POLICY, NOW) == current


def test_members_of_before_are_remembered_as_somebody_elses() -> None:
    known = found(SYNCED_ANNA, POLICY, NOW, actor="olga")
    assert (known.state, known.provenance) == (State.VISIBLE, Provenance.PREEXISTING)
    assert (known.source_of_authority, known.claims) == (SourceOfAuthority.ON_PREMISES, ())
    assert reasons(known) == [Reason.ALREADY_MEMBER]


@pytest.mark.parametrize("policy", [POLICY, CLOUD_ONLY])
@pytest.mark.parametrize("current", [None, enrolment(State.WITHDRAWN)])
def test_whom_somebody_put_in_by_hand_is_taken_out_where_the_document_says_so(
    policy: object, current: Enrolment | None
) -> None:
    out = take_stranger(SYNCED_ANNA, current, policy, NOW, actor="clock")  # type: ignore[arg-type]
    assert (out.state, out.reason) == (State.WITHDRAWING, Reason.ADDED_BY_HAND)
    assert out.source_of_authority is not None
    assert out.provenance is Provenance.OURS


@pytest.mark.parametrize("state", IN)
def test_an_exclusion_by_hand_takes_out_who_is_in_and_remembers_why_they_were(
    state: State,
) -> None:
    out = keep_out(SYNCED_ANNA, claimed(state, WAVE, OVERRIDE), BAR, POLICY, NOW)
    assert (out.state, out.reason) == (State.WITHDRAWING, Reason.EXCLUDED_BY_OPERATOR)
    assert (out.claims, out.exclusion) == ((Claim(WAVE),), BAR)


@pytest.mark.parametrize(
    "current", [None, claimed(State.WAITING, EVENT), claimed(State.FAILED, WAVE)]
)
def test_an_exclusion_by_hand_keeps_out_who_is_not_in_yet(current: Enrolment | None) -> None:
    out = keep_out(SYNCED_ANNA, current, BAR, POLICY, NOW)
    assert (out.state, out.reason, out.exclusion) == (
        State.EXCLUDED,
        Reason.EXCLUDED_BY_OPERATOR,
        BAR,
    )


def test_events_and_waves_do_not_pass_an_exclusion_by_hand_but_are_remembered() -> None:
    out = keep_out(CLOUD_ANNA, None, BAR, POLICY, NOW)
    event = decide(request(), finding_of(CLOUD_ANNA), out, POLICY, NOW)
    waved = put_in(candidate(), WAVE, event, POLICY, NOW)
    assert (waved.state, waved.reason) == (State.EXCLUDED, Reason.EXCLUDED_BY_OPERATOR)
    assert {one.cause.kind for one in waved.claims} == {CauseKind.EVENT, CauseKind.WAVE}


def test_an_exclusion_whose_time_is_over_keeps_nobody_out() -> None:
    exclusion = replace(BAR, until=NOW + DAY)
    out = keep_out(CLOUD_ANNA, None, exclusion, POLICY, NOW)
    assert put_in(candidate(), WAVE, out, POLICY, NOW).state is State.EXCLUDED
    assert put_in(candidate(), WAVE, out, POLICY, NOW + DAY).state is State.REQUESTED


def test_an_inclusion_by_hand_lifts_an_exclusion_and_ends_with_its_time() -> None:
    out = keep_out(CLOUD_ANNA, None, BAR, POLICY, NOW)
    included = put_in(candidate(), OVERRIDE, out, POLICY, NOW, until=NOW + DAY)
    assert (included.state, included.reason) == (State.REQUESTED, Reason.INCLUDED_BY_OPERATOR)
    assert included.exclusion is None
    assert (stays(included, NOW), stays(included, NOW + DAY)) == (True, False)


def test_letting_go_forgets_what_was_said_by_hand_and_nothing_else() -> None:
    left = Exclusion(Reason.OFFBOARDED, "hr")
    assert let_go(claimed(State.EXCLUDED, EVENT, exclusion=BAR)) == claimed(State.EXCLUDED, EVENT)
    assert let_go(claimed(State.VISIBLE, EVENT, OVERRIDE)) == claimed(State.VISIBLE, EVENT)
    assert let_go(claimed(State.WITHDRAWN, exclusion=left)).exclusion == left


def steps(*reasons_taken: Reason, at: datetime = NOW - HOUR) -> tuple[Step, ...]:
    moments = (at + timedelta(seconds=number) for number in range(len(reasons_taken)))
    return tuple(
        Step(moment, State.REQUESTED, reason)
        for moment, reason in zip(moments, reasons_taken, strict=True)
    )


def test_an_abort_calls_off_what_a_wave_asked_for_and_nobody_has_written() -> None:
    asked = claimed(State.REQUESTED, WAVE, steps=steps(Reason.IN_WAVE))
    off = call_off(asked, NOW)
    assert (off.state, off.reason, off.claims) == (State.WITHDRAWING, Reason.CALLED_OFF, ())


def test_an_abort_calls_off_whom_a_wave_has_waiting_for_their_first_day() -> None:
    off = call_off(claimed(State.WAITING, WAVE, provenance=Provenance.UNKNOWN), NOW)
    assert (off.state, off.reason, off.claims) == (State.WITHDRAWN, Reason.CALLED_OFF, ())


def test_a_rollback_clears_those_of_the_wave_who_had_failed() -> None:
    failed = claimed(State.FAILED, WAVE, provenance=Provenance.UNKNOWN)
    cleared = roll_back(failed, "early", NOW)
    assert (cleared.state, cleared.reason) == (State.WITHDRAWN, Reason.ROLLED_BACK)


def way(*parts: tuple[State, Reason], notes: int = 0) -> Enrolment:
    """Somebody of a wave who went this way, with so many notes at the end of it."""
    (state, reason), *others = parts
    current = claimed(state, WAVE, reason=reason, steps=(Step(NOW, state, reason),))
    for state, reason in others:
        current = (
            current.noted(reason, NOW)
            if state is current.state
            else current.moved(state, reason, NOW)
        )
    for number in range(notes):
        current = current.noted(Reason.COMMAND_ISSUED, NOW, detail=f"command-{number}")
    return current


ASKED = (State.REQUESTED, Reason.IN_WAVE)
WRITTEN = (State.APPLIED, Reason.ADDED)
ROLLED_BACK = (State.WITHDRAWING, Reason.ROLLED_BACK)


@pytest.mark.parametrize("notes", [0, 3, MOST_STEPS, 3 * MOST_STEPS])
@pytest.mark.parametrize(
    "before",
    [
        [ASKED, WRITTEN, ROLLED_BACK, (State.WITHDRAWN, Reason.SEEN_GONE)],
        [ASKED, WRITTEN, ROLLED_BACK, (State.WITHDRAWING, Reason.REMOVED)],
        [ASKED, WRITTEN, (State.WITHDRAWN, Reason.NOT_IN_ENTRA)],
        [(State.EXCLUDED, Reason.DISABLED)],
        [ASKED, (State.FAILED, Reason.WRITE_REFUSED)],
        [ASKED],
    ],
)
def test_an_abort_calls_off_whoever_was_out_before_they_were_asked_for(
    before: list[tuple[State, Reason]], notes: int
) -> None:
    """Given somebody written once and out since, they are as one who never was in.

    So it is however much was noted since, of which only the newest is kept.
    """
    off = call_off(way(*before, ASKED, notes=notes), NOW)
    assert (off.state, off.reason, off.claims) == (State.WITHDRAWING, Reason.CALLED_OFF, ())


@pytest.mark.parametrize("notes", [0, 3, MOST_STEPS, 3 * MOST_STEPS])
@pytest.mark.parametrize("again", [Reason.REQUESTED_AGAIN, Reason.PUT_BACK])
def test_an_abort_leaves_in_whoever_was_in_scope_when_they_were_asked_for_again(
    again: Reason, notes: int
) -> None:
    current = way(ASKED, WRITTEN, (State.REQUESTED, again), notes=notes)
    assert call_off(current, NOW) is current


def test_an_abort_leaves_in_whom_a_rollback_did_not_reach_before_it_was_taken_back() -> None:
    current = way(ASKED, WRITTEN, ROLLED_BACK, ASKED)
    assert call_off(current, NOW) is current


@pytest.mark.parametrize("cause", [EVENT, OVERRIDE])
def test_an_abort_calls_off_those_for_whom_only_a_claim_that_is_over_speaks(cause: Cause) -> None:
    """Given a claim of an event's or an operator's, only as long as it holds it counts."""
    asked = claimed(State.REQUESTED, WAVE).with_claim(Claim(cause, NOW + HOUR))
    assert call_off(asked, NOW) is asked
    off = call_off(asked, NOW + HOUR)
    assert (off.state, off.claims) == (State.WITHDRAWING, ())


@pytest.mark.parametrize(
    "current",
    [
        claimed(State.WAITING, EVENT, WAVE),
        claimed(State.REQUESTED, WAVE, steps=steps(Reason.IN_WAVE, Reason.ADDED)),
        claimed(State.REQUESTED, WAVE, EVENT, steps=steps(Reason.IN_WAVE)),
        claimed(State.APPLIED, WAVE),
    ],
    ids=["waiting for an event", "written before", "asked for by an event", "written"],
)
def test_an_abort_leaves_everybody_else_where_they_are(current: Enrolment) -> None:
    assert call_off(current, NOW) == current
