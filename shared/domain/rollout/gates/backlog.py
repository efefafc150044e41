"""The gate `backlog`: are writes overdue that somebody should have answered?"""

from shared.domain.rollout.gate import Gate, Outcome, Result
from shared.domain.rollout.gates.kind import (
    FAILURE_LIMIT,
    INCONCLUSIVE_LIMIT,
    GateKind,
    Guide,
    Unit,
    Whole,
    threshold,
)
from shared.domain.rollout.gates.look import Look
from shared.domain.rollout.gates.shares import people_are


def _judge(gate: Gate, look: Look) -> Result:
    overdue = look.measured.overdue
    outcome = Outcome.FAILED if overdue > gate.threshold else Outcome.PASSED
    text = f"{people_are(overdue)} overdue to be written; at most {gate.threshold:,.0f} may be"
    return Result(gate=gate, outcome=outcome, value=overdue, sample=overdue, text=text)


def _condition(gate: Gate) -> str:
    return f"at most {gate.threshold:g} writes overdue"


KIND = GateKind(
    name="backlog",
    meaning="How many people's writes may be overdue.",
    summary="Overdue writes; null: no such gate.",
    standard=True,
    parameters=(
        FAILURE_LIMIT,
        INCONCLUSIVE_LIMIT,
        threshold(0, "At most so many people.", Whole(0)),
    ),
    judge=_judge,
    watch=_judge,
    condition=_condition,
    unit=Unit.PEOPLE,
    guide=Guide(
        threshold="at most {} people overdue",
        window="",
        looks_at="people of any wave whose write is overdue",
        passes="at most the threshold",
        fails="more",
        inconclusive="never",
        cause="writes that nobody answers",
        remedy="dead letters, the worker, `group-not-writable`",
    ),
)
