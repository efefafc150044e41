"""What each gate says of what was measured."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.enrolment import State
from shared.domain.errors import NotPossible
from shared.domain.evaluation import evaluate
from shared.domain.gate import Gate, GateKind, Outcome, Result
from shared.domain.measurements import Measurements
from shared.domain.resets import Reset, ResetOutcome
from shared.domain.rollout import Phase
from tests.unit.waves import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    gate,
    measured,
    resets,
    rollout,
    sight,
    soaking_under,
)

PASSED, FAILED, INCONCLUSIVE = Outcome.PASSED, Outcome.FAILED, Outcome.INCONCLUSIVE
LATER = NOW + 3 * HOUR
"""Three hours into the soak, or into whatever the phase is."""
SINCE = NOW + 2 * HOUR
"""When a window of an hour that ends `LATER` begins."""


def look(
    one: Gate, facts: Measurements, now: datetime = LATER, phase: Phase = Phase.SOAKING
) -> Result:
    """One look at one gate of a wave whose phase began at `NOW`."""
    (result,) = evaluate(replace(soaking_under(one), phase=phase), facts, now).results
    return result


def late(state: State, count: int, **people: int) -> Measurements:
    """So many flagged in that state, and the others in time."""
    in_time = {(State(name), False): number for name, number in people.items()}
    return replace(measured(), people={(state, True): count, **in_time})


def test_all_gates_of_the_wave_are_looked_at_in_their_order() -> None:
    gates = tuple(gate(kind) for kind in GateKind)
    seen = evaluate(soaking_under(*gates), measured(), LATER)
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
        PASSED: gate(GateKind.BACKLOG, threshold=1),
        FAILED: gate(GateKind.BACKLOG, threshold=0),
        INCONCLUSIVE: gate(GateKind.WRITEBACK_FAILURES),
    }
    of = soaking_under(*(facts[outcome] for outcome in outcomes))
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
    ],
)
def test_a_share_of_the_people_passes_when_it_is_there_and_fails_when_it_cannot_be_any_more(
    kind: str, people: dict[str, int], outcome: Outcome, value: float
) -> None:
    result = look(
        gate(GateKind(kind)), measured({State(one): count for one, count in people.items()})
    )
    assert (result.outcome, result.value, result.sample) == (outcome, value, 100)


@pytest.mark.parametrize(
    ("kind", "facts", "outcome"),
    [
        (GateKind.VISIBLE, late(State.APPLIED, 3, visible=97), FAILED),
        (GateKind.VISIBLE, late(State.REQUESTED, 3, visible=97), FAILED),
        (GateKind.VISIBLE, late(State.APPLIED, 2, visible=98), PASSED),
        (GateKind.VISIBLE, late(State.VISIBLE, 98, applied=2), PASSED),
        (GateKind.EFFECTIVE, late(State.VISIBLE, 3, effective=97), FAILED),
        (GateKind.EFFECTIVE, late(State.REQUESTED, 3, effective=97), FAILED),
        (GateKind.EFFECTIVE, late(State.VISIBLE, 2, effective=97, visible=1), INCONCLUSIVE),
    ],
)
def test_whoever_is_flagged_as_late_counts_as_not_there_and_not_to_come(
    kind: GateKind, facts: Measurements, outcome: Outcome
) -> None:
    assert look(gate(kind), facts).outcome is outcome


@pytest.mark.parametrize("kind", [GateKind.VISIBLE, GateKind.EFFECTIVE, GateKind.REGISTERED])
@pytest.mark.parametrize(
    "state", [State.EXCLUDED, State.WITHDRAWN, State.WITHDRAWING, State.WAITING]
)
def test_whoever_is_kept_out_or_leaves_or_waits_for_the_hire_date_does_not_count(
    kind: GateKind, state: State
) -> None:
    result = look(gate(kind), measured({State.REGISTERED: 5, state: 95}))
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
    assert look(gate(GateKind(kind)), facts).text == text


def test_a_threshold_is_told_with_as_many_decimals_as_it_has() -> None:
    facts = measured({State.VISIBLE: 9_995, State.FAILED: 5})
    text = look(gate(threshold=0.9998), facts).text
    assert text == "99.95 % of 10,000 people are visible; 99.98 % are needed"


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
    one = gate(GateKind.REGISTERED, threshold=0.6, window=DAY)
    facts = measured({State.REGISTERED: people, State.EFFECTIVE: 99 - people, State.FAILED: 1})
    result = look(one, facts, now, phase)
    assert (result.outcome, result.value, result.sample) == (outcome, people / 100, 100)


def test_registration_is_told_with_the_time_by_which_it_is_needed() -> None:
    one = gate(GateKind.REGISTERED, threshold=0.6, window=DAY)
    facts = measured({State.REGISTERED: 10, State.EFFECTIVE: 10})
    assert look(one, facts).text == (
        "50.0 % of 20 people are registered, 10 more may still be; "
        "60.0 % are needed by 2026-03-03 08:00 UTC"
    )
    assert look(one, facts, phase=Phase.PROGRESSING).text == (
        "50.0 % of 20 people are registered, 10 more may still be; 60.0 % are needed"
    )


@pytest.mark.parametrize("kind", [GateKind.VISIBLE, GateKind.EFFECTIVE, GateKind.REGISTERED])
@pytest.mark.parametrize("state", [State.REGISTERED, State.FAILED])
def test_too_few_people_are_inconclusive_whatever_becomes_of_them(
    kind: GateKind, state: State
) -> None:
    result = look(gate(kind, minimum_sample=20), measured({state: 19}), NOW + 9 * DAY)
    assert (result.outcome, result.value, result.sample) == (INCONCLUSIVE, None, 19)
    assert result.text == "19 people are in the wave; 20 are needed to judge"


def test_an_empty_wave_passes_only_where_no_people_are_needed() -> None:
    assert look(gate(), measured()).outcome is INCONCLUSIVE
    empty = look(gate(minimum_sample=0), measured())
    assert (empty.outcome, empty.value, empty.sample) == (PASSED, None, 0)
    assert empty.text == "nobody in the wave has to be visible"


def written_back(succeeded: int, failed: int, at: datetime = LATER) -> tuple[Reset, ...]:
    return (
        *resets(ResetOutcome.SUCCEEDED, *[at] * succeeded),
        *resets(ResetOutcome.WRITEBACK_FAILED, *[at] * failed),
    )


@pytest.mark.parametrize(
    ("seen", "minimum", "outcome", "value"),
    [
        (written_back(98, 2), 5, PASSED, 0.02),
        (written_back(97, 3), 5, FAILED, 0.03),
        (written_back(100, 0), 5, PASSED, 0.0),
        (written_back(4, 0), 5, INCONCLUSIVE, None),
        (written_back(0, 4), 5, INCONCLUSIVE, None),
        (written_back(0, 5), 5, FAILED, 1.0),
        ((), 1, INCONCLUSIVE, None),
        ((), 0, PASSED, None),
        (written_back(0, 1), 0, FAILED, 1.0),
    ],
)
def test_resets_fail_the_gate_where_too_large_a_share_could_not_be_written(
    seen: tuple[Reset, ...], minimum: int, outcome: Outcome, value: float | None
) -> None:
    one = gate(GateKind.WRITEBACK_FAILURES, threshold=0.02, minimum_sample=minimum)
    result = look(one, measured(resets=seen))
    assert (result.outcome, result.value, result.sample) == (outcome, value, len(seen))


@pytest.mark.parametrize("kind", [GateKind.WRITEBACK_FAILURES, GateKind.BLOCKED_RESETS])
@pytest.mark.parametrize(
    ("window", "at", "counts"),
    [
        (HOUR, SINCE, True),
        (HOUR, SINCE - MINUTE, False),
        (HOUR, LATER, True),
        (HOUR, LATER + MINUTE, False),
        (DAY, NOW, True),
        (DAY, NOW - MINUTE, False),
    ],
)
def test_resets_count_within_the_window_and_not_from_before_the_phase(
    kind: GateKind, window: Any, at: datetime, counts: bool
) -> None:
    one = gate(kind, threshold=0.0, window=window, minimum_sample=0)
    seen = (*resets(ResetOutcome.WRITEBACK_FAILED, at), *resets(ResetOutcome.BLOCKED, at))
    result = look(one, measured(resets=seen, in_scope=10))
    assert result.outcome is (FAILED if counts else PASSED)


def test_a_refused_reset_is_no_writeback() -> None:
    one = gate(GateKind.WRITEBACK_FAILURES, threshold=0.5)
    seen = (*written_back(1, 1), *resets(ResetOutcome.BLOCKED, LATER, LATER))
    assert look(one, measured(resets=seen)).sample == 2


def test_resets_are_told_with_their_figures() -> None:
    one = gate(GateKind.WRITEBACK_FAILURES, threshold=0.02, minimum_sample=5)
    assert look(one, measured(resets=written_back(24, 1))).text == (
        "4.0 % of 25 resets since 2026-03-02 10:00 UTC could not be written to AD; "
        "at most 2.0 % may"
    )
    assert look(one, measured(resets=written_back(0, 1))).text == (
        "1 reset since 2026-03-02 10:00 UTC; 5 are needed to judge"
    )
    assert look(replace(one, minimum_sample=0), measured()).text == (
        "0 resets since 2026-03-02 10:00 UTC"
    )
    # Rounded to the nearest, this would read as if it had passed.
    assert look(one, measured(resets=written_back(97_999, 2_001))).text.startswith("2.1 % of")


@pytest.mark.parametrize(
    ("blocked", "in_scope", "minimum", "outcome", "value"),
    [
        (1, 100, 1, PASSED, 0.01),
        (2, 100, 1, FAILED, 0.02),
        (0, 100, 1, PASSED, 0.0),
        (9, 9, 10, INCONCLUSIVE, None),
        (0, 0, 1, INCONCLUSIVE, None),
        (0, 0, 0, PASSED, None),
    ],
)
def test_refused_people_fail_the_gate_where_they_are_too_large_a_share_of_those_in_scope(
    blocked: int, in_scope: int, minimum: int, outcome: Outcome, value: float | None
) -> None:
    one = gate(GateKind.BLOCKED_RESETS, threshold=0.01, minimum_sample=minimum)
    seen = resets(ResetOutcome.BLOCKED, *[LATER] * blocked)
    result = look(one, measured(resets=seen, in_scope=in_scope))
    assert (result.outcome, result.value, result.sample) == (outcome, value, in_scope)


def test_somebody_who_was_refused_ten_times_is_one_person() -> None:
    one = gate(GateKind.BLOCKED_RESETS, threshold=0.01)
    seen = tuple(Reset(LATER - n * MINUTE, "anna", ResetOutcome.BLOCKED) for n in range(10))
    result = look(one, measured(resets=seen, in_scope=100))
    assert (result.outcome, result.value) == (PASSED, 0.01)
    assert result.text == (
        "1.0 % of 100 people in scope met a refused reset since 2026-03-02 10:00 UTC; "
        "at most 1.0 % may"
    )


@pytest.mark.parametrize("kind", [GateKind.WORKER_ALIVE, GateKind.DELTA_SYNC])
def test_where_there_is_no_group_in_ad_the_worker_and_its_syncs_do_not_matter(
    kind: GateKind,
) -> None:
    failed = sight(NOW - DAY, directory_answers=False, sync_succeeded=False)
    for workers in [(), (failed,)]:
        result = look(gate(kind), measured(needs_worker=False, workers=workers))
        assert (result.outcome, result.text) == (PASSED, "no AD group in this topology")


@pytest.mark.parametrize(
    ("workers", "outcome"),
    [
        ([sight(LATER)], PASSED),
        ([sight(LATER - HOUR)], PASSED),
        ([sight(LATER - HOUR - MINUTE)], FAILED),
        ([sight(LATER, directory_answers=False)], FAILED),
        ([sight(LATER - DAY, directory_answers=False), sight(LATER)], PASSED),
        ([sight(LATER), sight(LATER - DAY)], PASSED),
        ([sight(LATER - MINUTE), sight(LATER, directory_answers=False)], FAILED),
    ],
)
def test_the_worker_heard_of_last_is_alive_within_the_window_while_its_directory_answers(
    workers: list[Any], outcome: Outcome
) -> None:
    result = look(gate(GateKind.WORKER_ALIVE), measured(workers=tuple(workers)))
    assert (result.outcome, result.sample) == (outcome, len(workers))


@pytest.mark.parametrize("phase", [Phase.PROGRESSING, Phase.SOAKING])
def test_a_worker_that_was_never_heard_of_has_a_window_to_show_up(phase: Phase) -> None:
    alive = gate(GateKind.WORKER_ALIVE)
    waited = look(alive, measured(), NOW + HOUR - MINUTE, phase)
    assert waited.outcome is INCONCLUSIVE
    assert look(alive, measured(), NOW + HOUR, phase).outcome is FAILED
    assert waited.text == (
        "no hybrid worker has ever been heard of; one is expected by 2026-03-02 09:00 UTC"
    )


@pytest.mark.parametrize(
    ("worker", "text"),
    [
        (
            sight(LATER),
            (
                "hybrid worker worker-1 was last heard of at 2026-03-02 11:00 UTC; "
                "Active Directory answers it"
            ),
        ),
        (
            sight(NOW),
            (
                "hybrid worker worker-1 was last heard of at 2026-03-02 08:00 UTC, "
                "not since 2026-03-02 10:00 UTC"
            ),
        ),
        (
            sight(LATER, directory_answers=False, problem="LDAP: timed out"),
            (
                "hybrid worker worker-1 was last heard of at 2026-03-02 11:00 UTC; "
                "Active Directory does not answer it: LDAP: timed out"
            ),
        ),
    ],
)
def test_the_worker_is_told_of_by_name_and_time(worker: Any, text: str) -> None:
    assert look(gate(GateKind.WORKER_ALIVE), measured(workers=(worker,))).text == text


WELL = sight(LATER, sync_succeeded=True, sync_ended_at=SINCE)
OLD = replace(WELL, sync_ended_at=SINCE - MINUTE)
BAD = sight(LATER, sync_succeeded=False, sync_ended_at=NOW, problem="staging mode")
BAD_BEFORE = replace(BAD, sync_ended_at=NOW - MINUTE)
NONE_YET = sight(LATER)


@pytest.mark.parametrize(
    ("workers", "people", "outcome"),
    [
        ([WELL], {State.APPLIED: 1}, PASSED),
        ([OLD], {State.APPLIED: 1}, INCONCLUSIVE),
        ([OLD], {State.REQUESTED: 1}, INCONCLUSIVE),
        ([OLD], {State.VISIBLE: 1, State.FAILED: 1}, PASSED),
        ([BAD], {State.VISIBLE: 1}, FAILED),
        ([BAD], {State.APPLIED: 1}, FAILED),
        ([BAD_BEFORE], {State.APPLIED: 1}, INCONCLUSIVE),
        ([BAD_BEFORE], {State.VISIBLE: 1}, PASSED),
        ([], {State.VISIBLE: 1}, INCONCLUSIVE),
        ([NONE_YET], {State.VISIBLE: 1}, INCONCLUSIVE),
        ([NONE_YET, WELL], {State.APPLIED: 1}, PASSED),
        ([BAD, WELL], {State.APPLIED: 1}, PASSED),
        ([WELL, replace(BAD, sync_ended_at=LATER)], {State.APPLIED: 1}, FAILED),
        ([replace(BAD, sync_ended_at=None)], {State.VISIBLE: 1}, FAILED),
    ],
)
def test_the_newest_delta_sync_of_any_worker_decides_where_it_is_new_enough(
    workers: list[Any], people: dict[State, int], outcome: Outcome
) -> None:
    assert look(gate(GateKind.DELTA_SYNC), measured(people, workers=tuple(workers))).outcome is (
        outcome
    )


def test_people_who_are_late_already_keep_no_old_delta_sync_from_passing() -> None:
    facts = replace(late(State.APPLIED, 1, visible=99), workers=(OLD,))
    assert look(gate(GateKind.DELTA_SYNC), facts).outcome is PASSED


@pytest.mark.parametrize(
    ("workers", "people", "text"),
    [
        ((), {}, "no delta sync has ended yet"),
        ((WELL,), {}, "the newest delta sync succeeded at 2026-03-02 10:00 UTC"),
        ((BAD,), {}, "the newest delta sync failed at 2026-03-02 08:00 UTC: staging mode"),
        (
            (OLD,),
            {State.APPLIED: 1},
            (
                "the newest delta sync succeeded at 2026-03-02 09:59 UTC; "
                "that is too long ago to tell, and people wait for one"
            ),
        ),
        (
            (OLD,),
            {},
            "the newest delta sync succeeded at 2026-03-02 09:59 UTC; nobody waits for another",
        ),
    ],
)
def test_the_delta_sync_is_told_of_with_its_time_and_problem(
    workers: tuple[Any, ...], people: dict[State, int], text: str
) -> None:
    assert look(gate(GateKind.DELTA_SYNC), measured(people, workers=workers)).text == text


@pytest.mark.parametrize(("overdue", "outcome"), [(0, PASSED), (10, PASSED), (11, FAILED)])
def test_a_backlog_fails_beyond_so_many_people(overdue: int, outcome: Outcome) -> None:
    result = look(gate(GateKind.BACKLOG, threshold=10), measured(overdue=overdue))
    assert (result.outcome, result.value) == (outcome, overdue)
    assert result.text == f"{overdue} people are overdue to be written; at most 10 may be"


PEOPLE = st.dictionaries(
    st.tuples(st.sampled_from(State), st.booleans()), st.integers(0, 40), max_size=8
)


@given(PEOPLE, st.sampled_from([GateKind.VISIBLE, GateKind.EFFECTIVE]), st.floats(0, 1))
def test_a_gate_that_has_failed_would_not_pass_if_everybody_still_in_time_came(
    people: dict[tuple[State, bool], int], kind: GateKind, threshold: float
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
