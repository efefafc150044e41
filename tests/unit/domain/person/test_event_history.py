"""Forgotten events: it is as if they had never come, in whatever order they and others did."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.person.enrolment import (
    Cause,
    CauseKind,
    Claim,
    Enrolment,
    EventHistory,
    Exclusion,
    State,
)
from shared.domain.person.event_history import (
    MOST_RECORDS,
    merged_histories,
    take_event,
)
from shared.domain.person.forgetting_events import unsay
from shared.domain.person.membership import let_go as let_go_of_group
from shared.domain.person.overrides import keep_out, let_go, let_in
from shared.domain.person.people import Candidate, Memberships
from shared.domain.person.reasons import Reason
from shared.domain.person.request import Action, Lookup, Request
from shared.domain.plan.forgetting import ForgetOutcome, Forgetting
from tests.support.enrolments import CLOUD_ANNA, DAY, HOUR, NOBODY, NOW, POLICY, found, request

LATER = NOW + 30 * DAY
HERE = Candidate(CLOUD_ANNA, Memberships())
RULES = Forgetting(None, POLICY, LATER)
WAVE = Claim(Cause(CauseKind.WAVE, "pilot", "clock"))


def event(number: int, action: Action = Action.ONBOARD, **changes: Any) -> Request:
    key = f"{number:032x}"
    known: dict[str, Any] = {
        "key": key,
        "occurred_at": NOW + number * HOUR,
        "cause": Cause(CauseKind.EVENT, key, "hr"),
        "source": "hr/workday",
    }
    return request(action, **(known | changes))


def leaves(number: int, **changes: Any) -> Request:
    return event(number, Action.OFFBOARD, **changes)


def taken(
    events: Sequence[Request], current: Enrolment | None = None, finding: Lookup | None = None
) -> Enrolment:
    for one in events:
        current = take_event(one, finding or found(CLOUD_ANNA), current, POLICY, LATER)
    assert current is not None
    return current


def forget(
    current: Enrolment, *events: Request, candidate: Candidate | None = HERE
) -> tuple[Enrolment, ForgetOutcome]:
    keys = {one.key for one in events}
    done = RULES.forget(current, lambda one: one.key in keys, candidate, why="HR erred")
    return done.enrolment, done.outcome


def meaning(one: Enrolment | None) -> tuple[object, ...]:
    """What wants somebody in, what keeps them out, and whether they come."""
    if one is None:
        return False, None, False
    # Which of several onboardings wants them is not told: before a last day the latest to come.
    return one.claim(CauseKind.EVENT) is not None, one.exclusion, one.state.is_coming


_EVENTS = st.lists(
    st.builds(
        lambda action, hours, last_day: (action, hours, last_day),
        st.sampled_from([Action.ONBOARD, Action.OFFBOARD]),
        st.integers(0, 12),
        st.sampled_from([None, -1, 90]),
    ),
    min_size=1,
    max_size=6,
)


@given(_EVENTS, st.data())
def test_it_is_as_if_forgotten_events_had_never_come(
    drawn: list[tuple[Action, int, int | None]], data: st.DataObject
) -> None:
    """Given events in any order, some twice, when some are forgotten, they leave no trace.

    Nor do they when they are delivered once more.
    """
    # Of several leavings one of which is ahead the order tells, with or without forgetting.
    ahead = sum(action is Action.OFFBOARD for action, _, _ in drawn) == 1
    events = [
        event(
            number,
            action,
            occurred_at=NOW + hours * HOUR + number * timedelta(seconds=1),
            effective_date=NOW + days * DAY
            if days and action is Action.OFFBOARD and (ahead or days < 0)
            else None,
        )
        for number, (action, hours, days) in enumerate(drawn)
    ]
    order = data.draw(st.permutations(events + events[:2]))
    gone = data.draw(st.sets(st.sampled_from(events)))
    left = [one for one in order if one not in gone]
    never = taken(left) if left else None
    after, _ = forget(taken(order), *gone)
    assert meaning(after) == meaning(never)
    assert meaning(taken(data.draw(st.permutations(events)), after)) == meaning(never)
    assert forget(after, *gone) == (after, ForgetOutcome.NOTHING_CHANGES)


def included(current: Enrolment | None) -> Enrolment | None:
    if current and current.is_barred:
        return current
    return let_in(HERE, _by_hand(), current, POLICY, LATER, until=LATER + DAY)


def excluded(*, until: int | None = None, for_good: bool = False) -> Callable[..., Enrolment]:
    reason = Reason.EXCLUDED_FOR_GOOD if for_good else Reason.EXCLUDED_BY_OPERATOR
    word = Exclusion(reason, "olga", "on leave", LATER + until * DAY if until else None)
    return lambda current: keep_out(CLOUD_ANNA, current, word, POLICY, LATER)


def released(current: Enrolment | None, *, for_good: bool = False) -> Enrolment | None:
    if current is None or (current.is_barred and not for_good):
        return current
    return let_go(current, for_good=for_good)


WORDS: dict[str, Callable[[Enrolment | None], Enrolment | None]] = {
    "include": included,
    "exclude": excluded(),
    "exclude for a day": excluded(until=1),
    "exclude, and that is over": excluded(until=-1),
    "exclude for good": excluded(for_good=True),
    "release": released,
    "release for good": partial(released, for_good=True),
}
"""What an operator may say of somebody; where it is refused, nothing is said."""


def played(course: Sequence[Request | str]) -> Enrolment | None:
    """Somebody after events have come and operators have spoken, in this order."""
    current: Enrolment | None = None
    for one in course:
        current = WORDS[one](current) if isinstance(one, str) else taken([one], current)
    return current


def wishes(one: Enrolment | None) -> tuple[object, ...]:
    """All that wants somebody in, and all that keeps them out, now or once something is over."""
    if one is None:
        return False, frozenset(), None, None
    others = {claim for claim in one.claims if claim.cause.kind is not CauseKind.EVENT}
    return one.claim(CauseKind.EVENT) is not None, others, one.exclusion, one.set_aside


@settings(max_examples=600)
@given(
    st.lists(
        st.one_of(
            st.tuples(
                st.sampled_from([Action.ONBOARD, Action.OFFBOARD]),
                st.integers(0, 12),
                st.sampled_from([None, -1, 90]),
            ),
            st.sampled_from(list(WORDS)),
        ),
        min_size=1,
        max_size=9,
    ),
    st.data(),
)
def test_what_operators_have_said_counts_after_forgetting_as_if_the_events_had_never_come(
    drawn: list[tuple[Action, int, int | None] | str], data: st.DataObject
) -> None:
    """Given events and operators' words in any order, and some events that are forgotten.

    What was said since a forgotten event stays said, and what was taken back stays taken back; what
    the event had ended holds again. So it is if they are forgotten one by one.
    """
    leaving = [one for one in drawn if not isinstance(one, str) and one[0] is Action.OFFBOARD]
    course = [
        one
        if isinstance(one, str)
        else event(
            number,
            one[0],
            occurred_at=NOW + one[1] * HOUR + number * timedelta(seconds=1),
            # Of several leavings one of which is ahead the order tells, as above.
            effective_date=NOW + one[2] * DAY
            if one[2] and one[0] is Action.OFFBOARD and (len(leaving) == 1 or one[2] < 0)
            else None,
        )
        for number, one in enumerate(drawn)
    ]
    events = [one for one in course if not isinstance(one, str)]
    gone = data.draw(st.lists(st.sampled_from(events), unique_by=id) if events else st.just([]))
    left = [one for one in course if one not in gone]
    never, ever = played(left), played(course)
    if ever is None:
        return
    together, _ = forget(ever, *gone)
    by_and_by = ever
    for one in gone:
        by_and_by, _ = forget(by_and_by, one)
    assert wishes(together) == wishes(never)
    assert wishes(by_and_by) == wishes(never)


@settings(max_examples=600)
@given(
    st.lists(
        st.one_of(
            st.tuples(
                st.sampled_from([Action.ONBOARD, Action.OFFBOARD]),
                st.integers(0, 3),
                st.sampled_from([None, -1, 90]),
            ),
            st.sampled_from(list(WORDS)),
        ),
        min_size=1,
        max_size=9,
    ),
    st.data(),
)
def test_a_copy_of_an_event_changes_nothing_whatever_was_said_since(
    drawn: list[tuple[Action, int, int | None] | str], data: st.DataObject
) -> None:
    """Given events, some of one time, and operators' words, in any order.

    A copy of the newest of those who join may have somebody looked up again: what wants them in and
    what keeps them out stays what it was.
    """
    course = [
        one
        if isinstance(one, str)
        else event(
            number,
            one[0],
            occurred_at=NOW + one[1] * HOUR,
            effective_date=NOW + one[2] * DAY if one[2] else None,
        )
        for number, one in enumerate(drawn)
    ]
    events = [one for one in course if not isinstance(one, str)]
    ever = played(course)
    if ever is None or not events:
        return
    copy = data.draw(st.sampled_from(events))
    again = taken([copy], ever)
    assert (again.claims, wishes(again)) == (ever.claims, wishes(ever))
    newest = max(events, key=lambda one: (one.occurred_at, course.index(one)))
    if copy is not newest or copy.action is Action.OFFBOARD:
        assert again == ever


SPOKEN: dict[str, tuple[list[str], list[str]]] = {
    "nobody has spoken": ([], []),
    "included before it was told of": (["include"], []),
    "excluded before it was told of": (["exclude"], []),
    "included meanwhile": ([], ["include"]),
    "excluded meanwhile, and released": ([], ["exclude", "release"]),
    "excluded meanwhile for a time": ([], ["exclude, and that is over"]),
}
TOLD = NOW + HOUR
LEFT_AT = LATER + 12 * HOUR
"""After all that an operator has said meanwhile, and before any of it is over."""
LEAVES_LATER = leaves(1, occurred_at=TOLD, effective_date=LEFT_AT - DAY)


def at(asked: Request, current: Enrolment | None, now: datetime) -> Enrolment:
    return take_event(asked, found(CLOUD_ANNA), current, POLICY, now)


def spoken(current: Enrolment, words: Sequence[str]) -> Enrolment:
    for word in words:
        current = WORDS[word](current) or current
    return current


@pytest.mark.parametrize("joined_at", [HOUR, 2 * HOUR], ids=["before it", "at the same time"])
@pytest.mark.parametrize("name", SPOKEN)
def test_a_last_day_that_was_ahead_ends_what_was_said_before_when_it_comes_again(
    name: str, joined_at: timedelta
) -> None:
    """And once it has, another copy ends nothing that was said since."""
    before, meanwhile = SPOKEN[name]
    known = at(event(0, occurred_at=NOW - HOUR + joined_at), None, NOW)
    told = spoken(at(LEAVES_LATER, spoken(known, before), TOLD), meanwhile)
    assert at(LEAVES_LATER, told, LEFT_AT - HOUR) == told
    gone = at(LEAVES_LATER, told, LEFT_AT)
    assert gone.exclusion == Exclusion(Reason.OFFBOARDED, "hr", LEAVES_LATER.key)
    assert (gone.claims, gone.set_aside) == ((), None)
    for word in WORDS:
        since = spoken(gone, [word])
        assert at(LEAVES_LATER, since, LEFT_AT + DAY) == since


@pytest.mark.parametrize("word", ["include", "exclude", "exclude for a day", "exclude for good"])
def test_what_an_operator_says_after_a_last_day_stays_said_when_its_message_comes_late(
    word: str,
) -> None:
    leaves_soon = leaves(1, occurred_at=TOLD, effective_date=NOW + DAY)
    told = at(leaves_soon, at(event(0), None, NOW), TOLD)
    since = spoken(told, [word])
    late = at(leaves_soon, since, LATER)
    assert late == since
    assert late.leaving is not None


@pytest.mark.parametrize("last", ["joins", "leaves"])
def test_of_two_events_of_one_time_the_later_one_stays_however_often_the_other_comes(
    last: str,
) -> None:
    joins, goes = event(1, occurred_at=TOLD), leaves(2, occurred_at=TOLD)
    order = [goes, joins] if last == "joins" else [joins, goes]
    both = taken(order)
    assert both.state.is_coming is (last == "joins")
    assert taken([order[0]], both) == both


def test_a_copy_brings_nobody_back_whom_the_end_of_the_rollout_has_let_go() -> None:
    gone = let_go_of_group(taken([event(1)]), LATER)
    assert (gone.state, gone.claims) == (State.WITHDRAWING, ())
    assert taken([event(1)], gone) == gone
    assert taken([event(2)], gone).state is State.REQUESTED


def test_whoever_could_not_be_enrolled_is_looked_up_again_when_the_event_comes_again() -> None:
    two = Lookup((CLOUD_ANNA, replace(CLOUD_ANNA, ref=replace(CLOUD_ANNA.ref, object_id="b"))))
    failed = take_event(event(1), two, None, POLICY, LATER)
    assert failed.state is State.FAILED
    assert taken([event(1)], failed).state is State.REQUESTED


@given(st.permutations([event(1), leaves(2), event(3), leaves(4)]), st.data())
def test_events_are_forgotten_one_by_one_as_well_as_together(
    order: list[Request], data: st.DataObject
) -> None:
    gone = data.draw(st.lists(st.sampled_from(order), unique=True))
    together, _ = forget(taken(order), *gone)
    by_and_by = taken(order)
    for one in gone:
        by_and_by, _ = forget(by_and_by, one)
    assert meaning(by_and_by) == meaning(together)


def test_whom_nothing_else_wants_is_taken_out() -> None:
    after, outcome = forget(taken([event(1)]), event(1))
    assert (after.state, outcome) == (State.WITHDRAWING, ForgetOutcome.TAKEN_OUT)
    assert after.reason is Reason.FORGOTTEN


def test_whom_something_else_wants_stays_in() -> None:
    after, outcome = forget(taken([event(1)]).with_claim(replace(WAVE, cause=_by_hand())), event(1))
    assert (after.state, outcome) == (State.REQUESTED, ForgetOutcome.STAYS_IN)


def _by_hand() -> Cause:
    return Cause(CauseKind.OVERRIDE, "their manager asked", "olga")


def test_an_offboarding_gives_back_all_that_it_dropped() -> None:
    """Given somebody whom a wave and an operator wanted, both want them again, and they are in."""
    before = taken([event(1)]).with_claim(WAVE).with_claim(Claim(_by_hand()))
    after, outcome = forget(taken([leaves(2)], before), leaves(2))
    assert set(after.claims) == set(before.claims)
    assert (after.exclusion, after.state, outcome) == (
        None,
        State.REQUESTED,
        ForgetOutcome.PUT_IN,
    )


def test_what_an_offboarding_dropped_is_given_back_by_the_last_one_that_is_forgotten() -> None:
    before = taken([event(1)]).with_claim(Claim(_by_hand()))
    gone = taken([leaves(2), leaves(3)], before)
    once, outcome = forget(gone, leaves(2))
    assert (once.claims, once.state, outcome) == ((), gone.state, ForgetOutcome.NOTHING_CHANGES)
    twice, _ = forget(once, leaves(3))
    assert set(twice.claims) == set(before.claims)


def test_a_forgotten_return_is_a_leaving_again() -> None:
    gone, outcome = forget(taken([event(1), leaves(2), event(3)]), event(3))
    assert outcome is ForgetOutcome.TAKEN_OUT
    assert (gone.claims, gone.is_kept_out(LATER)) == ((), True)


def test_what_an_operator_has_said_since_stays_said() -> None:
    """Given an offboarding after which an operator excluded, or included, that word counts."""
    gone = taken([event(1), leaves(2)])
    word = Exclusion(Reason.EXCLUDED_BY_OPERATOR, "olga", "on leave")
    kept_out, outcome = forget(keep_out(CLOUD_ANNA, gone, word, POLICY, LATER), leaves(2))
    assert (kept_out.exclusion, outcome) == (word, ForgetOutcome.KEPT_OUT)
    assert kept_out.claim(CauseKind.EVENT) is not None
    back = let_go(kept_out)
    assert (back.exclusion, back.claim(CauseKind.EVENT)) == (None, kept_out.claims[0])


def test_an_operators_exclusion_that_an_offboarding_replaced_comes_back() -> None:
    word = Exclusion(Reason.EXCLUDED_BY_OPERATOR, "olga", "on leave")
    out = keep_out(CLOUD_ANNA, taken([event(1)]), word, POLICY, LATER)
    after, outcome = forget(taken([leaves(2)], out), leaves(2))
    assert (after.exclusion, outcome) == (word, ForgetOutcome.KEPT_OUT)


def test_who_is_not_in_entra_yet_waits_again() -> None:
    gone = taken([event(1), leaves(2)], finding=NOBODY)
    after, outcome = forget(gone, leaves(2), candidate=None)
    assert (after.state, outcome) == (State.REQUESTED, ForgetOutcome.PUT_IN)


def test_whose_account_is_gone_stays_out_and_is_wanted() -> None:
    after, outcome = forget(taken([event(1), leaves(2)]), leaves(2), candidate=None)
    assert (after.exclusion, outcome) == (None, ForgetOutcome.NOT_IN_ENTRA)
    assert after.claims


def test_a_long_history_is_short_and_comes_to_the_same() -> None:
    """Given more events than are kept, what the oldest came to is still known."""
    events = [event(1), *(leaves(n) if n % 2 else event(n) for n in range(2, 3 * MOST_RECORDS))]
    many = taken(events)
    assert many.events is not None
    assert len(many.events.records) == MOST_RECORDS
    last = events[-MOST_RECORDS:]
    after, _ = forget(many, *last)
    assert meaning(after)[0:2] == meaning(taken(events[:-MOST_RECORDS]))[0:2]


def test_events_of_before_they_were_remembered_are_read_out_of_the_steps() -> None:
    """Given a row of an older version, its newest events are forgotten like others, and told so."""
    joined = replace(taken([event(1)]), events=None).with_claim(Claim(_by_hand()))
    step = replace(joined.steps[0], reason=Reason.INCLUDED_BY_OPERATOR, detail="because")
    joined = replace(joined, steps=(*joined.steps, step))
    gone = replace(taken([leaves(2)], joined), events=None)
    unsaid = unsay(gone, lambda one: one.key == leaves(2).key, LATER)
    assert (unsaid.older, unsaid.counted, unsaid.enrolment.exclusion) == (True, True, None)
    kinds = {one.cause.kind for one in unsaid.enrolment.claims}
    assert kinds == {CauseKind.EVENT, CauseKind.OVERRIDE}
    out, outcome = forget(joined, event(1))
    assert (out.claim(CauseKind.EVENT), outcome) == (None, ForgetOutcome.STAYS_IN)


def test_two_histories_of_one_person_become_one() -> None:
    """Given somebody under two keys, an event forgotten under one of them is forgotten."""
    one = taken([event(1), leaves(2)])
    other, _ = forget(taken([leaves(2), event(3)]), leaves(2))
    merged = merged_histories(one.events, other.events)
    assert merged is not None
    assert {record.key: record.forgotten for record in merged.records} == {
        event(1).key: False,
        leaves(2).key: True,
        event(3).key: False,
    }
    assert merged_histories(None, one.events) == one.events
    assert isinstance(merged, EventHistory)
