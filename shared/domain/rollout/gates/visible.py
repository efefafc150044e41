"""The gate `visible`: does Entra show the wave's people, each within their deadline?"""

from shared.domain.rollout.gate import Gate, Result
from shared.domain.rollout.gates import shares
from shared.domain.rollout.gates.kind import (
    FAILURE_LIMIT,
    INCONCLUSIVE_LIMIT,
    GateKind,
    Guide,
    Sample,
    threshold,
)
from shared.domain.rollout.gates.look import TO_BECOME_VISIBLE, VISIBLE, Look


def _judge(gate: Gate, look: Look) -> Result:
    possible = look.in_time(TO_BECOME_VISIBLE)
    return shares.judge_floor(gate, look, VISIBLE, possible, word="visible")


def _condition(gate: Gate) -> str:
    return f"{shares.share_text(gate)} of its people seen in Entra, each in time"


KIND = GateKind(
    name="visible",
    meaning="The share of the wave's people whose membership Entra shows within their deadline.",
    summary="People whose membership Entra shows; null: no such gate.",
    standard=True,
    parameters=(
        FAILURE_LIMIT,
        INCONCLUSIVE_LIMIT,
        threshold(0.95, "At least this share, from 0 to 1."),
        shares.SAMPLE_OF_THE_WAVE,
    ),
    judge=_judge,
    condition=_condition,
    sample=Sample.WAVE,
    doubt=shares.doubt_of_the_wave,
    guide=Guide(
        threshold="at least {} of the wave's people",
        window="each has a deadline",
        looks_at="the wave's people whose membership Entra shows",
        passes="the share is reached",
        fails="it cannot be reached any more: too many are late or failed",
        inconclusive="it may still be reached",
        cause="delta syncs do not export; a staging server; the AD group is not nested in the "
        "selected one, or not synced",
        remedy="`sspr user` of one of them; then [not visible](#somebody-is-not-visible)",
    ),
)
