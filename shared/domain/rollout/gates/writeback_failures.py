"""The gate `writebackFailures`: do the passwords that people set arrive in Active Directory?"""

from dataclasses import replace

from shared.domain.durations import duration_text
from shared.domain.rollout.gate import Gate, Outcome, Result
from shared.domain.rollout.gates import shares
from shared.domain.rollout.gates.kind import (
    INCONCLUSIVE_LIMIT,
    GateKind,
    Guide,
    Need,
    Sample,
    minimum_sample,
    threshold,
)
from shared.domain.rollout.gates.look import TIME, Look
from shared.domain.rollout.gates.resets import RESET_FAILURE_LIMIT, RESET_WINDOW
from shared.domain.rollout.resets import ResetOutcome

_WRITTEN_BACK = frozenset({ResetOutcome.SUCCEEDED, ResetOutcome.WRITEBACK_FAILED})


def _judge(gate: Gate, look: Look) -> Result:
    resets = look.resets(gate, _WRITTEN_BACK)
    failures = sum(reset.outcome is ResetOutcome.WRITEBACK_FAILED for reset in resets)
    noun = "reset" if len(resets) == 1 else "resets"
    them = f"{len(resets):,} {noun} since {look.start(gate):{TIME}}"
    return shares.judge_ceiling(gate, failures, len(resets), them, "could not be written to AD")


def _watch(gate: Gate, look: Look) -> Result:
    """Judges the window; what passes by the resets since the newest failure is over."""
    result = _judge(gate, look)
    failures = look.resets(gate, {ResetOutcome.WRITEBACK_FAILED})
    if result.outcome is not Outcome.FAILED or not failures:
        return result
    since = _judge(gate, replace(look, since=max(one.at for one in failures)))
    return since if since.outcome is Outcome.PASSED else result


def _condition(gate: Gate) -> str:
    return (
        f"at most {shares.share_text(gate)} of the resets of the last {duration_text(gate.window)} "
        f"failing in AD ({gate.minimum_sample} resets needed)"
    )


KIND = GateKind(
    name="writebackFailures",
    meaning="The share of self-service resets that could not be written to Active Directory.",
    summary="Resets that did not reach AD; null: no such gate.",
    standard=True,
    parameters=(
        RESET_FAILURE_LIMIT,
        INCONCLUSIVE_LIMIT,
        RESET_WINDOW,
        threshold(0.2, "At most this share of the resets, from 0 to 1."),
        minimum_sample(
            0,
            "With fewer resets within the window the gate is inconclusive. 0 (the default): it "
            "passes where there were none, and one failure among few counts in full.",
        ),
    ),
    judge=_judge,
    watch=_watch,
    condition=_condition,
    sample=Sample.RESETS,
    needs=frozenset({Need.RESETS}),
    guide=Guide(
        threshold="at most {} of the resets",
        window="{} back",
        looks_at="resets by people in scope, of any wave",
        passes="at most the share could not be written to AD",
        fails="more",
        inconclusive="fewer resets than `minimumSample`",
        cause="the writeback's account, the host, or a policy in AD",
        remedy="[a person says that the reset does not work]"
        "(#a-person-says-that-the-reset-does-not-work), from step 4",
    ),
)
