"""What the gates say of resets, of the hybrid worker, of its delta syncs and of the backlog."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.documents.rollout_document import read
from shared.domain.person.enrolment import State
from shared.domain.rollout.connect_host import HostSight, HourOfWritebacks
from shared.domain.rollout.gate import Gate, Outcome
from shared.domain.rollout.measurements import Foretold, WorkerSight
from shared.domain.rollout.resets import Reset, ResetOutcome
from shared.domain.rollout.state import Phase
from tests.support.course import ring_text, text_of
from tests.support.waves import (
    DAY,
    HOUR,
    LATER,
    MINUTE,
    NOW,
    gate,
    late,
    look,
    measured,
    resets,
    sight,
)

PASSED, FAILED, INCONCLUSIVE = Outcome.PASSED, Outcome.FAILED, Outcome.INCONCLUSIVE
SINCE = LATER - HOUR
"""When a window of an hour that ends `LATER` begins."""


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
    one = gate("writebackFailures", threshold=0.02, minimum_sample=minimum)
    result = look(one, measured(resets=seen))
    assert (result.outcome, result.value, result.sample) == (outcome, value, len(seen))


@pytest.mark.parametrize(
    ("seen", "outcome", "sample"),
    [
        ((), PASSED, 0),
        (written_back(4, 0), PASSED, 4),
        (written_back(0, 1), INCONCLUSIVE, 1),
        (written_back(3, 1), INCONCLUSIVE, 4),
        (written_back(4, 1), PASSED, 5),
        (written_back(3, 2), FAILED, 5),
    ],
)
def test_by_default_one_refused_password_pauses_nobody_and_none_at_all_promotes(
    seen: tuple[Reset, ...], outcome: Outcome, sample: int
) -> None:
    gates = read(text_of(ring_text("pilot", 1))).waves[0].gates
    (one,) = (each for each in gates if each.kind == "writebackFailures")
    result = look(one, measured(resets=seen))
    assert (result.outcome, result.sample) == (outcome, sample)


def host(succeeded: int, failed: int, **changes: Any) -> WorkerSight:
    """A worker whose host tells of so many resets in an hour that has begun since the phase did."""
    hour = HourOfWritebacks(begins_at=LATER - HOUR, succeeded=succeeded, failed=failed)
    seen = HostSight(looked_at=LATER, events_since=LATER - DAY, hours=(hour,))
    return sight(LATER, host=replace(seen, **changes))


FIVE = gate("writebackFailures", threshold=0.2, minimum_sample=5, window=DAY, quiet_passes=True)
TEN = replace(FIVE, minimum_sample=10, quiet_passes=False)


@pytest.mark.parametrize(
    ("one", "resets_seen", "hosts", "outcome"),
    [
        # The host knows of failures that the audit log does not have.
        (FIVE, written_back(20, 0), [host(1, 9)], FAILED),
        (FIVE, (), [host(0, 5)], FAILED),
        # Too few to fail by, but not to be passed over.
        (FIVE, (), [host(0, 2)], INCONCLUSIVE),
        (FIVE, written_back(20, 0), [host(0, 2)], PASSED),
        # The audit log knows of failures that never reached the host.
        (FIVE, written_back(0, 5), [host(9, 0)], FAILED),
        (FIVE, written_back(0, 1), [host(9, 0)], PASSED),
        (FIVE, (), [host(9, 0)], PASSED),
        # What one has too few of, the other may prove.
        (TEN, written_back(3, 0), [host(12, 0)], PASSED),
        (TEN, written_back(3, 0), [host(3, 0)], INCONCLUSIVE),
        # Two workers that look at one host see the same resets.
        (TEN, (), [host(6, 0), replace(host(6, 0), worker="worker-2")], INCONCLUSIVE),
        # What was seen long ago, or before the phase, says nothing of now.
        (FIVE, (), [host(0, 9, looked_at=LATER - 4 * HOUR)], PASSED),
        (
            FIVE,
            (),
            [host(0, 9, hours=(HourOfWritebacks(begins_at=NOW - MINUTE, failed=9),))],
            PASSED,
        ),
        (FIVE, (), [sight(LATER)], PASSED),
    ],
)
def test_the_hosts_events_and_the_audit_log_check_each_other(
    one: Gate, resets_seen: tuple[Reset, ...], hosts: list[WorkerSight], outcome: Outcome
) -> None:
    result = look(one, measured(resets=resets_seen, workers=tuple(hosts)))
    assert result.outcome is outcome, result.text


def test_both_that_tell_of_resets_are_quoted() -> None:
    result = look(FIVE, measured(resets=written_back(20, 0), workers=(host(1, 9),)))
    assert result.text == (
        "90.0 % of 10 resets of the host's events could not be written to AD; at most 20.0 % may; "
        "0.0 % of 20 resets since 2026-03-02 08:00 UTC could not be written to AD; "
        "at most 20.0 % may"
    )
    assert (result.value, result.sample) == (0.9, 10)


COUNT = st.integers(0, 30)


@given(COUNT, COUNT, COUNT, COUNT)
def test_more_failures_never_turn_a_look_for_the_better(
    well: int, badly: int, on_host: int, badly_on_host: int
) -> None:
    order = [PASSED, INCONCLUSIVE, FAILED]

    def rank(more: int) -> int:
        facts = measured(
            resets=written_back(well, badly + more), workers=(host(on_host, badly_on_host + more),)
        )
        return order.index(look(FIVE, facts).outcome)

    if badly + badly_on_host:
        assert rank(0) <= rank(5)


@given(st.integers(1, 1_000))
def test_a_share_of_failures_at_the_threshold_passes_however_the_floats_round(
    allowed: int,
) -> None:
    # Divided twice, as a percentage that was written down is.
    one = gate("blockedResets", threshold=allowed / 1000 / 100)

    def outcome(blocked: int) -> Outcome:
        seen = resets(ResetOutcome.BLOCKED, *[LATER] * blocked)
        return look(one, measured(resets=seen, in_scope=100_000)).outcome

    assert outcome(allowed) is PASSED
    assert outcome(allowed + 1) is FAILED


@pytest.mark.parametrize("kind", ["writebackFailures", "blockedResets"])
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
    kind: str, window: timedelta, at: datetime, counts: bool
) -> None:
    one = gate(kind, threshold=0.0, window=window, minimum_sample=0)
    seen = (*resets(ResetOutcome.WRITEBACK_FAILED, at), *resets(ResetOutcome.BLOCKED, at))
    result = look(one, measured(resets=seen, in_scope=10))
    assert result.outcome is (FAILED if counts else PASSED)


def test_a_refused_reset_is_no_writeback() -> None:
    one = gate("writebackFailures", threshold=0.5)
    seen = (*written_back(1, 1), *resets(ResetOutcome.BLOCKED, LATER, LATER))
    assert look(one, measured(resets=seen)).sample == 2


def test_resets_are_told_with_their_figures() -> None:
    one = gate("writebackFailures", threshold=0.02, minimum_sample=5)
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
    one = gate("blockedResets", threshold=0.01, minimum_sample=minimum)
    seen = resets(ResetOutcome.BLOCKED, *[LATER] * blocked)
    result = look(one, measured(resets=seen, in_scope=in_scope))
    assert (result.outcome, result.value, result.sample) == (outcome, value, in_scope)


def test_somebody_who_was_refused_ten_times_is_one_person() -> None:
    one = gate("blockedResets", threshold=0.01)
    seen = tuple(Reset(LATER - n * MINUTE, "anna", ResetOutcome.BLOCKED) for n in range(10))
    result = look(one, measured(resets=seen, in_scope=100))
    assert (result.outcome, result.value) == (PASSED, 0.01)
    assert result.text == (
        "1.0 % of 100 people in scope met a refused reset since 2026-03-02 10:00 UTC; "
        "at most 1.0 % may"
    )


@pytest.mark.parametrize("kind", ["workerAlive", "sync"])
def test_where_there_is_no_group_in_ad_the_worker_and_its_syncs_do_not_matter(
    kind: str,
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
    workers: list[WorkerSight], outcome: Outcome
) -> None:
    result = look(gate("workerAlive"), measured(workers=tuple(workers)))
    assert (result.outcome, result.sample) == (outcome, len(workers))


@pytest.mark.parametrize("phase", [Phase.PROGRESSING, Phase.SOAKING])
def test_a_worker_that_was_never_heard_of_has_a_window_to_show_up(phase: Phase) -> None:
    alive = gate("workerAlive")
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
def test_the_worker_is_told_of_by_name_and_time(worker: WorkerSight, text: str) -> None:
    assert look(gate("workerAlive"), measured(workers=(worker,))).text == text


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
    workers: list[WorkerSight], people: dict[State, int], outcome: Outcome
) -> None:
    assert look(gate("sync"), measured(people, workers=tuple(workers))).outcome is (outcome)


def test_what_holds_up_the_next_delta_sync_keeps_waves_from_beginning() -> None:
    held = replace(WELL, hindrance="hangs: no answer", hindered_since=LATER)
    result = look(gate("sync"), measured(workers=(held,)))
    assert (result.outcome, result.text) == (
        INCONCLUSIVE,
        (
            "the newest delta sync succeeded at 2026-03-02 10:00 UTC; the next one is held up "
            "since 2026-03-02 11:00 UTC: hangs: no answer"
        ),
    )
    failed = replace(BAD, hindrance="hangs: no answer")
    assert look(gate("sync"), measured(workers=(failed,))).outcome is FAILED


def test_people_who_are_late_already_keep_no_old_delta_sync_from_passing() -> None:
    facts = replace(late(State.APPLIED, 1, visible=99), workers=(OLD,))
    assert look(gate("sync"), facts).outcome is PASSED


@pytest.mark.parametrize(
    ("workers", "people", "text"),
    [
        ((), {}, "no hybrid worker tells of a delta sync that has ended"),
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
    workers: tuple[WorkerSight, ...], people: dict[State, int], text: str
) -> None:
    assert look(gate("sync"), measured(people, workers=workers)).text == text


@pytest.mark.parametrize(("overdue", "outcome"), [(0, PASSED), (10, PASSED), (11, FAILED)])
def test_a_backlog_fails_beyond_so_many_people(overdue: int, outcome: Outcome) -> None:
    result = look(gate("backlog", threshold=10), measured(overdue=overdue))
    assert (result.outcome, result.value) == (outcome, overdue)
    assert result.text == f"{overdue} people are overdue to be written; at most 10 may be"


PREFLIGHT = gate("preflight", threshold=0.05, window=7 * DAY, minimum_sample=0)


@pytest.mark.parametrize(
    ("people", "refused", "fine", "outcome"),
    [
        (100, 5, 95, PASSED),
        (100, 6, 94, FAILED),
        # Whatever the rest comes to.
        (100, 0, 95, PASSED),
        (100, 0, 94, INCONCLUSIVE),
        (100, 6, 0, FAILED),
        (100, 0, 0, INCONCLUSIVE),
        (1, 0, 1, PASSED),
        (0, 0, 0, PASSED),
    ],
)
def test_a_wave_waits_until_enough_is_foretold_and_fails_by_refusals_alone(
    people: int, refused: int, fine: int, outcome: Outcome
) -> None:
    result = look(PREFLIGHT, measured(foretold=Foretold(people, refused, fine)))
    assert (result.outcome, result.sample) == (outcome, people)


def test_a_preflight_is_told_with_its_figures() -> None:
    result = look(PREFLIGHT, measured(foretold=Foretold(100, 2, 90)))
    assert result.text == (
        "a reset of 2 of 100 people would be refused, and of 8 it is not known; at most 5 % may be"
    )
    nobody = look(PREFLIGHT, measured())
    assert nobody.text == "nobody in the wave has a password that is written back to AD"
    without = look(PREFLIGHT, measured(foretold=Foretold(9), needs_worker=False))
    assert without.outcome is PASSED
