"""What the gates, the clock and an operator's word make of a rollout."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.domain.errors import NotPossible
from shared.domain.rollout.calendar import Calendar, Freeze
from shared.domain.rollout.gate import Evaluation, Outcome
from shared.domain.rollout.progress import (
    Move,
    MoveKind,
    is_evaluation_due,
    judge,
    next_move,
    promote,
    soak_ends,
)
from shared.domain.rollout.state import (
    Pause,
    PauseReason,
    Phase,
    Rollout,
    Tally,
    pause,
    roll_back,
)
from tests.support.waves import (
    CLOSED,
    DAY,
    MINUTE,
    NOW,
    PILOT,
    SOAK,
    document,
    evaluation,
    gate,
    rollout,
    under,
    wave,
)

PASSED, FAILED, INCONCLUSIVE = Outcome.PASSED, Outcome.FAILED, Outcome.INCONCLUSIVE
SOAKED = NOW + SOAK
SUNDAY = NOW + 6 * DAY
LOOKED_AT = {Phase.PROGRESSING, Phase.SOAKING}
ENDLESS = Calendar(freezes=(Freeze(NOW.date(), (NOW + 900 * DAY).date(), "merger"),))


@pytest.mark.parametrize("phase", Phase)
def test_gates_are_looked_at_while_a_wave_is_put_in_and_soaks(phase: Phase) -> None:
    assert is_evaluation_due(rollout(phase), NOW) is (phase in LOOKED_AT)


@pytest.mark.parametrize(
    ("ago", "is_due"), [(None, True), (5 * MINUTE, True), (4 * MINUTE, False), (DAY, True)]
)
def test_gates_are_looked_at_as_often_as_the_document_says(
    ago: timedelta | None, is_due: bool
) -> None:
    last = None if ago is None else NOW - ago
    assert is_evaluation_due(rollout(Phase.SOAKING, evaluated_at=last), NOW) is is_due


def test_a_wave_without_gates_is_not_looked_at() -> None:
    assert not is_evaluation_due(under(), NOW)


@pytest.mark.parametrize(
    ("of", "ends"),
    [
        (rollout(Phase.SOAKING), SOAKED),
        (rollout(Phase.PAUSED), SOAKED),
        (rollout(Phase.SOAKING, promoted=True), None),
        (rollout(Phase.PROGRESSING), None),
        (rollout(Phase.PLANNED, started=0), None),
        (rollout(Phase.COMPLETED, started=3), None),
        (rollout(Phase.ABORTED), None),
        (pause(rollout(Phase.PROGRESSING), PauseReason.BY_OPERATOR, NOW, actor="ada"), None),
    ],
)
def test_a_soak_counts_from_its_phase_or_from_the_pause_that_broke_it(
    of: Rollout, ends: datetime | None
) -> None:
    assert soak_ends(of) == ends


# How gates are judged.


def judged(of: Rollout, *outcomes: Outcome, at: datetime = SOAKED) -> Rollout:
    return judge(of, evaluation(of, *outcomes, at=at), at)


@pytest.mark.parametrize("phase", sorted(LOOKED_AT))
@pytest.mark.parametrize("limit", [1, 2, 3])
def test_failures_in_a_row_pause_the_rollout_at_the_gates_limit_and_not_before(
    phase: Phase, limit: int
) -> None:
    of = under(gate("backlog", failure_limit=limit), phase=phase)
    for count in range(1, limit):
        of = judged(of, FAILED, at=NOW)
        assert of.phase is phase
        assert of.tallies == {"backlog": Tally(failures=count)}
    halted = judged(of, FAILED, at=NOW)
    detail = "gate backlog failed: it failed"
    assert halted.pause == Pause(PauseReason.GATE_FAILED, detail, NOW, "clock", phase)
    assert (halted.phase, halted.actor, halted.reason) == (Phase.PAUSED, "clock", detail)


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_inconclusive_looks_in_a_row_pause_the_rollout_at_the_gates_limit_and_not_before(
    limit: int,
) -> None:
    of = under(gate(inconclusive_limit=limit))
    for count in range(1, limit):
        of = judged(of, INCONCLUSIVE)
        assert of.tallies == {"visible": Tally(inconclusive=count)}
    halted = judged(of, INCONCLUSIVE)
    assert halted.pause == Pause(
        PauseReason.GATE_INCONCLUSIVE,
        "gate visible is inconclusive: it inconclusive",
        SOAKED,
        "clock",
        Phase.SOAKING,
    )


@pytest.mark.parametrize(
    ("phase", "at", "count"),
    [
        (Phase.PROGRESSING, NOW + DAY, 0),
        (Phase.SOAKING, SOAKED - MINUTE, 0),
        (Phase.SOAKING, SOAKED, 1),
    ],
)
def test_inconclusive_looks_count_once_the_soak_is_over(
    phase: Phase, at: datetime, count: int
) -> None:
    of = judged(under(gate(inconclusive_limit=9), phase=phase), INCONCLUSIVE, at=at)
    assert of.tallies == {"visible": Tally(inconclusive=count)}


def test_without_a_limit_a_gate_may_stay_inconclusive_for_ever() -> None:
    of = under(gate())
    for _ in range(50):
        of = judged(of, INCONCLUSIVE)
    assert of.phase is Phase.SOAKING


def test_a_pass_ends_the_row_of_its_own_gate_only() -> None:
    of = under(gate(failure_limit=9), gate("backlog", failure_limit=9))
    of = judged(judged(of, FAILED, FAILED), PASSED, FAILED)
    assert of.tallies == {"visible": Tally(), "backlog": Tally(failures=2)}


@pytest.mark.parametrize(
    ("outcomes", "why"),
    [
        ([FAILED, INCONCLUSIVE, FAILED], PauseReason.GATE_FAILED),
        ([INCONCLUSIVE, FAILED, INCONCLUSIVE], PauseReason.GATE_INCONCLUSIVE),
    ],
)
def test_nothing_but_a_pass_ends_a_row(outcomes: list[Outcome], why: PauseReason) -> None:
    of = under(gate(failure_limit=2, inconclusive_limit=2))
    for outcome in outcomes:
        assert of.phase is Phase.SOAKING
        of = judged(of, outcome)
    assert of.pause
    assert of.pause.reason is why


@pytest.mark.parametrize(
    ("tally", "outcome"),
    [(Tally(failures=1), INCONCLUSIVE), (Tally(inconclusive=1), FAILED)],
)
def test_a_limit_that_was_lowered_below_a_row_waits_for_the_next_of_its_kind(
    tally: Tally, outcome: Outcome
) -> None:
    one = gate(
        failure_limit=9 if outcome is FAILED else 1,
        inconclusive_limit=9 if outcome is INCONCLUSIVE else 1,
    )
    of = under(one, tallies={"visible": tally})
    assert judged(of, outcome).phase is Phase.SOAKING


def test_a_failed_gate_is_named_before_an_inconclusive_one() -> None:
    of = under(gate(inconclusive_limit=1), gate("backlog"))
    halted = judged(of, INCONCLUSIVE, FAILED)
    assert halted.pause
    assert halted.pause.reason is PauseReason.GATE_FAILED


def test_a_look_is_remembered_with_its_time() -> None:
    assert judged(under(gate()), PASSED).evaluated_at == SOAKED


@pytest.mark.parametrize("phase", sorted(set(Phase) - LOOKED_AT))
def test_a_look_changes_nothing_of_a_rollout_that_has_meanwhile_stopped(phase: Phase) -> None:
    looked = evaluation(rollout(Phase.SOAKING), FAILED)
    assert judge(rollout(phase), looked, SOAKED) == rollout(phase)


@pytest.mark.parametrize(
    "looked",
    [
        evaluation(rollout(Phase.SOAKING, started=2), FAILED, at=SOAKED),
        evaluation(rollout(Phase.SOAKING), FAILED, at=NOW - MINUTE),
        evaluation(rollout(Phase.SOAKING, document(wave("pilot", gate(window=DAY)))), FAILED),
        Evaluation(SOAKED, "pilot", ()),
    ],
    ids=["another wave", "another phase", "another gate", "no gate"],
)
def test_a_look_at_something_else_neither_counts_nor_promotes(looked: Evaluation) -> None:
    of = rollout(Phase.SOAKING)
    assert judge(of, looked, SOAKED) == of
    passed = replace(
        looked, results=tuple(replace(result, outcome=PASSED) for result in looked.results)
    )
    assert next_move(of, passed, SOAKED).kind is MoveKind.WAIT


def test_no_gate_pauses_a_wave_that_an_operator_has_promoted() -> None:
    of = under(gate(), promoted=True)
    assert judged(of, FAILED).phase is Phase.SOAKING
    assert judged(of, FAILED).evaluated_at == SOAKED


# What the clock does next.


def last(phase: Phase = Phase.SOAKING, **changes: Any) -> Rollout:
    return rollout(phase, document(PILOT), **changes)


@pytest.mark.parametrize(
    ("of", "outcome", "now", "kind"),
    [
        (rollout(Phase.PLANNED, started=0), None, NOW, MoveKind.BEGIN_WAVE),
        (rollout(Phase.PROGRESSING), None, NOW, MoveKind.EXPAND),
        (rollout(Phase.PROGRESSING), PASSED, NOW, MoveKind.EXPAND),
        (rollout(Phase.PROGRESSING), INCONCLUSIVE, NOW, MoveKind.EXPAND),
        (rollout(Phase.SOAKING), PASSED, SOAKED - MINUTE, MoveKind.WAIT),
        (rollout(Phase.SOAKING), None, SOAKED, MoveKind.WAIT),
        (rollout(Phase.SOAKING), FAILED, SOAKED, MoveKind.WAIT),
        (rollout(Phase.SOAKING), INCONCLUSIVE, SOAKED, MoveKind.WAIT),
        (rollout(Phase.SOAKING), PASSED, SOAKED, MoveKind.BEGIN_WAVE),
        (rollout(Phase.SOAKING, promoted=True), None, NOW, MoveKind.BEGIN_WAVE),
        (rollout(Phase.SOAKING, promoted=True), FAILED, NOW, MoveKind.BEGIN_WAVE),
        (last(), PASSED, SOAKED - MINUTE, MoveKind.WAIT),
        (last(), INCONCLUSIVE, SOAKED, MoveKind.WAIT),
        (last(), PASSED, SOAKED, MoveKind.COMPLETE),
        (last(promoted=True), None, NOW, MoveKind.COMPLETE),
        (rollout(Phase.PAUSED), None, SOAKED, MoveKind.WAIT),
        (rollout(Phase.ABORTED), None, SOAKED, MoveKind.WAIT),
        (last(Phase.COMPLETED), None, SOAKED, MoveKind.WAIT),
    ],
)
def test_the_clock_moves_a_rollout_on_where_its_soak_is_over_and_its_gates_passed(
    of: Rollout, outcome: Outcome | None, now: datetime, kind: MoveKind
) -> None:
    looked = evaluation(of, outcome, at=now) if outcome else None
    assert next_move(of, looked, now).kind is kind


def test_a_wave_without_gates_promotes_after_its_soak() -> None:
    of = under()
    assert next_move(of, None, SOAKED - MINUTE).kind is MoveKind.WAIT
    assert next_move(of, None, SOAKED).kind is MoveKind.BEGIN_WAVE


@pytest.mark.parametrize(
    "of",
    [
        rollout(Phase.PLANNED, document(wave("pilot", calendar=CLOSED)), started=0),
        rollout(Phase.SOAKING, document(PILOT, wave("early", calendar=CLOSED))),
        rollout(Phase.SOAKING, document(PILOT, wave("early", calendar=CLOSED)), promoted=True),
    ],
    ids=["planned", "soaking", "promoted"],
)
def test_a_wave_begins_only_while_its_calendar_is_open(of: Rollout) -> None:
    looked = evaluation(of, PASSED, at=SOAKED) if of.wave else None
    move = next_move(of, looked, SOAKED)
    assert (move.kind, move.until) == (
        MoveKind.WAIT,
        datetime.combine(SUNDAY, CLOSED.opens, NOW.tzinfo),
    )
    assert move.text.endswith("waits; closed: Monday is no working day")
    on_sunday = replace(looked, at=SUNDAY) if looked else None
    assert next_move(of, on_sunday, SUNDAY).kind is MoveKind.BEGIN_WAVE


def test_a_wave_whose_calendar_stays_closed_waits_without_a_time() -> None:
    of = rollout(Phase.PLANNED, document(wave("pilot", calendar=ENDLESS)), started=0)
    move = next_move(of, None, NOW)
    assert (move.kind, move.until) == (MoveKind.WAIT, None)


def test_the_calendar_neither_stops_a_wave_under_way_nor_the_end() -> None:
    shut = wave("pilot", calendar=CLOSED)
    of = document(shut)
    assert next_move(rollout(Phase.PROGRESSING, of), None, NOW).kind is MoveKind.EXPAND
    assert next_move(rollout(Phase.SOAKING, of), None, SOAKED).kind is MoveKind.COMPLETE


@pytest.mark.parametrize(
    ("of", "outcomes", "now", "text", "until"),
    [
        (
            rollout(Phase.SOAKING),
            [PASSED],
            NOW,
            "wave pilot soaks until 2026-03-02 10:00 UTC",
            SOAKED,
        ),
        (
            rollout(Phase.SOAKING, evaluated_at=SOAKED),
            None,
            SOAKED + MINUTE,
            "the gates are looked at again at 2026-03-02 10:05 UTC",
            SOAKED + 5 * MINUTE,
        ),
        (
            under(gate(), gate("backlog"), gate("sync")),
            [INCONCLUSIVE, FAILED, PASSED],
            SOAKED,
            "gate visible is inconclusive: it inconclusive; gate backlog failed: it failed",
            None,
        ),
        (rollout(Phase.PROGRESSING), [PASSED], NOW, "wave pilot is being put in", None),
        (
            rollout(Phase.SOAKING),
            [PASSED],
            SOAKED,
            "wave pilot has soaked and passed its gates",
            None,
        ),
        (
            rollout(Phase.SOAKING, promoted=True, actor="grace", reason="board wants it"),
            None,
            NOW,
            "promoted by grace: board wants it",
            None,
        ),
        (rollout(Phase.PAUSED), None, NOW, "paused: An operator paused the rollout.", None),
        (
            pause(
                rollout(Phase.SOAKING), PauseReason.BY_OPERATOR, NOW, actor="ada", detail="lunch"
            ),
            None,
            NOW,
            "paused: lunch",
            None,
        ),
        (rollout(Phase.ABORTED), None, NOW, "aborted by ada: go", None),
        (rollout(Phase.COMPLETED, started=3, reason=""), None, NOW, "completed by ada", None),
    ],
)
def test_a_move_says_why_and_until_when(
    of: Rollout, outcomes: list[Outcome] | None, now: datetime, text: str, until: datetime | None
) -> None:
    looked = evaluation(of, *outcomes, at=now) if outcomes else None
    move = next_move(of, looked, now)
    assert (move.text, move.until) == (text, until)


WAITS = (
    ", and waits for {} still on the way out, until they are out or flagged as late "
    "(sspr people --state withdrawing; sspr user)"
)


@pytest.mark.parametrize(
    ("awaited", "waits"),
    [(0, ""), (1, WAITS.format("1 person")), (1200, WAITS.format("1,200 people"))],
)
def test_for_whom_a_wave_waits_is_said_where_it_is_looked_for(awaited: int, waits: str) -> None:
    putting_in = rollout(Phase.PROGRESSING)
    said = next_move(putting_in, None, NOW, awaited=awaited).text
    assert said == f"wave pilot is being put in{waits}"
    with pytest.raises(NotPossible) as refused:
        promote(putting_in, NOW, actor="grace", reason="board", skip_soak=True, awaited=awaited)
    said = f"wave pilot is still being put in{waits}; promote once it soaks"
    assert str(refused.value) == said


# An operator's word in the place of the gates.


def promoted(of: Rollout, now: datetime = SOAKED, *, skip_soak: bool = False) -> Move:
    return promote(of, now, actor="grace", reason="board wants it", skip_soak=skip_soak)


@pytest.mark.parametrize("phase", [Phase.SOAKING, Phase.PAUSED])
def test_a_promotion_begins_the_next_wave_or_ends_after_the_last(phase: Phase) -> None:
    word = "promoted by grace: board wants it"
    assert promoted(rollout(phase)) == Move(MoveKind.BEGIN_WAVE, word)
    assert promoted(last(phase)) == Move(MoveKind.COMPLETE, word)


@pytest.mark.parametrize("reason", list(PauseReason))
def test_whatever_paused_a_soaking_wave_a_promotion_goes_on_unless_it_was_rolled_back(
    reason: PauseReason,
) -> None:
    paused = pause(rollout(Phase.SOAKING), reason, NOW, actor="clock")
    assert promoted(paused).kind is MoveKind.BEGIN_WAVE
    back = roll_back(paused, "pilot", NOW, actor="ada", reason="")
    with pytest.raises(NotPossible, match=r"^pilot: rolled back; resume"):
        promoted(back)


@pytest.mark.parametrize("phase", [Phase.SOAKING, Phase.PAUSED])
def test_a_promotion_waits_for_the_end_of_the_soak_unless_told_to_skip_it(phase: Phase) -> None:
    with pytest.raises(NotPossible, match="wave pilot soaks until 2026-03-02 10:00 UTC; wait"):
        promoted(rollout(phase), SOAKED - MINUTE)
    assert promoted(rollout(phase), NOW, skip_soak=True).kind is MoveKind.BEGIN_WAVE
    assert promoted(rollout(phase), SOAKED).kind is MoveKind.BEGIN_WAVE


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_promotion_needs_a_reason(reason: str) -> None:
    with pytest.raises(NotPossible, match=r"^reason: "):
        promote(rollout(Phase.SOAKING), SOAKED, actor="grace", reason=reason, skip_soak=True)


@pytest.mark.parametrize(
    ("of", "instead"),
    [
        (rollout(Phase.PLANNED, started=0), "first begins when its calendar is open"),
        (rollout(Phase.PROGRESSING), "promote once it soaks"),
        (
            pause(rollout(Phase.PLANNED, started=0), PauseReason.BY_OPERATOR, NOW, actor="ada"),
            "first begins when its calendar is open",
        ),
        (
            pause(rollout(Phase.PROGRESSING), PauseReason.UNSAFE_PLAN, NOW, actor="clock"),
            "not all in yet; resume first",
        ),
        (rollout(Phase.ABORTED), "restart it, or apply another document"),
        (rollout(Phase.COMPLETED, started=3), "apply a document with another wave"),
    ],
)
def test_where_nothing_soaks_a_promotion_is_refused_with_what_to_do_instead(
    of: Rollout, instead: str
) -> None:
    with pytest.raises(NotPossible, match=instead):
        promoted(of, NOW + DAY, skip_soak=True)
