"""What holds of waves whatever the gates, the clock and operators do, in whichever order."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import NotPossible
from shared.domain.rollout.cohort import EVERYBODY, Cut
from shared.domain.rollout.document import Document
from shared.domain.rollout.gate import Evaluation, Outcome
from shared.domain.rollout.progress import MoveKind, is_evaluation_due, judge, next_move, promote
from shared.domain.rollout.state import (
    PauseReason,
    Phase,
    Rollout,
    abort,
    begin_wave,
    pause,
    restart,
    resume,
    revise,
    roll_back,
)
from tests.support.waves import (
    ALL,
    DAY,
    DOCUMENTS,
    EARLY,
    HOUR,
    MINUTE,
    MOMENTS,
    MOST_GATES,
    NOW,
    SOAK,
    evaluation,
    gate,
    rollout,
    under,
)

PASSED, FAILED = Outcome.PASSED, Outcome.FAILED
SUNDAY = NOW + 6 * DAY
LOOKED_AT = (Phase.PROGRESSING, Phase.SOAKING)
OUTCOMES = st.lists(st.sampled_from(Outcome), min_size=MOST_GATES, max_size=MOST_GATES)
"""One for each gate of a wave; waves with fewer gates take the first of them."""
PASSES = [PASSED] * MOST_GATES


def somewhere(of: Document, phase: Phase, started: int) -> Rollout:
    """The rollout of that document in that phase, with as many waves begun as it allows."""
    begun = 0 if phase is Phase.PLANNED else min(started, len(of.waves))
    cuts = tuple(Cut(0.1 * (number + 1)) for number in range(begun))
    return rollout(phase, of, started=begun, cuts=cuts)


def anywhere(*phases: Phase) -> st.SearchStrategy[Rollout]:
    return st.builds(somewhere, DOCUMENTS, st.sampled_from(phases), st.integers(1, 4))


def looked(of: Rollout, outcomes: list[Outcome], at: datetime) -> Evaluation:
    assert of.wave
    return evaluation(of, *outcomes[: len(of.wave.gates)], at=at)


@given(anywhere(*sorted(set(Phase) - {Phase.PLANNED})), OUTCOMES, MOMENTS, MOMENTS)
def test_an_inconclusive_gate_never_promotes(
    of: Rollout, outcomes: list[Outcome], at: datetime, now: datetime
) -> None:
    seen = looked(of, outcomes, at)
    for current in (of, judge(of, seen, now)):
        move = next_move(current, seen, now)
        if seen.outcome is not PASSED:
            assert move.kind in {MoveKind.WAIT, MoveKind.EXPAND}


@given(anywhere(*LOOKED_AT), st.lists(OUTCOMES, max_size=6), MOMENTS)
def test_a_failing_gate_at_its_limit_always_pauses(
    of: Rollout, looks: list[list[Outcome]], now: datetime
) -> None:
    assert of.wave
    failures = dict.fromkeys(of.wave.gates, 0)
    for outcomes in looks:
        current = dict(zip(of.wave.gates, outcomes, strict=False))
        for one, outcome in current.items():
            failures[one] = 0 if outcome is PASSED else failures[one] + (outcome is FAILED)
        of = judge(of, looked(of, outcomes, now), now)
        if any(
            outcome is FAILED and failures[one] >= one.failure_limit
            for one, outcome in current.items()
        ):
            assert of.pause
            assert of.pause.reason is PauseReason.GATE_FAILED
        if of.pause:
            return


def ticked(of: Rollout, outcomes: list[Outcome], now: datetime) -> Rollout:
    """One step of the clock: look, judge, and do what follows."""
    seen = looked(of, outcomes, now) if is_evaluation_due(of, now) else None
    of = judge(of, seen, now) if seen else of
    match next_move(of, seen, now).kind:
        case MoveKind.BEGIN_WAVE:
            return begin_wave(of, Cut(0.1 * (of.started + 1)), now, actor="clock", reason="")
        case MoveKind.EXPAND:
            return of.entered(Phase.SOAKING, now, actor="clock")
        case MoveKind.COMPLETE:
            return of.entered(Phase.COMPLETED, now, actor="clock")
        case MoveKind.WAIT:
            return of


def promoted(of: Rollout, now: datetime) -> Rollout:
    promote(of, now, actor="grace", reason="board wants it", skip_soak=True)
    soaking = of.entered(Phase.SOAKING, now, actor="grace", reason="board wants it")
    return replace(soaking, promoted=True)


type Action = Callable[[Rollout, datetime], Rollout]
ATTEMPTS: list[Action] = [
    lambda of, now: pause(of, PauseReason.BY_OPERATOR, now, actor="ada"),
    lambda of, now: resume(of, now, actor="ada"),
    lambda of, now: abort(of, now, actor="ada", reason=""),
    lambda of, now: roll_back(of, of.document.waves[0].name, now, actor="ada", reason=""),
    lambda of, now: begin_wave(of, EVERYBODY, now, actor="ada", reason=""),
    lambda of, now: ticked(of, PASSES, now),
    promoted,
]


@given(
    anywhere(*sorted(set(Phase) - {Phase.COMPLETED})),
    st.lists(st.sampled_from(ATTEMPTS), max_size=20),
    OUTCOMES,
    MOMENTS,
)
def test_after_an_abort_nothing_but_a_restart_or_another_document_widens(
    of: Rollout, attempts: list[Action], outcomes: list[Outcome], now: datetime
) -> None:
    seen = looked(of, outcomes, now) if of.wave else None
    after = aborted = of if of.phase is Phase.ABORTED else abort(of, now, actor="", reason="")
    for number, attempt in enumerate(attempts):
        then = now + number * HOUR
        with suppress(NotPossible):
            after = attempt(after, then)
        after = judge(after, seen, then) if seen else after
        assert next_move(after, seen, then).kind is MoveKind.WAIT
        assert (after.phase, after.widens) == (Phase.ABORTED, False)
        assert (after.started, after.cuts) == (aborted.started, aborted.cuts)
    for fresh in (
        restart(after, now, actor="grace", reason="right group"),
        revise(after, after.document, 2, now, actor="grace"),
    ):
        assert next_move(fresh, None, SUNDAY).kind is MoveKind.BEGIN_WAVE


@given(DOCUMENTS, st.lists(OUTCOMES | st.just(PASSES), max_size=25))
def test_on_the_clock_alone_a_wave_begins_only_after_the_one_before_soaked_and_passed(
    of: Document, looks: list[list[Outcome]]
) -> None:
    current, now = rollout(Phase.PLANNED, of, started=0), SUNDAY
    for outcomes in looks:
        before, current = current, ticked(current, outcomes, now)
        if before.wave and (current.started > before.started or current.phase is Phase.COMPLETED):
            assert before.phase in {Phase.SOAKING, Phase.COMPLETED}
            assert current is before or now >= before.since + before.wave.soak
            assert current is before or looked(before, outcomes, now).outcome is PASSED
        now += HOUR


def test_a_document_with_three_waves_runs_through_to_its_end_on_the_clock_alone() -> None:
    current, now = rollout(Phase.PLANNED, started=0), NOW
    phases = [current.phase]
    while current.phase is not Phase.COMPLETED:
        current = ticked(current, PASSES, now)
        if current.phase is not phases[-1]:
            phases.append(current.phase)
        now += MINUTE
    assert phases == [
        Phase.PLANNED,
        *[Phase.PROGRESSING, Phase.SOAKING] * 3,
        Phase.COMPLETED,
    ]
    assert current.wave == ALL
    # Three soaks, and the wait for the look at the gates that comes after each.
    assert 3 * SOAK < now - NOW < 3 * SOAK + 20 * MINUTE


def test_a_failing_gate_halts_until_an_operator_resumes_and_the_soak_starts_anew() -> None:
    halted = ticked(under(gate()), [FAILED], NOW + HOUR)
    assert ticked(halted, [PASSED], NOW + DAY) == halted
    resumed = resume(halted, NOW + DAY, actor="ada")
    soaking = ticked(resumed, [PASSED], NOW + DAY + SOAK - 5 * MINUTE)
    assert soaking.started == 1
    assert ticked(soaking, [PASSED], NOW + DAY + SOAK).wave == EARLY


def test_a_promoted_wave_begins_although_its_gate_fails_and_the_next_is_gated_again() -> None:
    halted = ticked(under(gate()), [FAILED], NOW + HOUR)
    begun = ticked(promoted(halted, NOW + HOUR), [FAILED], NOW + 2 * HOUR)
    assert (begun.phase, begun.wave) == (Phase.PROGRESSING, EARLY)
    assert ticked(begun, [FAILED], NOW + 2 * HOUR).phase is Phase.PAUSED
