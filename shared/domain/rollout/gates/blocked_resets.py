"""The gate `blockedResets`: are people in scope refused a reset all the same?"""

from shared.domain.durations import duration_text
from shared.domain.rollout.gate import Gate, Result
from shared.domain.rollout.gates import shares
from shared.domain.rollout.gates.kind import (
    INCONCLUSIVE_LIMIT,
    GateKind,
    Guide,
    Need,
    Sample,
    quiet_sample,
    threshold,
)
from shared.domain.rollout.gates.look import TIME, Look
from shared.domain.rollout.gates.resets import RESET_FAILURE_LIMIT, RESET_WINDOW
from shared.domain.rollout.resets import ResetOutcome


def _judge(gate: Gate, look: Look) -> Result:
    blocked = {reset.object_id for reset in look.resets(gate, {ResetOutcome.BLOCKED})}
    sample = look.measured.in_scope
    them = f"{sample:,} {'person' if sample == 1 else 'people'} in scope"
    what = f"met a refused reset since {look.start(gate):{TIME}}"
    return shares.judge_ceiling(gate, len(blocked), sample, them, what)


def _condition(gate: Gate) -> str:
    return (
        f"at most {shares.share_text(gate)} of the people in scope refused a reset in the last "
        f"{duration_text(gate.window)}"
    )


KIND = GateKind(
    name="blockedResets",
    meaning="The share of people in scope who were refused a reset all the same.",
    summary="People in scope refused a reset; {} for defaults.",
    standard=False,
    parameters=(
        RESET_FAILURE_LIMIT,
        INCONCLUSIVE_LIMIT,
        RESET_WINDOW,
        threshold(0.05, "At most this share of the people in scope, from 0 to 1."),
        quiet_sample(
            20,
            "With fewer people in scope the gate is inconclusive. Where nothing is said of it, the "
            "gate waits for 20 before it fails, and passes while nobody was refused.",
        ),
    ),
    judge=_judge,
    watch=_judge,
    condition=_condition,
    sample=Sample.SCOPE,
    needs=frozenset({Need.RESETS}),
    guide=Guide(
        threshold="at most {} of the people in scope",
        window="{} back",
        looks_at="people in scope who were refused a reset",
        passes="at most the share of those in scope; or nobody was refused at all",
        fails="more",
        inconclusive="fewer people in scope than `minimumSample`; by default only if somebody was "
        "refused",
        cause="Entra refuses people who are in scope: it has blocked them, or still says that they "
        "are not",
        remedy="the cloud audit, step 4 likewise",
    ),
)
