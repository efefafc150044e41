"""What each gate says of what was measured."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import NotPossible
from shared.domain.person.enrolment import State
from shared.domain.rollout.evaluation import evaluate
from shared.domain.rollout.gate import Outcome
from shared.domain.rollout.gates.registry import GATES
from shared.domain.rollout.measurements import Measurements
from shared.domain.rollout.resets import Reset, ResetOutcome
from shared.domain.rollout.state import Phase
from tests.support.plans import an_id
from tests.support.waves import (
    DAY,
    LATER,
    MINUTE,
    NOW,
    gate,
    late,
    look,
    measured,
    rollout,
    under,
)

PASSED, FAILED, INCONCLUSIVE = Outcome.PASSED, Outcome.FAILED, Outcome.INCONCLUSIVE


def test_all_gates_of_the_wave_are_looked_at_in_their_order() -> None:
    gates = tuple(gate(kind) for kind in GATES)
    seen = evaluate(under(*gates), measured(), LATER)
    assert tuple(result.gate for result in seen.results) == gates
    assert (seen.at, seen.wave, seen.decision) == (LATER, "pilot", "")


def test_there_is_nothing_to_look_at_before_the_first_wave() -> None:
    with pytest.raises(NotPossible, match="planned; no wave has begun"):
        evaluate(rollout(Phase.PLANNED, started=0), measured(), NOW)


@pytest.mark.parametrize(
    ("outcomes", "whole"),
    [
        ([], PASSED),
        ([PASSED, PASSED], PASSED),
        ([PASSED, INCONCLUSIVE], INCONCLUSIVE),
        ([INCONCLUSIVE, FAILED, PASSED], FAILED),
    ],
)
def test_a_look_passes_where_all_gates_do_and_fails_where_any_does(
    outcomes: list[Outcome], whole: Outcome
) -> None:
    facts = {
        PASSED: gate("backlog", threshold=1),
        FAILED: gate("backlog", threshold=0),
        INCONCLUSIVE: gate("writebackFailures"),
    }
    of = under(*(facts[outcome] for outcome in outcomes))
    assert evaluate(of, measured(overdue=1), LATER).outcome is whole


@pytest.mark.parametrize(
    ("kind", "people", "outcome", "value"),
    [
        ("visible", {"visible": 98, "requested": 2}, PASSED, 0.98),
        ("visible", {"visible": 50, "effective": 30, "registered": 20}, PASSED, 1.0),
        ("visible", {"visible": 97, "requested": 1, "applied": 2}, INCONCLUSIVE, 0.97),
        ("visible", {"visible": 97, "failed": 3}, FAILED, 0.97),
        ("visible", {"visible": 97, "applied": 1, "failed": 2}, INCONCLUSIVE, 0.97),
        ("visible", {"requested": 100}, INCONCLUSIVE, 0.0),
        ("visible", {"failed": 3, "requested": 97}, FAILED, 0.0),
        ("effective", {"effective": 98, "visible": 2}, PASSED, 0.98),
        ("effective", {"effective": 90, "registered": 8, "failed": 2}, PASSED, 0.98),
        ("effective", {"effective": 97, "visible": 3}, INCONCLUSIVE, 0.97),
        ("effective", {"effective": 96, "applied": 2, "requested": 2}, INCONCLUSIVE, 0.96),
        ("effective", {"effective": 97, "failed": 3}, FAILED, 0.97),
        ("effective", {"visible": 97, "failed": 3}, FAILED, 0.0),
        ("effective", {"resettable": 98, "lost": 2}, PASSED, 0.98),
        ("effective", {"resettable": 97, "lost": 3}, FAILED, 0.97),
        ("visible", {"resettable": 50, "lost": 50}, PASSED, 1.0),
        ("registered", {"resettable": 50, "registered": 50}, PASSED, 1.0),
        ("resettable", {"resettable": 98, "registered": 2}, PASSED, 0.98),
        ("resettable", {"resettable": 97, "registered": 3}, FAILED, 0.97),
    ],
)
def test_a_share_of_the_people_passes_when_it_is_there_and_fails_when_it_cannot_be_any_more(
    kind: str, people: dict[str, int], outcome: Outcome, value: float
) -> None:
    result = look(gate(kind), measured({State(one): count for one, count in people.items()}))
    assert (result.outcome, result.value, result.sample) == (outcome, value, 100)


@pytest.mark.parametrize(
    ("kind", "facts", "outcome"),
    [
        ("visible", late(State.APPLIED, 3, visible=97), FAILED),
        ("visible", late(State.REQUESTED, 3, visible=97), FAILED),
        ("visible", late(State.APPLIED, 2, visible=98), PASSED),
        ("visible", late(State.VISIBLE, 98, applied=2), PASSED),
        ("effective", late(State.VISIBLE, 3, effective=97), FAILED),
        ("effective", late(State.REQUESTED, 3, effective=97), FAILED),
        ("effective", late(State.VISIBLE, 2, effective=97, visible=1), INCONCLUSIVE),
    ],
)
def test_whoever_is_flagged_as_late_counts_as_not_there_and_not_to_come(
    kind: str, facts: Measurements, outcome: Outcome
) -> None:
    assert look(gate(kind), facts).outcome is outcome


@pytest.mark.parametrize("kind", ["visible", "effective", "registered", "resettable"])
@pytest.mark.parametrize(
    "state", [State.EXCLUDED, State.WITHDRAWN, State.WITHDRAWING, State.WAITING]
)
def test_whoever_is_kept_out_or_leaves_or_waits_for_the_hire_date_does_not_count(
    kind: str, state: State
) -> None:
    result = look(gate(kind), measured({State.RESETTABLE: 5, state: 95}))
    assert (result.outcome, result.sample) == (PASSED, 5)


@given(st.integers(1, 100_000))
def test_a_share_that_meets_the_threshold_exactly_passes_however_the_floats_round(
    needed: int,
) -> None:
    def outcome(count: int) -> Outcome:
        people = {State.VISIBLE: count, State.FAILED: 100_000 - count}
        # Divided twice, as a percentage that was written down is.
        return look(gate(threshold=needed / 1000 / 100), measured(people)).outcome

    assert outcome(needed) is PASSED
    assert outcome(needed - 1) is FAILED


@pytest.mark.parametrize(
    ("kind", "people", "text"),
    [
        (
            "visible",
            {"visible": 240, "applied": 7, "failed": 3},
            "96.0 % of 250 people are visible, 7 more may still be; 98.0 % are needed",
        ),
        (
            "visible",
            {"visible": 240, "failed": 10},
            "96.0 % of 250 people are visible; 98.0 % are needed",
        ),
        (
            "visible",
            {"visible": 250},
            "100.0 % of 250 people are visible; 98.0 % are needed",
        ),
        # Rounded to the nearest, this would read as if it had passed.
        (
            "visible",
            {"visible": 979_999, "failed": 20_001},
            "97.9 % of 1,000,000 people are visible; 98.0 % are needed",
        ),
        ("effective", {"effective": 1}, "100.0 % of 1 person is effective; 98.0 % are needed"),
    ],
)
def test_a_share_of_the_people_is_told_with_its_figures(
    kind: str, people: dict[str, int], text: str
) -> None:
    facts = measured({State(one): count for one, count in people.items()})
    assert look(gate(kind), facts).text == text


def test_a_threshold_is_told_with_as_many_decimals_as_it_has() -> None:
    facts = measured({State.VISIBLE: 9_995, State.FAILED: 5})
    text = look(gate(threshold=0.9998), facts).text
    assert text == "99.95 % of 10,000 people are visible; 99.98 % are needed"


def reset(number: int, outcome: ResetOutcome, at: datetime = LATER) -> Reset:
    return Reset(at, an_id(number), outcome)


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        ([reset(1, ResetOutcome.SUCCEEDED)], PASSED),
        ([], FAILED),
        ([reset(1, ResetOutcome.WRITEBACK_FAILED)], FAILED),
        ([reset(1, ResetOutcome.SUCCEEDED), reset(2, ResetOutcome.BLOCKED)], FAILED),
        ([reset(1, ResetOutcome.SUCCEEDED, NOW - MINUTE)], FAILED),
    ],
)
def test_a_report_that_says_no_is_not_believed_while_people_do_reset(
    facts: list[Reset], outcome: Outcome
) -> None:
    reported = replace(late(State.VISIBLE, 97, effective=3), resets=tuple(facts))
    effective = gate("effective", window=timedelta())
    result = look(effective, reported)
    assert result.outcome is outcome
    unseen = replace(late(State.APPLIED, 97, effective=3), resets=tuple(facts))
    assert look(effective, unseen).outcome is FAILED


@pytest.mark.parametrize("kind", ["registered", "resettable"])
def test_the_share_has_to_be_there_when_the_window_is_over(kind: str) -> None:
    one = gate(kind, threshold=0.6, window=DAY)
    facts = measured({State.RESETTABLE: 59, State.LOST: 41})
    assert look(one, facts, NOW + DAY - MINUTE).outcome is INCONCLUSIVE
    assert look(one, facts, NOW + DAY).outcome is FAILED


@pytest.mark.parametrize(
    ("people", "phase", "now", "outcome"),
    [
        (60, Phase.SOAKING, NOW, PASSED),
        (60, Phase.SOAKING, NOW + DAY, PASSED),
        (59, Phase.SOAKING, NOW, INCONCLUSIVE),
        (59, Phase.SOAKING, NOW + DAY - MINUTE, INCONCLUSIVE),
        (59, Phase.SOAKING, NOW + DAY, FAILED),
        (59, Phase.PROGRESSING, NOW + DAY, INCONCLUSIVE),
        (60, Phase.PROGRESSING, NOW, PASSED),
    ],
)
def test_people_have_the_window_from_the_beginning_of_the_soak_to_register(
    people: int, phase: Phase, now: datetime, outcome: Outcome
) -> None:
    one = gate("registered", threshold=0.6, window=DAY)
    facts = measured({State.REGISTERED: people, State.EFFECTIVE: 99 - people, State.FAILED: 1})
    result = look(one, facts, now, phase)
    assert (result.outcome, result.value, result.sample) == (outcome, people / 100, 100)


def test_registration_is_told_with_the_time_by_which_it_is_needed() -> None:
    one = gate("registered", threshold=0.6, window=DAY)
    facts = measured({State.REGISTERED: 10, State.EFFECTIVE: 10})
    assert look(one, facts).text == (
        "50.0 % of 20 people are registered, 10 more may still be; "
        "60.0 % are needed by 2026-03-03 08:00 UTC"
    )
    assert look(one, facts, phase=Phase.PROGRESSING).text == (
        "50.0 % of 20 people are registered, 10 more may still be; 60.0 % are needed"
    )


@pytest.mark.parametrize("kind", ["visible", "effective", "registered"])
@pytest.mark.parametrize("state", [State.REGISTERED, State.FAILED])
def test_too_few_people_are_inconclusive_whatever_becomes_of_them(kind: str, state: State) -> None:
    result = look(gate(kind, minimum_sample=20), measured({state: 19}), NOW + 9 * DAY)
    assert (result.outcome, result.value, result.sample) == (INCONCLUSIVE, None, 19)
    assert result.text == "19 people are in the wave; 20 are needed to judge"


def test_an_empty_wave_passes_only_where_no_people_are_needed() -> None:
    assert look(gate(), measured()).outcome is INCONCLUSIVE
    empty = look(gate(minimum_sample=0), measured())
    assert (empty.outcome, empty.value, empty.sample) == (PASSED, None, 0)
    assert empty.text == "nobody in the wave has to be visible"


PEOPLE = st.dictionaries(
    st.tuples(st.sampled_from(State), st.booleans()), st.integers(0, 40), max_size=8
)


@given(PEOPLE, st.sampled_from(["visible", "effective"]), st.floats(0, 1))
def test_a_gate_that_has_failed_would_not_pass_if_everybody_still_in_time_came(
    people: dict[tuple[State, bool], int], kind: str, threshold: float
) -> None:
    one = gate(kind, threshold=threshold, minimum_sample=0)
    before = look(one, replace(measured(), people=people))
    arrived = {
        key: count
        for key, count in people.items()
        if key[0] not in {State.REQUESTED, State.APPLIED, State.VISIBLE} or key[1]
    }
    gone = sum(people.values()) - sum(arrived.values())
    arrived[State.REGISTERED, False] = arrived.get((State.REGISTERED, False), 0) + gone
    after = look(one, replace(measured(), people=arrived))
    assert after.sample == before.sample
    assert after.outcome is (FAILED if before.outcome is FAILED else PASSED)
