"""What operators see of a rollout: each wave's state, its people, and what comes next."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.contracts.api.rollout_views import EvaluationsView, RolloutView
from shared.domain.person.enrolment import State
from shared.domain.person.reasons import Reason
from shared.domain.rollout.gate import Outcome
from shared.domain.rollout.state import Pause, PauseReason, Phase, Rollout, abort, pause, roll_back
from shared.ports.ledger import Totals
from shared.ports.rollouts import Reconciliation
from shared.use_cases.views.describe_rollout import (
    describe_evaluations,
    describe_rollout,
    evaluation_view,
    find_document,
    rollout_view,
)
from tests.support.course import member
from tests.support.stage import Stage
from tests.support.waves import (
    HOUR,
    MINUTE,
    NOW,
    SOAK,
    document,
    evaluation,
    gate,
    rollout,
    sight,
    wave,
)

REPAIRED = Reconciliation(
    at=NOW,
    listed=100,
    eligible=90,
    kept=40,
    added=2,
    removed=1,
    removed_by_hand=("a",),
    added_by_hand=(),
    repaired=1,
    skips={Reason.GUEST: 3, Reason.DISABLED: 7},
)


def totals(by_wave: Mapping[tuple[str, State, bool], int] | None = None) -> Totals:
    return Totals({}, {}, {}, 0, by_wave or {})


def shown(one: Rollout, **facts: Any) -> RolloutView:
    known: dict[str, Any] = {
        "totals": totals(),
        "evaluation": None,
        "reconciliation": None,
        "workers": (),
    }
    return rollout_view(one, NOW + HOUR, **(known | facts))


def states(one: Rollout) -> list[str]:
    return [wave.state for wave in shown(one).waves]


@pytest.mark.parametrize(
    ("phase", "started", "expected"),
    [
        (Phase.PLANNED, 0, ["ahead", "ahead", "ahead"]),
        (Phase.PROGRESSING, 1, ["progressing", "ahead", "ahead"]),
        (Phase.SOAKING, 2, ["done", "soaking", "ahead"]),
        (Phase.PAUSED, 2, ["done", "soaking", "ahead"]),
        (Phase.ABORTED, 2, ["done", "stopped", "ahead"]),
        (Phase.COMPLETED, 3, ["done", "done", "done"]),
    ],
)
def test_a_wave_is_behind_ahead_or_where_the_rollout_is(
    phase: Phase, started: int, expected: list[str]
) -> None:
    assert states(rollout(phase, started=started)) == expected


def test_a_wave_has_reached_what_it_passed_on_its_way_and_beside_it_what_it_is() -> None:
    soaking = shown(rollout(Phase.SOAKING, started=2)).waves
    assert [wave.reached for wave in soaking] == [
        ("ahead", "progressing", "soaking", "done"),
        ("ahead", "progressing", "soaking"),
        ("ahead",),
    ]
    stopped = shown(rollout(Phase.ABORTED, started=1)).waves[0]
    assert stopped.reached == ("stopped",)


@pytest.mark.parametrize(
    ("phase", "at", "waits"),
    [
        (Phase.PROGRESSING, NOW, True),
        (Phase.PROGRESSING, NOW - MINUTE, False),
        (Phase.SOAKING, NOW, False),
    ],
)
def test_for_whom_a_wave_waits_is_known_by_the_last_look_since_it_began(
    phase: Phase, at: datetime, waits: bool
) -> None:
    found = replace(REPAIRED, at=at, skips={Reason.GUEST: 3, Reason.STILL_ON_THE_WAY_OUT: 7})
    text = shown(rollout(phase), reconciliation=found).next.text
    assert ("and waits for 7 people still on the way out" in text) is waits
    assert "on the way out" not in shown(rollout(phase), reconciliation=REPAIRED).next.text


@pytest.mark.parametrize("phase", Phase)
def test_a_rollout_says_whether_the_clock_moves_it(phase: Phase) -> None:
    moves = {Phase.PLANNED, Phase.PROGRESSING, Phase.SOAKING}
    assert shown(rollout(phase, started=0)).active is (phase in moves)


def test_what_happens_next_is_said_where_something_does() -> None:
    assert shown(rollout(Phase.PLANNED, started=0)).next.does == "the next wave begins"
    assert shown(rollout(Phase.ABORTED)).next.does is None


@pytest.mark.parametrize(
    ("kind", "unit"),
    [
        ("visible", "share"),
        ("writebackFailures", "share"),
        ("backlog", "people"),
        ("workerAlive", "nothing"),
        ("sync", "nothing"),
    ],
)
def test_a_gate_says_what_it_counts(kind: str, unit: str) -> None:
    of = rollout(Phase.SOAKING, document(wave("pilot", gate(kind))))
    [shown] = evaluation_view(evaluation(of, Outcome.PASSED)).gates
    assert shown.unit == unit


def test_people_of_a_wave_stand_in_one_order_whatever_the_ledgers() -> None:
    counts = {("pilot", state, False): 1 for state in State}
    pilot = shown(rollout(Phase.SOAKING), totals=totals(counts)).waves[0]
    backwards = dict(reversed(counts.items()))
    again = shown(rollout(Phase.SOAKING), totals=totals(backwards)).waves[0]
    assert list(pilot.states) == list(again.states)
    assert (next(iter(pilot.states)), list(pilot.states)[-1]) == ("resettable", "failed")
    assert len(pilot.states) == len(State)


@pytest.mark.parametrize("phase", [Phase.PLANNED, Phase.PROGRESSING, Phase.SOAKING])
def test_a_paused_rollout_shows_its_waves_as_they_were(phase: Phase) -> None:
    going = rollout(phase, started=0 if phase is Phase.PLANNED else 1)
    halted = pause(going, PauseReason.BY_OPERATOR, NOW, actor="ada")
    assert states(halted) == states(going)


def test_a_wave_that_was_rolled_back_says_so_wherever_it_stands() -> None:
    soaking = rollout(Phase.SOAKING, started=2)
    first = roll_back(soaking, "pilot", NOW, actor="ada", reason="wrong people")
    assert states(first) == ["rolled-back", "soaking", "ahead"]
    both = roll_back(first, "early", NOW, actor="ada", reason="as well")
    assert states(both) == ["rolled-back", "rolled-back", "ahead"]


def test_a_wave_that_was_rolled_back_after_the_end_leaves_the_others_done() -> None:
    done = rollout(Phase.COMPLETED, started=3)
    assert states(roll_back(done, "early", NOW, actor="ada", reason="no")) == [
        "done",
        "rolled-back",
        "done",
    ]


def test_a_waves_people_are_counted_by_state_and_flag() -> None:
    by_wave = {
        ("pilot", State.VISIBLE, False): 5,
        ("pilot", State.VISIBLE, True): 2,
        ("pilot", State.REQUESTED, True): 1,
        ("pilot", State.FAILED, False): 0,
        ("early", State.APPLIED, False): 9,
    }
    pilot, early, last = shown(rollout(Phase.SOAKING), totals=totals(by_wave)).waves
    assert (pilot.people, pilot.states, pilot.flagged) == (8, {"visible": 7, "requested": 1}, 3)
    assert (early.people, early.states, early.flagged) == (9, {"applied": 9}, 0)
    assert (last.people, last.states, last.flagged) == (0, {}, 0)


def test_only_the_wave_that_soaks_has_an_end_to_its_soak() -> None:
    soaking = rollout(Phase.SOAKING, started=2)
    assert [wave.soak_ends for wave in shown(soaking).waves] == [None, NOW + SOAK, None]
    # On resuming, the soak starts anew: while paused nobody knows when it will end.
    halted = pause(soaking, PauseReason.BY_OPERATOR, NOW, actor="ada")
    assert {wave.soak_ends for wave in shown(halted).waves} == {None}


def test_waves_and_gates_are_told_in_words_and_iso_8601() -> None:
    soaking = rollout(Phase.SOAKING)
    wave = shown(soaking).waves[0]
    assert (wave.selection, wave.soak) == ("5 %", "PT2H")
    (gate,) = evaluation_view(evaluation(soaking, Outcome.FAILED)).gates
    assert (gate.gate, gate.window, gate.text) == ("visible", "PT1H", "it failed")


def test_what_comes_next_is_what_the_clock_would_do_now() -> None:
    soaking = shown(rollout(Phase.SOAKING)).next
    assert (soaking.move, soaking.until) == ("wait", NOW + SOAK)
    progressing = shown(rollout(Phase.PROGRESSING)).next
    assert (progressing.move, progressing.until) == ("expand", None)
    aborted = shown(abort(rollout(Phase.SOAKING), NOW, actor="ada", reason="enough")).next
    assert (aborted.move, aborted.text) == ("wait", "aborted by ada: enough")


def test_a_pause_says_why_since_when_and_who() -> None:
    halt = Pause(PauseReason.GATE_FAILED, "gate visible failed", NOW, "clock", Phase.SOAKING)
    view = shown(rollout(Phase.PAUSED, pause=halt)).pause
    assert view is not None
    assert (view.reason, view.detail, view.actor) == ("gate-failed", "gate visible failed", "clock")
    assert view.text == PauseReason.GATE_FAILED.text
    assert shown(rollout(Phase.SOAKING)).pause is None


def test_the_newest_look_at_the_gates_is_shown_with_its_outcome() -> None:
    soaking = rollout(Phase.SOAKING)
    looked = replace(evaluation(soaking, Outcome.INCONCLUSIVE), decision="paused: …")
    view = shown(soaking, evaluation=looked).evaluation
    assert view is not None
    assert (view.wave, view.outcome, view.decision) == ("pilot", "inconclusive", "paused: …")


def test_the_last_reconciliation_is_shown_with_the_commonest_skip_first() -> None:
    view = shown(rollout(Phase.SOAKING), reconciliation=REPAIRED).reconciliation
    assert view is not None
    assert [(one.reason, one.people) for one in view.skips] == [("disabled", 7), ("guest", 3)]
    assert view.skips[0].text == Reason.DISABLED.text
    assert view.removed_by_hand == ("a",)


def test_workers_are_shown_as_they_were_last_heard_of() -> None:
    (worker,) = shown(
        rollout(Phase.SOAKING),
        workers=[sight(NOW - MINUTE, sync_succeeded=False, problem="stopped-server-down")],
    ).workers
    assert worker.seen_at == NOW - timedelta(minutes=1)
    assert (worker.sync_succeeded, worker.problem) == (False, "stopped-server-down")


def test_the_json_names_everything_even_where_nothing_is_known() -> None:
    text = shown(rollout(Phase.PLANNED, started=0)).as_json()
    assert '"pause":null' in text
    assert '"soakEnds":null' in text
    assert RolloutView.model_validate_json(text) == shown(rollout(Phase.PLANNED, started=0))


# Read from the world


async def test_before_the_first_document_there_is_no_rollout_to_describe(stage: Stage) -> None:
    assert await describe_rollout(stage.world, NOW) is None
    assert await describe_evaluations(5, stage.world) == EvaluationsView(evaluations=())
    assert await find_document(None, stage.world) is None
    assert await find_document(1, stage.world) is None


async def test_everything_that_is_known_of_the_rollout_is_described_together(stage: Stage) -> None:
    soaking = rollout(Phase.SOAKING)
    await stage.applies(soaking)
    await stage.store(member(1, State.VISIBLE), member(2, State.APPLIED, flag=Reason.NOT_VISIBLE))
    rollouts, workers = stage.another().rollouts, stage.another().workers
    await rollouts.keep_evaluation(replace(evaluation(soaking, Outcome.FAILED), at=NOW - MINUTE))
    await rollouts.keep_evaluation(
        replace(evaluation(soaking, Outcome.INCONCLUSIVE), decision="paused: …")
    )
    await rollouts.keep_reconciliation(REPAIRED)
    await workers.sighted([sight(NOW)])
    view = await describe_rollout(stage.world, NOW)
    assert view is not None
    assert (view.name, view.phase, view.wave) == ("sspr", "soaking", "pilot")
    pilot = view.waves[0]
    assert (pilot.people, pilot.states, pilot.flagged) == (2, {"visible": 1, "applied": 1}, 1)
    assert view.evaluation is not None
    assert view.evaluation.at == NOW
    assert view.reconciliation is not None
    assert [one.worker for one in view.workers] == ["worker-1"]


async def test_a_rollout_of_which_nothing_else_is_known_yet_is_described_all_the_same(
    stage: Stage,
) -> None:
    await stage.applies(rollout(Phase.PLANNED, started=0))
    view = await describe_rollout(stage.world, NOW)
    assert view is not None
    assert (view.wave, view.evaluation, view.reconciliation, view.workers) == (None, None, None, ())


async def test_the_newest_looks_are_described_newest_first_up_to_as_many_as_asked_for(
    stage: Stage,
) -> None:
    soaking = rollout(Phase.SOAKING)
    for minutes in range(3):
        looked = replace(
            evaluation(soaking, Outcome.PASSED), at=NOW + minutes * MINUTE, decision="went on"
        )
        await stage.another().rollouts.keep_evaluation(looked)
    view = await describe_evaluations(2, stage.world)
    assert [one.at for one in view.evaluations] == [NOW + 2 * MINUTE, NOW + MINUTE]


async def test_a_document_is_found_by_its_version_or_as_the_one_in_force(stage: Stage) -> None:
    await stage.applies(rollout(Phase.SOAKING, version=2))
    for version in (1, 2):
        await stage.another().rollouts.keep_document(
            version, f"version {version}", actor="ada", now=NOW
        )
    assert await find_document(None, stage.world) == "version 2"
    assert await find_document(1, stage.world) == "version 1"
    assert await find_document(3, stage.world) is None
